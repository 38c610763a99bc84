import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { localCloud } from '../../local/azure/context';
import { cloudClient, groupPath, type CloudClient } from '../local/containers/cloudClient';
import { trafficFile } from '../support/azure';
import { makeVault, vaultToken } from '../support/keyVault';
import { reportText, specificationsDirectory, validateTraffic } from './validateTraffic';

const subscription = `/subscriptions/${localCloud.subscriptionId}`;
const group = `${subscription}/resourceGroups/specified`;
const registry = `${groupPath}/Microsoft.ContainerRegistry/registries/${localCloud.registry}`;
const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/a`;
const acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d';

/** What the tasks, the clients that are tried, and scripts/azure/setup.sh by the Azure CLI ask of the resource manager. */
async function askResourceManager({ arm }: CloudClient): Promise<void> {
  const resources = 'api-version=2021-04-01';
  await arm('GET', '/tenants?api-version=2022-12-01');
  await arm('GET', '/subscriptions?api-version=2022-12-01');
  await arm('GET', `${subscription}?api-version=2022-12-01`);
  await arm('GET', `${subscription}/locations?api-version=2022-12-01`);
  await arm('PUT', `${group}?${resources}`, { location: 'eastus', tags: { a: 'b' } });
  await arm('PATCH', `${group}?${resources}`, { tags: { a: 'c' } });
  await arm('GET', `${group}?${resources}`);
  await arm('HEAD', `${group}?${resources}`);
  await arm('GET', `${subscription}/resourcegroups?${resources}&$top=1`);
  await arm('GET', `${subscription}/resources?${resources}&$filter=${encodeURIComponent("resourceType eq 'Microsoft.ContainerRegistry/registries'")}`); // prettier-ignore
  await arm('GET', `${group}/resources?${resources}`);
  await arm('GET', `${subscription}/providers?${resources}`);
  await arm('GET', `${subscription}/providers/Microsoft.ContainerInstance?${resources}`);
  await arm('POST', `${subscription}/providers/Microsoft.ContainerInstance/register?${resources}`);
  const deployment = `${group}/providers/Microsoft.Resources/deployments/note`;
  const template = { $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#', contentVersion: '1.0.0.0', parameters: { a: { type: 'string' } }, resources: [] }; // prettier-ignore
  await arm('PUT', `${deployment}?${resources}`, { properties: { mode: 'Incremental', template, parameters: { a: { value: 'b' } } } }); // prettier-ignore
  await arm('GET', `${deployment}?${resources}`);
  await arm('GET', `${group}/providers/Microsoft.Resources/deployments/?${resources}&$top=1`);
  await arm('DELETE', `${deployment}?${resources}`);
}

async function askForRights({ arm }: CloudClient): Promise<void> {
  const managed = 'api-version=2023-01-31';
  const made = await arm('PUT', `${identity}?${managed}`, { location: 'eastus' });
  await arm('GET', `${identity}?${managed}`);
  await arm('GET', `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities?${managed}`);
  await arm('GET', `${subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities?${managed}`);
  const federated = `${identity}/federatedIdentityCredentials`;
  const properties = { issuer: 'https://issuer.test/', subject: 'sc://o/p/c', audiences: ['api://AzureADTokenExchange'] }; // prettier-ignore
  for (const status of [201, 200]) {
    assert.equal((await arm('PUT', `${federated}/azure-devops?${managed}`, { properties })).status, status);
  }
  const kept = await arm('GET', `${federated}/azure-devops?${managed}`);
  assert.deepEqual(kept.json.properties, properties);
  assert.equal((await arm('GET', `${federated}?${managed}`)).json.value.length, 1);
  assert.equal((await arm('GET', `${federated}/nonesuch?${managed}`)).json.error.code, 'ResourceNotFound');
  await arm('DELETE', `${federated}/azure-devops?${managed}`);

  const authorization = 'api-version=2022-04-01';
  const { principalId } = made.json.properties as { principalId: string };
  const assignments = `${registry}/providers/Microsoft.Authorization/roleAssignments`;
  const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${acrPull}`;
  const assignment = `${assignments}/${randomUUID()}?${authorization}`;
  await arm('PUT', assignment, { properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' } });
  const ofPrincipal = (form: string) => `$filter=${encodeURIComponent(form.replace('*', principalId))}`;
  await arm('GET', `${assignments}?${authorization}&${ofPrincipal("assignedTo('*')")}`);
  const everywhere = await arm('GET', `${subscription}/providers/Microsoft.Authorization/roleAssignments?${authorization}&${ofPrincipal("principalId eq '*'")}`); // prettier-ignore
  assert.deepEqual(everywhere.json.value.map((each: { properties: { scope: string } }) => each.properties.scope), [registry]); // prettier-ignore
  await arm('DELETE', assignment);
  const definitions = `${registry}/providers/Microsoft.Authorization/roleDefinitions`;
  await arm('GET', `${definitions}?${authorization}&$filter=${encodeURIComponent("roleName eq 'AcrPull'")}`);
  await arm('GET', `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${acrPull}?${authorization}`);
  await arm('GET', `${group}/providers/Microsoft.Authorization/permissions?${authorization}`);
  await arm('GET', `${registry}/providers/Microsoft.Authorization/permissions?${authorization}`);
  await arm('DELETE', `${identity}?${managed}`);
  await arm('DELETE', `${group}?api-version=2021-04-01`);
}

/** As the task that builds images, `az acr` and an OCI client ask. */
async function askRegistry({ send, token, loginServer }: CloudClient): Promise<void> {
  const base = `https://${loginServer}`;
  const post = async (path: string, form: Record<string, string>) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ service: loginServer, ...form }).toString();
    return (await send('POST', `${base}${path}`, { headers, body })).json as Record<string, string>;
  };
  const { refresh_token = '' } = await post('/oauth2/exchange', { grant_type: 'access_token', access_token: token });
  const scope = 'repository:specified/model:pull,push,delete,metadata_read,metadata_write registry:catalog:*';
  const { access_token } = await post('/oauth2/token', { grant_type: 'refresh_token', refresh_token, scope });
  const ask = (method: string, path: string, body?: string, type = 'application/json') => {
    const headers = {
      authorization: `Bearer ${access_token}`,
      ...(body === undefined ? {} : { 'content-type': type }),
    };
    return send(method, path.startsWith('https:') ? path : `${base}${path}`, { headers, body });
  };
  await send('GET', `${base}/v2/`);
  await ask('GET', '/v2/');
  const repository = '/v2/specified/model';
  const config = '{}';
  const digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
  const { headers } = await ask('POST', `${repository}/blobs/uploads/`);
  const location = new URL(String(headers.location), base);
  location.searchParams.set('digest', digest);
  assert.equal((await ask('PUT', location.href, config, 'application/octet-stream')).status, 201);
  await ask('HEAD', `${repository}/blobs/${digest}`);
  await ask('GET', `${repository}/blobs/${digest}`);
  const blob = { mediaType: 'application/vnd.docker.container.image.v1+json', size: 2, digest };
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: blob, layers: [] });
  const put = await ask('PUT', `${repository}/manifests/1`, manifest, mediaType);
  assert.equal(put.status, 201);
  const image = String(put.headers['docker-content-digest']);
  await ask('GET', `${repository}/manifests/1`);
  for (const path of ['_catalog', 'specified/model', 'specified/model/_tags', 'specified/model/_tags/1', 'specified/model/_manifests', `specified/model/_manifests/${image}`]) {
    assert.equal((await ask('GET', `/acr/v1/${path}`)).status, 200, path);
  } // prettier-ignore
  await ask('PATCH', '/acr/v1/specified/model/_tags/1', '{"writeEnabled":true}');
  await ask('PATCH', `/acr/v1/specified/model/_manifests/${image}`, '{"writeEnabled":true}');
  await ask('PATCH', '/acr/v1/specified/model', '{"writeEnabled":true}');
  await ask('DELETE', '/acr/v1/specified/model/_tags/1');
  await ask('DELETE', `${repository}/manifests/${image}`);
  await ask('GET', '/acr/v1/specified/nonesuch/_tags');
}

