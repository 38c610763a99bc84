/** What a role allows, as role definitions say it. */
export interface Permission {
  actions: string[];
  notActions: string[];
  dataActions: string[];
  notDataActions: string[];
}

const role = (actions: string[], notActions: string[] = [], dataActions: string[] = []): Permission => ({
  actions,
  notActions,
  dataActions,
  notDataActions: [],
});

const machineLearning = 'Microsoft.MachineLearningServices/workspaces';
const registry = 'Microsoft.ContainerRegistry/registries';
/** What many built-in roles hold besides their own subject. */
const usual = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
];

const vault = 'Microsoft.KeyVault/vaults';
const ofVaults = [...usual, 'Microsoft.KeyVault/checkNameAvailability/read', 'Microsoft.KeyVault/deletedVaults/read', 'Microsoft.KeyVault/locations/*/read', `${vault}/*/read`, 'Microsoft.KeyVault/operations/read']; // prettier-ignore

/** The built-in roles that the documentation names, by name. Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles. */
export const builtInRoles: Record<string, { id: string; permission: Permission }> = {
  Owner: { id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', permission: role(['*']) },
  Contributor: {
    id: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    permission: role(
      ['*'],
      [
        'Microsoft.Authorization/*/Delete',
        'Microsoft.Authorization/*/Write',
        'Microsoft.Authorization/elevateAccess/Action',
      ],
    ),
  },
  Reader: { id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', permission: role(['*/read']) },
  'AzureML Data Scientist': {
    id: 'f6c7c914-8db3-469d-8ca1-694a8f32e121',
    permission: role(
      ['read', 'action', 'delete', 'write'].map((verb) => `${machineLearning}/*/${verb}`),
      [
        'delete',
        'write',
        'computes/*/write',
        'computes/*/delete',
        'computes/listKeys/action',
        'listKeys/action',
        'hubs/write',
        'hubs/delete',
        'featurestores/write',
        'featurestores/delete',
      ].map((rest) => `${machineLearning}/${rest}`),
    ),
  },
  AcrPull: { id: '7f951dda-4ed3-4680-a7ca-43fe172d538d', permission: role([`${registry}/pull/read`]) },
  AcrPush: {
    id: '8311e382-0749-4cb8-b61a-304f252e45ec',
    permission: role([`${registry}/pull/read`, `${registry}/push/write`]),
  },
  'Container Registry Tasks Contributor': {
    id: 'fb382eab-e894-4461-af04-94435c366c3f',
    permission: role(
      [
        'read',
        'agentpools/*',
        'listBuildSourceUploadUrl/action',
        'scheduleRun/action',
        'runs/*',
        'taskruns/*',
        'tasks/*',
      ].map((rest) => `${registry}/${rest}`),
    ),
  },
  'Azure Container Instances Contributor': {
    id: '5d977122-f97e-4b4d-a52f-6b43003ddb4d',
    permission: role([
      ...usual,
      'Microsoft.ContainerInstance/containerGroups/*',
      'Microsoft.ResourceHealth/availabilityStatuses/read',
    ]),
  },
  'Key Vault Crypto Officer': {
    id: '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
    permission: role(ofVaults, [], [`${vault}/keys/*`, `${vault}/keyrotationpolicies/*`]),
  },
  'Key Vault Crypto User': {
    id: '12338af0-0e69-4776-bea7-57ae8d297424',
    permission: role(
      [],
      [],
      ['read', ...['update', 'backup', 'encrypt', 'decrypt', 'wrap', 'unwrap', 'sign', 'verify'].map((each) => `${each}/action`)].map((rest) => `${vault}/keys/${rest}`), // prettier-ignore
    ),
  },
  'Key Vault Reader': {
    id: '21090545-7ca7-4776-b22c-e363652d74d2',
    permission: role(ofVaults, [], [`${vault}/*/read`, `${vault}/secrets/readMetadata/action`]),
  },
  'Managed Identity Operator': {
    id: 'f1a07417-d97a-45cb-824c-7a7467783830',
    permission: role([
      ...usual,
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action',
    ]),
  },
};
