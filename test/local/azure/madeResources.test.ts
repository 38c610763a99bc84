import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { localCloud } from '../../../local/azure/context';
import { cloudClient, type Answer, type CloudClient } from '../containers/cloudClient';

const name = `made${randomUUID().slice(0, 8)}`;
const subscription = `/subscriptions/${localCloud.subscriptionId}`;
const group = `${subscription}/resourceGroups/${name}`;
const storage = `${group}/providers/Microsoft.Storage/storageAccounts/${name}`;
const vault = `${group}/providers/Microsoft.KeyVault/vaults/${name}`;
const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/${name}`;
const versions: Record<string, string> = {
  'Microsoft.Storage': '2023-05-01',
  'Microsoft.KeyVault': '2022-07-01',
  'Microsoft.ContainerRegistry': '2023-07-01',
  'Microsoft.MachineLearningServices': '2024-04-01',
  'Microsoft.Authorization': '2022-04-01',
};
const sku = { name: 'standard', family: 'A' };

describe('resources that a client makes in local Azure', function () {
  this.timeout(60_000);
  let cloud: CloudClient;
  const ask = (method: string, path: string, body?: unknown): Promise<Answer> => {
    const provider = [...path.matchAll(/\/providers\/([^/]+)/g)].at(-1)?.[1] ?? '';
    const version = versions[provider] ?? '2022-09-01';
    return cloud.arm(method, `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`, body);
  };
  const makeVault = () =>
    ask('PUT', vault, { location: 'eastus', properties: { sku, tenantId: localCloud.tenantId, softDeleteRetentionInDays: 7 } }); // prettier-ignore
  const makeWorkspace = (properties: Record<string, string>) =>
    ask('PUT', workspace, { location: 'eastus', identity: { type: 'SystemAssigned' }, properties });

  before(async () => {
    cloud = await cloudClient();
    assert.equal((await ask('PUT', group, { location: 'eastus' })).status, 201);
  });

  it('are a workspace with its storage account, key vault and registry', async () => {
    const missing = await makeWorkspace({ storageAccount: storage, keyVault: vault });
    assert.equal(missing.status, 400, missing.text);
    const account = { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
    assert.equal((await ask('PUT', storage, account)).json.properties.provisioningState, 'Succeeded');
    assert.equal((await ask('PUT', storage, { location: 'eastus' })).json.error.code, 'InvalidRequestContent');
    assert.equal((await makeVault()).status, 201);
    assert.equal((await ask('PUT', registry, { location: 'eastus', sku: { name: 'Basic' } })).status, 201);
    const made = await makeWorkspace({ storageAccount: storage, keyVault: vault, containerRegistry: registry });
    assert.equal(made.status, 200, made.text);
    const { json } = await ask('GET', workspace);
    assert.deepEqual([json.id, json.properties.containerRegistry], [workspace, registry]);
  });

  it('are listed, and keep their names', async () => {
    const namesIn = ({ json }: Answer): string[] => json.value.map((each: { name: string }) => each.name);
    for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults']) {
      assert.deepEqual(namesIn(await ask('GET', `${group}/providers/${type}`)), [name]);
      assert.ok(namesIn(await ask('GET', `${subscription}/providers/${type}`)).includes(name));
    }
    const check = async (asked: string) => (await ask('POST', `${subscription}/providers/Microsoft.Storage/checkNameAvailability`, { name: asked })).json.reason as string | undefined; // prettier-ignore
    assert.deepEqual(
      [await check(name), await check(`${name}x`), await check('No')],
      ['AlreadyExists', undefined, 'AccountNameInvalid'],
    );
    // It is there, and holds nothing that could be had by a key.
    assert.equal((await ask('POST', `${storage}/listKeys`)).json.error.code, 'NotImplemented');
  });

  it('are asked and answered by their own ids beneath the workspace', async () => {
    const { json, status } = await ask('PUT', `${workspace}/environments/made-env/versions/1`, {
      properties: { image: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest' },
    });
    assert.deepEqual([status, json.id], [201, `${workspace}/environments/made-env/versions/1`]);
    // As azure-ai-ml writes back what it has read, to archive it.
    const back = { ...json.properties, isArchived: true };
    assert.equal((await ask('PUT', `${workspace}/environments/made-env/versions/1`, { properties: back })).status, 200);
    const job = await ask('PUT', `${workspace}/jobs/${name}`, {
      properties: { jobType: 'Command', experimentName: 'made', environmentId: json.id, command: 'echo made' },
    });
    assert.deepEqual([job.status, job.json.properties.environmentId], [201, json.id]);
    assert.ok(!job.text.includes(`/${localCloud.workspace}/`), job.text);
    const details = await cloud.arm('GET', `/history/v1.0${workspace}/runs/${name}/details`);
    assert.equal(details.json.runId, name);
    assert.equal((await ask('GET', `${workspace}x/jobs/${name}`)).status, 404);
  });

  it('hold roles, on the group and on what is in it, which go with it', async () => {
    const assignment = (scope: string) => `${scope}/providers/Microsoft.Authorization/roleAssignments`;
    for (const scope of [group, workspace]) {
      const body = { properties: { roleDefinitionId: `${subscription}/x`, principalId: name } };
      assert.equal((await ask('PUT', `${assignment(scope)}/${randomUUID()}`, body)).status, 201);
    }
    const listed = async (scope: string, filter: string) =>
      (await ask('GET', `${assignment(scope)}?$filter=${encodeURIComponent(filter)}`)).json.value.length as number;
    const byPrincipal = `principalId eq '${name}'`;
    assert.deepEqual([await listed(group, byPrincipal), await listed(workspace, byPrincipal)], [2, 2]);
    assert.equal(await listed(group, 'atScope()'), 1);
  });

  it('leave the names of the vault and of the workspace behind until they are purged', async () => {
    assert.equal((await ask('DELETE', group)).status, 200);
    assert.equal((await ask('PUT', group, { location: 'eastus' })).status, 201);
    const deleted = await ask('GET', `${subscription}/providers/Microsoft.KeyVault/deletedVaults`);
    assert.ok(deleted.json.value.some(({ properties }: Answer['json']) => properties.vaultId === vault));
    assert.equal((await makeVault()).json.error.code, 'VaultAlreadyExists');
    const purge = `${subscription}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/${name}/purge`;
    assert.deepEqual([(await ask('POST', purge)).status, (await ask('POST', purge)).status], [202, 404]);
    assert.equal((await makeVault()).status, 201);
    const account = { location: 'eastus', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
    await ask('PUT', storage, account);
    const again = () => makeWorkspace({ storageAccount: storage, keyVault: vault });
    assert.match((await again()).text, /Soft-deleted workspace exists/);
    assert.equal((await ask('DELETE', `${workspace}?forceToPurge=true`)).status, 200);
    assert.equal((await again()).status, 200);
    assert.equal((await ask('DELETE', group)).status, 200);
  });
});

describe('a deployment of nothing in local Azure', function () {
  this.timeout(60_000);
  it('is validated and made in the form in which azure-cli sends it, with one name unquoted', async () => {
    const cloud = await cloudClient();
    const path = `${subscription}/resourceGroups/${localCloud.resourceGroup}/providers/Microsoft.Resources/deployments/${name}`;
    const template = '{"parameters":{"a":{"type":"string"}},"resources":[]}';
    const send = (method: 'POST' | 'PUT', at: string, body: string) =>
      cloud.send(method, `${cloud.azure.url}${at}?api-version=2021-04-01`, {
        headers: { authorization: `Bearer ${cloud.token}`, 'content-type': 'application/json' },
        body,
      });
    const body = `{"properties":{"mode":"Incremental","parameters":{"a":{"value":", template:{"}}, template:${template}}}`;
    const validated = await send('POST', `${path}/validate`, body);
    assert.equal(validated.json.properties.parameters.a.value, ', template:{');
    assert.equal((await cloud.arm('GET', `${path}?api-version=2021-04-01`)).status, 404);
    assert.equal((await send('PUT', path, body)).status, 201);
    const wrong = await send('POST', `${path}/validate`, '{"properties":{"mode":"Incremental"');
    assert.equal(wrong.json.error.code, 'InvalidRequestContent');
  });
});
