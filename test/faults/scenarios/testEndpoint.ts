import { localCloud } from '../../../local/azure/context';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { runBuiltTask, TestJob } from '../../support/agent';
import { workspaceId } from '../../support/mlWorkspace';
import type { Scenario } from '../scenario';
import type { World } from '../world';
import { deployTo, groupUrl, served, unfaulted } from './deploy';

const testInputs = {
  azureSubscription: localCloud.serviceConnectionId,
  requestsFile: 'requests.json',
  negativeTests: 'none',
  loadDurationInSeconds: '0',
};

/** Tests what Deploy-ACI deployed in the same job; "two" answers wrongly, and is rolled back. */
function afterDeployment(name: string, versions: Array<'one' | 'two'>): Scenario {
  const isRight = versions.at(-1) === 'one';
  return {
    name,
    ends: isRight ? 'succeeded' : 'failed',
    async prepare(world, id) {
      const group = `tested-${id}`;
      const job = new TestJob('build', world.azure);
      for (const version of versions) await deployTo(world, group, version, job, unfaulted(world));
      return {
        run: (options) =>
          runBuiltTask('TestEndpoint', {
            ...options,
            job,
            inputs: { ...testInputs, rollbackOnFailure: 'true' },
            files: {
              'requests.json': JSON.stringify([
                { name: 'the right version', request: [[1]], expectedPaths: { '$.version': 'one' } },
              ]),
            },
          }),
        async whenDone(_result, requests) {
          const version = await served(world, group);
          const isUndone = isRight || requests.some(({ method }) => method === 'PUT');
          return version === 'one' && isUndone ? [] : [`it serves ${version ?? 'nothing'} and not one`];
        },
        async whenFailed() {
          return (await served(world, group)) ? [] : ['nothing is served any more'];
        },
        clear: async () => void (await world.cloud.arm('DELETE', groupUrl(group))),
      };
    },
  };
}

export const testEndpoint = afterDeployment('Test-Endpoint', ['one']);
export const testEndpointRollback = afterDeployment('Test-Endpoint (rollback)', ['one', 'two']);

const champions = async ({ ml }: World, model: string): Promise<string[]> => {
  const { body } = (await ml.call('GET', ml.arm(`/models/${model}/versions?tags=champion`))) as {
    body: { value: Array<{ name: string }> };
  };
  return body.value.map((each) => each.name);
};

/** Passes the title of champion on. */
export const testEndpointPromotion: Scenario = {
  name: 'Test-Endpoint (promotion)',
  ends: 'succeeded',
  async prepare(world, id) {
    const { azure, ml } = world;
    const { subscriptionId, resourceGroup, workspace } = localCloud;
    const model = `promoted-${id}`;
    const modelUri = `azureml://subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/workspaces/${workspace}/datastores/workspaceblobstore/paths/models/${model}`;
    for (const version of ['1', '2']) {
      const tags = version === '1' ? { champion: '2026-01-01T00:00:00.000Z' } : {};
      const properties = { modelType: 'custom_model', modelUri, tags };
      await ml.call('PUT', ml.arm(`/models/${model}/versions/${version}`), { properties });
    }
    const record = append(emptyRecord(), 'model', {
      name: model,
      version: '2',
      id: `${workspaceId}/models/${model}/versions/2`,
      type: 'custom_model',
      uri: 'azureml://x',
      workspace: { subscriptionId, resourceGroup, name: workspace },
    });
    const job = new TestJob('release', azure);
    return {
      run: (options) =>
        runBuiltTask('TestEndpoint', {
          ...options,
          job,
          inputs: {
            ...testInputs,
            scoringUri: world.endpoint.url,
            recordFile: 'mlops-record.json',
            promoteToChampion: 'true',
          },
          files: {
            'mlops-record.json': JSON.stringify(record),
            'requests.json': JSON.stringify([{ request: {}, expected: [1] }]),
          },
        }),
      async whenDone() {
        const names = await champions(world, model);
        return names.join() === '2' ? [] : [`champions are ${names.join(' and ') || 'nobody'}`];
      },
      async whenFailed() {
        return (await champions(world, model)).length > 0 ? [] : ['nobody is champion any more'];
      },
    };
  },
};

/** Its requests to the endpoint itself. */
export const testEndpointScoring: Scenario = {
  name: 'Test-Endpoint (scoring)',
  ends: 'succeeded',
  surface: (world) => world.endpoint,
  prepare: (world) =>
    Promise.resolve({
      run: (options) =>
        runBuiltTask('TestEndpoint', {
          ...options,
          inputs: { ...testInputs, azureSubscription: '', scoringUri: world.endpoint.url },
          files: {
            'requests.json': JSON.stringify([
              { request: {}, expected: [1] },
              { request: {}, expected: [1] },
            ]),
          },
        }),
      whenDone: ({ outputs }) => Promise.resolve(outputs.testsPassed === 'true' ? [] : ['the tests did not pass']),
      whenFailed: () => Promise.resolve([]),
    }),
};
