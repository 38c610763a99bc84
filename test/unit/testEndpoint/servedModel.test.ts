import assert from 'node:assert/strict';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { deploymentTags } from '../../../tasks/common/deployment/containers';
import type { DeploymentSection, ModelSection } from '../../../tasks/common/record/record';
import { servedModelCases } from '../../../tasks/TestEndpoint/after/servedModel';

const digest = `sha256:${'a'.repeat(64)}`;
const deployment = { containerGroup: 'cost-estimator', imageDigest: digest } as DeploymentSection;
const model = { name: 'cost-estimator', version: '3' } as ModelSection;
const group = (image: string, tags: Record<string, string> = {}) =>
  ({
    containers: [
      { name: 'scoring', image },
      { name: 'gateway', image: 'caddy' },
    ],
    tags,
  }) as unknown as ContainerGroup;
const judge = async (...answers: Array<ContainerGroup | undefined>) => {
  const cases = await servedModelCases(
    { find: async () => answers.shift() },
    deployment,
    undefined,
    model,
    { now: () => 0, sleep: async () => {} },
    new AbortController().signal,
  );
  return cases.map(({ name, outcome }) => `${name} ${outcome}`);
};
const tags = { [deploymentTags.model]: 'cost-estimator', [deploymentTags.modelVersion]: '3' };

describe('the served model', () => {
  it("is the record's by image digest and tags", async () => {
    assert.deepEqual(await judge(group(`r.io/i@${digest}`, tags)), ['image digest passed', 'model version passed']);
  });
  it('is another when the image is', async () => {
    assert.deepEqual(await judge(group(`r.io/i@sha256:${'b'.repeat(64)}`, tags)), [
      'image digest failed',
      'model version passed',
    ]);
  });
  it('is another when the version is, and unproven when the tags are missing', async () => {
    const older = { ...tags, [deploymentTags.modelVersion]: '2' };
    for (const each of [older, {}]) {
      assert.deepEqual((await judge(group(`r.io/i@${digest}`, each)))[1], 'model version failed');
    }
  });
  it('is still there when Azure does not find it once', async () => {
    const found = group(`r.io/i@${digest}`, tags);
    assert.deepEqual(await judge(undefined, undefined, found), ['image digest passed', 'model version passed']);
  });
  it('is none when the group is gone', async () => {
    assert.deepEqual(await judge(undefined), ['container group failed']);
  });
});
