import assert from 'node:assert/strict';
import { localCloud } from '../../../local/azure/context';
import { cloudClient, groupPath, type CloudClient } from '../containers/cloudClient';

const subscription = `/subscriptions/${localCloud.subscriptionId}`;

describe('the resource manager of local Azure', function () {
  this.timeout(60_000);
  let cloud: CloudClient;
  before(async () => (cloud = await cloudClient()));
  const get = (path: string) => cloud.arm('GET', path);

  it('lists the resources of all providers, by filter and page', async () => {
    const all = await get(`${subscription}/resources?api-version=2021-04-01`);
    const types = new Set(all.json.value.map(({ type }: { type: string }) => type));
    for (const type of ['Microsoft.MachineLearningServices/workspaces', 'Microsoft.ContainerRegistry/registries']) {
      assert.ok(types.has(type), [...types].join());
    }
    const filter = encodeURIComponent(`resourceType eq 'Microsoft.ContainerRegistry/registries' and name eq '${localCloud.registry}'`); // prettier-ignore
    const one = await get(`${subscription}/resources?api-version=2025-04-01&$filter=${filter}`);
    assert.deepEqual(one.json.value.map(({ name }: { name: string }) => name), [localCloud.registry]); // prettier-ignore
    const page = await get(`${subscription}/resources?api-version=2021-04-01&$top=1`);
    assert.equal(page.json.value.length, 1);
    assert.notEqual((await get(page.json.nextLink as string)).json.value[0].id, page.json.value[0].id);
    const wrong = await get(`${subscription}/resources?api-version=2021-04-01&$filter=plan%20gt%203`);
    assert.deepEqual([wrong.status, wrong.json.error.code], [400, 'InvalidFilterInQueryString']);
  });

  it('tells what it does not have from what does not exist', async () => {
    const code = async (path: string, method = 'GET') => {
      const { status, json } = await cloud.arm(method, path);
      return `${status} ${json.error.code}`;
    };
    const version = 'api-version=2024-04-01';
    assert.equal(await code(`${groupPath}/Microsoft.Nonesuch/things/x?${version}`), '404 InvalidResourceNamespace');
    const workspace = `${groupPath}/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
    assert.equal(await code(`${workspace}/onlineEndpoints?api-version=2022-02-01-preview`), '404 InvalidResourceType');
    assert.equal(await code(`${workspace}/computes/x?${version}`, 'PUT'), '404 InvalidResourceType');
    assert.equal(await code(`${workspace}/models/nonesuch?${version}`), '404 UserError');
    const registries = `${groupPath}/Microsoft.ContainerRegistry/registries`;
    assert.equal(await code(`${registries}/nonesuch?api-version=2023-07-01`), '404 ResourceNotFound');
    assert.equal(await code(`${registries}/nonesuch?api-version=1999-01-01`), '400 NoRegisteredProviderFound');
    assert.equal(await code(`${registries}/nonesuch`), '400 MissingApiVersionParameter');
  });

  it('says what is not found in the details, as recorded', async () => {
    const workspace = `${groupPath}/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
    const { json } = await get(`${workspace}/models/nonesuch?api-version=2024-04-01`);
    assert.equal(json.error.message, 'The specified resource was not found.');
    assert.deepEqual(json.error.details[0].code, 'ModelNotFound');
    assert.equal(json.error.details[0].message, 'Model container with name: nonesuch not found.');
  });

  it('challenges whoever has no token, or a wrong one', async () => {
    const url = `${cloud.azure.url}${subscription}/resources?api-version=2021-04-01`;
    for (const [headers, code] of [
      [{}, 'AuthenticationFailed'],
      [{ authorization: 'Bearer x.y.z' }, 'InvalidAuthenticationToken'],
    ] as const) {
      const answer = await cloud.send('GET', url, { headers });
      assert.deepEqual([answer.status, answer.json.error.code], [401, code]);
      assert.match(String(answer.headers['www-authenticate']), /^Bearer authorization_uri="https:.*", error="invalid_/);
    }
  });

  it('deletes a resource group with what is in it', async () => {
    const group = `${subscription}/resourceGroups/short-lived`;
    await cloud.arm('PUT', `${group}?api-version=2021-04-01`, { location: 'eastus' });
    const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/shortlived`;
    const made = await cloud.arm('PUT', `${registry}?api-version=2023-07-01`, { location: 'eastus', sku: { name: 'Basic' } }); // prettier-ignore
    assert.equal(made.status, 201);
    assert.equal((await cloud.arm('DELETE', `${group}?api-version=2021-04-01`)).status, 200);
    assert.equal((await get(`${group}?api-version=2021-04-01`)).json.error.code, 'ResourceGroupNotFound');
    const name = await cloud.arm('POST', `${subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability?api-version=2023-07-01`, { name: 'shortlived', type: 'Microsoft.ContainerRegistry/registries' }); // prettier-ignore
    assert.equal(name.json.nameAvailable, true);
  });
});
