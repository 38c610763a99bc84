import assert from 'node:assert/strict';
import { join } from 'node:path';
import { localCloud } from '../../../local/azure/context';
import { readJson, readTask, root, taskFolders } from '../../../scripts/taskManifest';
import { clientSecretCredential, localAzure } from '../../support/azure';
import { listChoices, type Choice, type DataSourceBinding } from '../../support/dataSource';
import { MlWorkspace } from '../../support/mlWorkspace';
import { registerModel } from '../../support/registeredModel';

const ofTasks = taskFolders().flatMap((folder) =>
  ((readTask(folder).dataSourceBindings ?? []) as unknown as DataSourceBinding[]).map((binding) => ({
    folder,
    binding,
  })),
);
const { template } = readJson<{ template: { processParameters: { dataSourceBindings: DataSourceBinding[] } } }>(
  join(root, 'templates', 'build', 'template.json'),
);
const ofTemplate = template.processParameters.dataSourceBindings.map((binding) => ({
  folder: 'The classic build template',
  binding,
}));
const bindings = [...ofTasks, ...ofTemplate];
const { subscriptionId, resourceGroup, workspace } = localCloud;
/** Of services that local Azure does not have, or has no list of, and of groups, each of which would need an image: what Azure answers. */
const canned: Array<[RegExp, unknown]> = [
  [
    /Microsoft\.Network\/virtualNetworks\?/,
    { value: [{ name: 'v', properties: { subnets: [{ id: '/subscriptions/s/subnets/inner', name: 'inner' }] } }] },
  ],
  [/Microsoft\.ContainerInstance\/containerGroups\?/, { value: [{ id: '/groups/listed', name: 'listed' }] }],
  [/registries\/agentPools'/, { value: [{ id: '/pools/p', name: 'my-registry/my-pool' }] }],
  [/Microsoft\.OperationalInsights\/workspaces\?/, { value: [{ id: '/logs/l', name: 'l' }] }],
];

/** Another call may also be the second step to a list, such as from a workspace to its region. */
const isPaged = ({ binding }: { binding: DataSourceBinding }): boolean => binding.endpointUrl.includes('{{{page}}}');

describe('the lists of the designer', function () {
  this.timeout(60_000);
  /** What each list must show, by its input. */
  const expected: Record<string, string | RegExp> = {
    subscription: subscriptionId,
    resourceGroup,
    workspace,
    compute: localCloud.compute,
    environment: /^azureml:env-.*@latest$/,
    modelVersion: '1',
    containerRegistry: localCloud.registry,
    containerGroup: 'listed',
    userAssignedIdentity: /\/userAssignedIdentities\/quick-starts-identity$/,
    location: localCloud.location,
    subnet: '/subscriptions/s/subnets/inner',
    logAnalyticsWorkspace: '/logs/l',
    agentPool: 'my-registry/my-pool',
    instanceType: 'Standard_DS3_v2',
  };
  let modelName = '';
  let get: (url: string) => Promise<unknown>;

  before(async () => {
    const azure = await localAzure();
    const ml = new MlWorkspace(azure);
    await ml.environment();
    modelName = (await registerModel(azure, { 'model.pkl': 'x' })).name;
    const { token } = await clientSecretCredential(azure).getToken('https://management.azure.com/.default');
    get = async (url) => {
      const known = canned.find(([pattern]) => pattern.test(url));
      if (known) return known[1];
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(response.status, 200, url);
      return response.json();
    };
  });

  const chosen = () => ({ resourceGroup, workspace, modelName });
  for (const [kind, overrides, inputs] of [
    ['a subscription, with what was chosen before', {}, chosen],
    ['a workspace, with nothing chosen', { scopedToWorkspace: true }, () => ({ modelName })],
    [
      'a management group, with the subscription chosen',
      { data: { subscriptionId: '', scopeLevel: 'ManagementGroup' } },
      () => ({ ...chosen(), subscription: subscriptionId }),
    ],
  ] as const) {
    // The form of a classic template has no subscription to choose.
    const shown = kind.startsWith('a management group') ? ofTasks : bindings;
    for (const { folder, binding } of shown) {
      it(`${folder}: ${binding.target} by a connection scoped to ${kind}`, async () => {
        const endpoint = (await localAzure()).serviceConnection('WorkloadIdentityFederation', overrides);
        const { choices, urls } = await listChoices(binding, inputs(), endpoint, get);
        for (const url of urls) assert.doesNotMatch(url.replace('https://', ''), /\/\/|\{\{|\$\(/);
        const values = choices.map(({ Value }) => Value);
        const wanted = binding.target === 'modelName' ? modelName : expected[binding.target]!;
        assert.ok(
          values.some((value) => (typeof wanted === 'string' ? value === wanted : wanted.test(value))),
          `${String(wanted)} is not among ${values.join(', ')}`,
        );
      });
    }
  }

  for (const { folder, binding } of bindings.filter(isPaged)) {
    it(`${folder}: ${binding.target} is read page by page`, async () => {
      const endpoint = (await localAzure()).serviceConnection('WorkloadIdentityFederation');
      const token = /&(\$\w+)=\{\{\{page\}\}\}/.exec(binding.endpointUrl)![1]!;
      const item = (name: string) => ({
        name,
        id: name,
        properties: { computeType: 'AmlCompute', subnets: [{ id: name }] },
      });
      const asked: string[] = [];
      const { choices } = await listChoices(binding, chosen(), endpoint, async (url) => {
        const page = new URL(url).searchParams.get(token) ?? '';
        asked.push(page);
        if (page === 'two') return { value: [item('b')] };
        return {
          value: [item('a')],
          nextLink: `https://management.example/x?api-version=1&${encodeURIComponent(token)}=two`,
        };
      });
      assert.deepEqual(asked, ['', 'two']);
      assert.equal(choices.length, 2);
    });
  }
});

describe('a list of the designer', () => {
  /** What a list shows of an answer of Azure, and the path that it asks. */
  async function shown(task: string, target: string, answer: object[]): Promise<{ choices: Choice[]; path: string }> {
    const { binding } = ofTasks.find((each) => each.folder === task && each.binding.target === target)!;
    const inputs = { resourceGroup: 'my-group', workspace: 'my-workspace' };
    const endpoint = { url: 'https://management.azure.com/', data: { subscriptionId: 'my-subscription' } };
    const { choices, urls } = await listChoices(binding, inputs, endpoint, async () => ({ value: answer }));
    return { choices, path: new URL(urls[0]!).pathname };
  }

  it('of computes shows those on which a job can run', async () => {
    const kinds = ['AmlCompute', 'Kubernetes', 'ComputeInstance', 'VirtualMachine', 'Databricks', 'DataFactory'];
    const { choices } = await shown(
      'Train',
      'compute',
      kinds.map((computeType) => ({ name: computeType, properties: { computeType } })),
    );
    assert.deepEqual(
      choices.map(({ Value }) => Value),
      ['AmlCompute', 'Kubernetes'],
    );
  });

  it('of workspaces is of the whole subscription for Deploy-ACI, whose resource group is that of the container group', async () => {
    for (const [task, path] of [
      ['DeployACI', '/subscriptions/my-subscription/providers/Microsoft.MachineLearningServices/workspaces'],
      [
        'Train',
        '/subscriptions/my-subscription/resourceGroups/my-group/providers/Microsoft.MachineLearningServices/workspaces',
      ],
    ] as const) {
      assert.equal((await shown(task, 'workspace', [])).path, path);
    }
  });

  it('of regions shows the names that people know', async () =>
    assert.deepEqual((await shown('DeployACI', 'location', [{ name: 'eastus', displayName: 'East US' }])).choices, [
      { Value: 'eastus', DisplayValue: 'East US' },
    ]));
});
