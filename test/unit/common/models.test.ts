import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { Models } from '../../../tasks/common/azure/ml/models';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import { fakeWorkspace } from '../../support/fakeWorkspace';

describe('the model registry', () => {
  it('takes for champion whoever was promoted last, and whoever was tagged by hand only where nobody was', async () => {
    const champion = async (tags: Record<string, string>) => {
      const value = Object.entries(tags).map(([name, tag]) => ({
        id: name,
        name,
        properties: { tags: { champion: tag } },
      }));
      return (await new Models(fakeWorkspace(async () => ({ status: 200, body: { value } }))).champion('m'))?.version;
    };
    const promoted = { 1: '2026-01-01T00:00:00.000Z', 2: '2026-02-01T00:00:00.000Z' };
    assert.equal(await champion(promoted), '2');
    assert.equal(await champion({ ...promoted, 3: '9999', 4: 'true', 5: '3.4' }), '2');
    assert.equal(await champion({ 3: '2026-03-01', ...promoted }), '3');
    assert.equal(await champion({ 4: 'true' }), '4');
    assert.equal(await champion({}), undefined);
  });

  it('takes an empty list for an unknown model only where there is no such model', async () => {
    const request = ({ url }: AzureRequest) =>
      Promise.resolve(url.endsWith('/versions') ? { status: 200, body: { value: [] } } : { status: 404, body: {} });
    const models = new Models(fakeWorkspace(request));
    await assert.rejects(models.champion('m'), /No model named "m" is registered in the workspace w/);
  });

  // Else a second champion would stand beside the first, and a candidate be compared with nothing.
  it('takes a model that is not found for one of which nothing is known, and not for one without tags', async () => {
    const models = new Models(fakeWorkspace(async () => ({ status: 404, body: {} })));
    await assert.rejects(models.withTags('m', ['champion'], 50), /No model named "m" is registered in the workspace w/);
    await assert.rejects(models.champion('m'), /No model named "m" is registered in the workspace w/);
  });

  it('registers the version after the one that another run took between the look and the write', async () => {
    const taken = new Map<string, string>();
    const refused = new AzureFailure('no', undefined, 400, 'UserError', 'Asset paths cannot be updated.', undefined);
    const writes: string[] = [];
    const request = ({ method = 'GET', url, body }: AzureRequest) => {
      const version = url.split('/versions/')[1];
      if (version === undefined) {
        return Promise.resolve({ status: 200, body: { properties: { nextVersion: String(taken.size + 1) } } });
      }
      if (method === 'GET') {
        const status = taken.has(version) ? 200 : 404;
        return Promise.resolve({ status, body: { name: version, properties: {} } });
      }
      const { modelUri } = (body as { properties: { modelUri: string } }).properties;
      writes.push(version);
      if (version === '1') taken.set('1', 'another run');
      if (taken.has(version)) return Promise.reject(refused);
      taken.set(version, modelUri);
      return Promise.resolve({ status: 201, body: { name: version, properties: { modelUri } } });
    };
    const models = new Models(fakeWorkspace(request));
    const registered = await models.register({ name: 'm', type: 'custom_model', uri: 'ours' });
    assert.equal(registered.version, '2');
    assert.deepEqual([...taken], [['1', 'another run'], ['2', 'ours']]); // prettier-ignore
    assert.deepEqual(writes, ['1', '2']);
  });

  it('does not try again what the service refuses for another reason', async () => {
    const refused = new AzureFailure('no', undefined, 400, 'UserError', 'The path does not exist.', undefined);
    const request = sinon.spy(({ method }: AzureRequest) =>
      method === 'PUT' ? Promise.reject(refused) : Promise.resolve({ status: 404, body: {} }),
    );
    const models = new Models(fakeWorkspace(request));
    await assert.rejects(models.register({ name: 'm', type: 'custom_model', uri: 'ours' }), refused);
    assert.equal(request.getCalls().filter(({ args }) => args[0].method === 'PUT').length, 1);
  });
});
