import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { Models } from '../../../tasks/common/azure/models';
import type { Workspace } from '../../../tasks/common/azure/workspace';

describe('the model registry', () => {
  it('takes for champion whoever was promoted last, and whoever was tagged by hand only where nobody was', async () => {
    const champion = async (tags: Record<string, string>) => {
      const value = Object.entries(tags).map(([name, tag]) => ({
        id: name,
        name,
        properties: { tags: { champion: tag } },
      }));
      const workspace = { name: 'w', request: sinon.stub().resolves({ status: 200, body: { value } }) };
      return (await new Models(workspace as unknown as Workspace).champion('m'))?.version;
    };
    const promoted = { 1: '2026-01-01T00:00:00.000Z', 2: '2026-02-01T00:00:00.000Z' };
    assert.equal(await champion(promoted), '2');
    assert.equal(await champion({ ...promoted, 3: '9999', 4: 'true', 5: '3.4' }), '2');
    assert.equal(await champion({ 3: '2026-03-01', ...promoted }), '3');
    assert.equal(await champion({ 4: 'true' }), '4');
    assert.equal(await champion({}), undefined);
  });
});
