// The Azure SDK for JavaScript in its newest versions, as scripts of teams use it.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PACKAGES, 'package.json'));
const { ClientSecretCredential } = require('@azure/identity');
const { CLOUD_URL: endpoint, TENANT, CLIENT, SECRET, SUBSCRIPTION, GROUP, WORKSPACE, REGISTRY } = process.env;
const credential = new ClientSecretCredential(TENANT, CLIENT, SECRET, {
  authorityHost: endpoint,
  disableInstanceDiscovery: true,
});
const scope = 'https://management.azure.com/.default';
const options = {
  endpoint,
  credentialScopes: scope,
  credentials: { scopes: [scope] },
  retryOptions: { maxRetries: 0 },
};

async function tried(operation, act, refusal) {
  let outcome = refusal ? 'wrong' : 'right';
  let detail = refusal ? 'it was not refused' : '';
  try {
    if ((await act()) === false) throw new Error('not as expected');
  } catch (error) {
    const text = `${error.name} ${error.code ?? ''} ${error.statusCode ?? ''}: ${error.message}`;
    outcome = refusal?.test(text) ? 'refused' : 'wrong';
    detail = outcome === 'wrong' ? text.slice(0, 300) : '';
  }
  console.log(JSON.stringify({ operation, outcome, detail }));
}
async function all(list) {
  const found = [];
  for await (const each of list) found.push(each);
  return found;
}

const { ResourceManagementClient } = require('@azure/arm-resources');
const resources = new ResourceManagementClient(credential, SUBSCRIPTION, options);
await tried('resourceGroups.list', async () =>
  (await all(resources.resourceGroups.list())).some(({ name }) => name === GROUP),
);
await tried('resourceGroups.get', async () => (await resources.resourceGroups.get(GROUP)).name === GROUP);
await tried(
  'resourceGroups.get of what is not there',
  () => resources.resourceGroups.get('nonesuch'),
  /ResourceGroupNotFound 404/,
);
await tried(
  'resourceGroups.checkExistence',
  async () => !(await resources.resourceGroups.checkExistence('nonesuch')).body,
);
await tried('resourceGroups.createOrUpdate', () =>
  resources.resourceGroups.createOrUpdate('js', { location: 'eastus', tags: { a: 'b' } }),
);
await tried(
  'resourceGroups.list with a filter',
  async () => (await all(resources.resourceGroups.list({ filter: "tagName eq 'a' and tagValue eq 'b'" }))).length === 1,
);
await tried('resources.list', async () => (await all(resources.resources.list())).length > 2);
await tried('resources.list with a filter', async () =>
  (await all(resources.resources.list({ filter: "resourceType eq 'Microsoft.ContainerRegistry/registries'" }))).every(
    ({ type }) => type === 'Microsoft.ContainerRegistry/registries',
  ),
);
await tried(
  'resources.list with a filter that is none',
  () => all(resources.resources.list({ filter: 'nonsense' })),
  /InvalidFilterInQueryString 400/,
);
await tried(
  'resources.listByResourceGroup with top',
  async () => (await all(resources.resources.listByResourceGroup(GROUP, { top: 1 }))).length > 1,
);
await tried(
  'providers.get',
  async () => (await resources.providers.get('Microsoft.ContainerInstance')).registrationState === 'Registered',
);

const { SubscriptionClient } = require('@azure/arm-resources-subscriptions');
const subscriptions = new SubscriptionClient(credential, options);
await tried(
  'subscriptions.list',
  async () => (await all(subscriptions.subscriptions.list()))[0].subscriptionId === SUBSCRIPTION,
);
await tried('subscriptions.get', async () => (await subscriptions.subscriptions.get(SUBSCRIPTION)).state === 'Enabled');
await tried('tenants.list', async () => (await all(subscriptions.tenants.list()))[0].tenantId === TENANT);

const { ContainerRegistryManagementClient } = require('@azure/arm-containerregistry');
const registries = new ContainerRegistryManagementClient(credential, SUBSCRIPTION, options);
await tried('registries.get', async () => (await registries.registries.get(GROUP, REGISTRY)).name === REGISTRY);
await tried('registries.list', async () =>
  (await all(registries.registries.list())).some(({ name }) => name === REGISTRY),
);
await tried(
  'registries.listCredentials',
  async () => (await registries.registries.listCredentials(GROUP, REGISTRY)).username === REGISTRY,
);
await tried('registries.listUsages', () => registries.registries.listUsages(GROUP, REGISTRY));
await tried(
  'registries.get of what is not there',
  () => registries.registries.get(GROUP, 'nonesuch'),
  /ResourceNotFound 404/,
);
await tried('webhooks.list', () => all(registries.webhooks.list(GROUP, REGISTRY)), /InvalidResourceType 404/);