/** As the tasks sign and verify, and a user of the vault makes keys. */
async function askVault(cloud: CloudClient): Promise<void> {
  const vault = await makeVault(cloud, `specified-${randomUUID().slice(0, 8)}`, { enableRbacAuthorization: true });
  const token = await vaultToken(cloud);
  const ask = async (method: string, path: string, body?: object, authorization = `Bearer ${token}`) => {
    const headers = { ...(authorization && { authorization }), ...(body && { 'content-type': 'application/json' }) };
    return cloud.send(method, `${vault}${path}?api-version=7.4`, { headers, body: body && JSON.stringify(body) });
  };
  const made = await ask('POST', '/keys/release/create', { kty: 'EC', crv: 'P-256', key_ops: ['sign', 'verify'] });
  const { pathname } = new URL(made.json.key.kid as string);
  assert.equal((await ask('GET', pathname, undefined, '')).status, 401);
  await ask('GET', pathname);
  await ask('GET', '/keys');
  await ask('GET', '/keys/release/versions');
  await ask('PATCH', pathname, { attributes: { exp: 4102444800 }, tags: { a: 'b' } });
  const digest = Buffer.alloc(32, 1).toString('base64url');
  const { json } = await ask('POST', `${pathname}/sign`, { alg: 'ES256', value: digest });
  const verified = await ask('POST', `${pathname}/verify`, { alg: 'ES256', digest, value: json.value });
  assert.equal(verified.json.value, true);
  assert.equal((await ask('GET', '/keys/none/versions')).status, 200);
}

describe('The rest of Azure in local Azure', function () {
  this.timeout(60_000);
  const specifications = specificationsDirectory();
  before(function () {
    if (!specifications) this.skip();
  });

  it('follows the official specifications: resource groups, deployments, rights, identities, registries, vaults', async () => {
    const cloud = await cloudClient();
    await askResourceManager(cloud);
    await askForRights(cloud);
    await askRegistry(cloud);
    await askVault(cloud);
    const report = await validateTraffic(trafficFile, specifications!);
    console.log(reportText(report));
    assert.deepEqual(report.violations, []);
    const operations = (name: string) => report.bySpecification[name]?.operations.size ?? 0;
    const counts = [
      'Resource groups, resources, providers, deployments',
      'Subscriptions and tenants',
      'Role assignments, role definitions, permissions',
      'Managed identities',
      "The registries' data plane",
      'Key Vault keys',
    ].map(operations);
    assert.deepEqual(counts.map((count, index) => count >= [14, 4, 7, 8, 16, 7][index]!), Array(6).fill(true), counts.join()); // prettier-ignore
    assert.equal(report.checked['unknown operation'], undefined);
  });
});
