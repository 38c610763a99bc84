import assert from 'node:assert/strict';
import { localCloud } from '../../../local/azure/context';
import { registryPath } from '../containers/acrBuild';
import { cloudClient, groupPath, type CloudClient } from '../containers/cloudClient';

const subscription = `/subscriptions/${localCloud.subscriptionId}`;
const workspace = `${groupPath}/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
const ml = 'api-version=2024-04-01';
const arm = 'api-version=2022-09-01';

/** What would be a wrong answer if it were ignored. */
const refused: Array<[path: string, code: string]> = [
  [`${subscription}/resources?${arm}&$filter=nonsense`, 'InvalidFilterInQueryString'],
  [`${subscription}/resources?${arm}&$filter=tagName eq 'a' and name eq 'b'`, 'InvalidFilterInQueryString'],
  [`${subscription}/resources?${arm}&$top=none`, 'InvalidTopValue'],
  [`${subscription}/resources?${arm}&$orderby=name`, 'BadRequest'],
  [`${subscription}/resourceGroups?${arm}&$filter=size eq 'big'`, 'InvalidFilterInQueryString'],
  [`${subscription}/resourceGroups?${arm}&$skiptoken=x`, 'InvalidTopValue'],
  [`${groupPath}/Microsoft.Resources/deployments?api-version=2021-04-01&$filter=name eq 'x'`, 'InvalidFilterInQueryString'],
  [`${groupPath}/Microsoft.ContainerInstance/containerGroups?api-version=2023-05-01&$top=1`, 'BadRequest'],
  [`${registryPath}/runs?api-version=2019-06-01-preview&$filter=contains(name,'a')`, 'InvalidFilter'],
  [`${registryPath}/runs?api-version=2019-06-01-preview&$top=-1`, 'InvalidTopValue'],
  [`${registryPath}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=asTarget()`, 'UnsupportedQuery'],
  [`${registryPath}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=id eq 'x'`, 'UnsupportedQuery'],
  [`${workspace}/jobs?${ml}&listViewType=Everything`, 'UserError'],
  [`${workspace}/jobs?${ml}&$filter=a`, 'BadRequest'],
  [`${workspace}/jobs?${ml}&$skip=nonsense`, 'UserError'],
  [`${workspace}/models?${ml}&listViewType=x`, 'UserError'],
  [`${workspace}/models/m/versions?${ml}&$orderBy=size desc`, 'UserError'],
  [`${workspace}/models/m/versions?${ml}&$orderBy=createdtime sideways`, 'UserError'],
  [`${workspace}/models/m/versions?${ml}&$top=0`, 'UserError'],
  [`${workspace}/models/m/versions?${ml}&stage=Production`, 'BadRequest'],
  [`${workspace}/datastores?${ml}&isDefault=perhaps`, 'UserError'],
  [`${workspace}/datastores?${ml}&searchText=a`, 'BadRequest'],
  [`${workspace}/computes?${ml}&$orderBy=name`, 'BadRequest'],
]; // prettier-ignore

describe('lists of local Azure', function () {
  this.timeout(60_000);
  let cloud: CloudClient;
  before(async () => {
    cloud = await cloudClient();
  });
  const get = (path: string) => cloud.arm('GET', encodeURI(path));

  for (const [path, code] of refused) {
    it(`refuse ${path.split('/').at(-1)}`, async () => {
      const { status, json } = await get(path);
      assert.deepEqual([status, json.error.code], [400, code]);
    });
  }

  it('give resource groups and resources by a tag', async () => {
    const made = `${subscription}/resourceGroups/tagged?${arm}`;
    await cloud.arm('PUT', made, { location: 'eastus', tags: { team: 'a b' } });
    const { json } = await get(`${subscription}/resourceGroups?${arm}&$filter=tagName eq 'team' and tagValue eq 'a b'`);
    assert.deepEqual(
      json.value.map(({ name }: { name: string }) => name),
      ['tagged'],
    );
    const none = await get(`${subscription}/resources?${arm}&$filter=tagName eq 'team'`);
    assert.deepEqual(none.json.value, []);
    await cloud.arm('DELETE', made);
  });

  it('give pages whose link leads to the rest', async () => {
    const first = await get(`${subscription}/resources?${arm}&$top=1`);
    const second = await cloud.arm('GET', first.json.nextLink as string);
    assert.equal(first.json.value.length, 1);
    assert.notEqual(second.json.value[0].id, first.json.value[0].id);
  });

  it('of datastores give those that are not the default, too', async () => {
    const { json } = await get(`${workspace}/datastores?${ml}&isDefault=false`);
    assert.deepEqual(
      json.value.map(({ name }: { name: string }) => name),
      ['workspaceartifactstore'],
    );
  });

  it('take the slashes that clients put twice', async () => {
    assert.equal((await get(`/${subscription}/resourceGroups//${localCloud.resourceGroup}?${arm}`)).status, 200);
  });
});