const { ContainerInstanceManagementClient } = require('@azure/arm-containerinstance');
const instances = new ContainerInstanceManagementClient(credential, SUBSCRIPTION, options);
await tried('containerGroups.list', async () => Array.isArray(await all(instances.containerGroups.list())));
await tried(
  'containerGroups.get of what is not there',
  () => instances.containerGroups.get(GROUP, 'nonesuch'),
  /ResourceNotFound 404/,
);
await tried(
  'containerGroups.beginCreateOrUpdate without an image',
  () =>
    instances.containerGroups.beginCreateOrUpdate(GROUP, 'js', {
      location: 'eastus',
      osType: 'Linux',
      containers: [{ name: 'a', image: 'nonesuch.azurecr.io/a', resources: { requests: { cpu: 1, memoryInGB: 1 } } }],
    }),
  /InaccessibleImage 400/,
);
await tried('location.listUsage', async () => (await all(instances.location.listUsage('eastus'))).length > 2);
await tried(
  'location.listCapabilities',
  async () => (await all(instances.location.listCapabilities('eastus'))).length > 1,
);

const { AzureMachineLearningWorkspaces } = require('@azure/arm-machinelearning');
const ml = new AzureMachineLearningWorkspaces(credential, SUBSCRIPTION, options);
await tried('workspaces.get', async () => (await ml.workspaces.get(GROUP, WORKSPACE)).name === WORKSPACE);
await tried('workspaces.listBySubscription', async () => (await all(ml.workspaces.listBySubscription())).length === 1);
await tried('datastores.list', async () => (await all(ml.datastores.list(GROUP, WORKSPACE))).length === 2);
await tried(
  'computeOperations.list',
  async () => (await all(ml.computeOperations.list(GROUP, WORKSPACE))).length === 1,
);
await tried(
  'computeOperations.get of what is not there',
  () => ml.computeOperations.get(GROUP, WORKSPACE, 'nonesuch'),
  /404/,
);
await tried('modelVersions.createOrUpdate', () =>
  ml.modelVersions.createOrUpdate(GROUP, WORKSPACE, 'js', '1', {
    properties: { modelUri: 'azureml://datastores/workspaceblobstore/paths/js', tags: { a: 'b' } },
  }),
);
await tried('modelVersions.list', async () => (await all(ml.modelVersions.list(GROUP, WORKSPACE, 'js'))).length === 1);
await tried(
  'modelVersions.list by tag',
  async () => (await all(ml.modelVersions.list(GROUP, WORKSPACE, 'js', { tags: 'a=b' }))).length === 1,
);
await tried(
  'modelVersions.get of what is not there',
  () => ml.modelVersions.get(GROUP, WORKSPACE, 'js', '9'),
  /UserError 404/,
);
await tried('jobs.list', async () => Array.isArray(await all(ml.jobs.list(GROUP, WORKSPACE))));
await tried('jobs.get of what is not there', () => ml.jobs.get(GROUP, WORKSPACE, 'nonesuch'), /UserError 404/);
await tried('onlineEndpoints.list', () => all(ml.onlineEndpoints.list(GROUP, WORKSPACE)), /InvalidResourceType 404/);

const { ManagedServiceIdentityClient } = require('@azure/arm-msi');
const identities = new ManagedServiceIdentityClient(credential, SUBSCRIPTION, options);
await tried(
  'userAssignedIdentities.listBySubscription',
  async () => (await all(identities.userAssignedIdentities.listBySubscription())).length > 0,
);
await tried(
  'userAssignedIdentities.createOrUpdate',
  async () =>
    (await identities.userAssignedIdentities.createOrUpdate(GROUP, 'js', { location: 'eastus' })).principalId !==
    undefined,
);

const { AuthorizationManagementClient } = require('@azure/arm-authorization');
const authorization = new AuthorizationManagementClient(credential, SUBSCRIPTION, options);
const registryId = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/Microsoft.ContainerRegistry/registries/${REGISTRY}`;
await tried(
  'roleAssignments.listForScope',
  async () => (await all(authorization.roleAssignments.listForScope(registryId))).length > 0,
);
await tried(
  'roleDefinitions.list by name',
  async () =>
    (await all(authorization.roleDefinitions.list(registryId, { filter: "roleName eq 'AcrPull'" })))[0].roleName ===
    'AcrPull',
);
