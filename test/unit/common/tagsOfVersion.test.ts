import assert from 'node:assert/strict';
import { ModelTags } from '../../../tasks/common/azure/ml/modelTags';
import type { WorkspaceAddress } from '../../../tasks/common/azure/ml/workspaceAddress';

type Tags = Record<string, string>;

/** Tags a version that has these. @returns the methods that were sent, and the tags that the version was given */
async function tag(present: Tags, changes: Record<string, string | undefined>) {
  const sent: string[] = [];
  let given: Tags | undefined;
  const request = ({ method = 'GET', body }: { method?: string; body?: { properties: { tags: Tags } } }) => {
    sent.push(method);
    given ??= body?.properties.tags;
    return Promise.resolve({ body: { id: 'id', name: '1', properties: { modelUri: 'uri', tags: given ?? present } } });
  };
  const { tags } = await new ModelTags({ request } as unknown as WorkspaceAddress).tag('model', '1', changes);
  return { sent, given, tags };
}

describe('The tags of a registered version', () => {
  it('are written where one changes, and the others stay', async () => {
    const { sent, given } = await tag({ image: 'old', team: 'pricing' }, { image: 'new', note: undefined });
    assert.deepEqual(sent, ['GET', 'PUT']);
    assert.deepEqual(given, { image: 'new', team: 'pricing' });
  });

  it('are not written where they are so already', async () => {
    const { sent, tags } = await tag({ image: 'new', team: 'pricing' }, { image: 'new', note: undefined });
    assert.deepEqual(sent, ['GET']);
    assert.deepEqual(tags, { image: 'new', team: 'pricing' });
  });

  it('are written where one is to go', async () => {
    const { sent, given } = await tag({ image: 'new', team: 'pricing' }, { team: undefined });
    assert.deepEqual(sent, ['GET', 'PUT']);
    assert.deepEqual(given, { image: 'new' });
  });
});
