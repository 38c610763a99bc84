import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';
import {
  loginServer,
  newRegistryAccount,
  openRegistryAccounts,
  type RegistryAccount,
} from '../registry/registryAccounts';

export interface RegistryParams {
  subscription: string;
  group: string;
  registry: string;
}

export const registryRoute =
  '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.ContainerRegistry/registries/:registry';

export const registryId = (account: RegistryAccount): string =>
  `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${account.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${account.name}`;

/** The registry that a request's path names. Throws what Azure answers when there is none. */
export function findRegistry(accounts: Collection<RegistryAccount>, params: RegistryParams): RegistryAccount {
  const account = accounts.get(params.registry);
  if (account && account.resourceGroup.toLowerCase() === params.group.toLowerCase()) return account;
  throw new ArmError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.ContainerRegistry/registries/${params.registry}' under resource group '${params.group}' was not found. ` +
      'For more details please go to https://aka.ms/ARMResourceNotFoundFix',
  );
}

interface RegistryBody {
  location?: string;
  tags?: Record<string, string>;
  sku?: { name?: string };
  properties?: Partial<
    Pick<
      RegistryAccount,
      'adminUserEnabled' | 'publicNetworkAccess' | 'networkRuleBypassOptions' | 'roleAssignmentMode'
    >
  >;
}

/** What the body says of who and what gets in, else what is known. */
function accessOf(body: RegistryBody | undefined, known: RegistryAccount | undefined) {
  const { publicNetworkAccess, networkRuleBypassOptions, roleAssignmentMode } = { ...known, ...body?.properties };
  return { publicNetworkAccess, networkRuleBypassOptions, roleAssignmentMode };
}

/** Older versions of the API do not know of the mode. */
const tellsMode = (request: FastifyRequest): boolean =>
  ((request.query as { 'api-version'?: string })['api-version'] ?? '') >= '2024-11-01';

/** The registries themselves. Source: azure-specs Microsoft.ContainerRegistry 2023-07-01. */
export function registerRegistries(app: FastifyInstance, context: LocalAzureContext): void {
  const accounts = openRegistryAccounts(context);
  const answer = (account: RegistryAccount, request: FastifyRequest) => ({
    id: registryId(account),
    name: account.name,
    type: 'Microsoft.ContainerRegistry/registries',
    location: account.location,
    tags: account.tags,
    sku: { name: account.sku, tier: account.sku },
    properties: {
      loginServer: loginServer(account.name, context.port),
      creationDate: account.creationDate,
      provisioningState: 'Succeeded',
      adminUserEnabled: account.adminUserEnabled,
      policies: {
        quarantinePolicy: { status: 'disabled' },
        trustPolicy: { type: 'Notary', status: 'disabled' },
        retentionPolicy: { days: 7, lastUpdatedTime: account.creationDate, status: 'disabled' },
        exportPolicy: { status: 'enabled' },
      },
      encryption: { status: 'disabled' },
      dataEndpointEnabled: false,
      dataEndpointHostNames: [],
      privateEndpointConnections: [],
      publicNetworkAccess: account.publicNetworkAccess ?? 'Enabled',
      networkRuleBypassOptions: account.networkRuleBypassOptions ?? 'AzureServices',
      zoneRedundancy: 'Disabled',
      ...(tellsMode(request) && {
        anonymousPullEnabled: false,
        networkRuleBypassAllowedForTasks: false,
        roleAssignmentMode: account.roleAssignmentMode ?? 'LegacyRegistryPermissions',
      }),
    },
  });
  context.resources.add({
    list: () =>
      accounts.list().map(({ value: account }) => ({
        id: registryId(account),
        name: account.name,
        type: 'Microsoft.ContainerRegistry/registries',
        location: account.location,
        sku: { name: account.sku, tier: account.sku },
        tags: account.tags,
      })),
    removeGroup: (group) => {
      for (const { value } of accounts.list()) {
        if (value.resourceGroup.toLowerCase() === group.toLowerCase()) accounts.delete(value.name);
      }
    },
  });
  const list = (request: FastifyRequest, group?: string) => ({
    value: accounts
      .list()
      .map((entry) => entry.value)
      .filter((account) => !group || account.resourceGroup.toLowerCase() === group.toLowerCase())
      .map((account) => answer(account, request)),
  });

  app.get('/subscriptions/:subscription/providers/Microsoft.ContainerRegistry/registries', async (request) =>
    list(request),
  );
  app.get<{ Params: RegistryParams }>(registryRoute.replace('/:registry', ''), async (request) =>
    list(request, request.params.group),
  );
  app.get<{ Params: RegistryParams }>(registryRoute, async (request) =>
    answer(findRegistry(accounts, request.params), request),
  );

  app.put<{ Params: RegistryParams; Body: RegistryBody | undefined }>(registryRoute, async (request, reply) => {
    const { registry, group } = request.params;
    if (!/^[a-zA-Z0-9]{5,50}$/.test(registry)) {
      throw new ArmError(
        400,
        'InvalidRegistryName',
        `The registry name '${registry}' is invalid. Registry names may contain alpha numeric characters only and must be between 5 and 50 characters.`,
      );
    }
    const sku = request.body?.sku?.name;
    if (sku !== 'Basic' && sku !== 'Standard' && sku !== 'Premium') {
      throw new ArmError(
        400,
        'InvalidSku',
        `The sku '${sku ?? ''}' is invalid. It must be Basic, Standard or Premium.`,
      );
    }
    const known = accounts.get(registry);
    const account: RegistryAccount = {
      ...(known ?? newRegistryAccount(registry, group)),
      location: request.body?.location ?? known?.location ?? localCloud.location,
      sku,
      // ACR's own default; the quickstart's registry was made with the admin user switched on.
      adminUserEnabled: request.body?.properties?.adminUserEnabled ?? known?.adminUserEnabled ?? false,
      ...accessOf(request.body, known),
      tags: request.body?.tags ?? known?.tags ?? {},
    };
    accounts.put(registry, account);
    return reply.code(known ? 200 : 201).send(answer(account, request));
  });

  app.patch<{ Params: RegistryParams; Body: RegistryBody | undefined }>(registryRoute, async (request) => {
    const account = findRegistry(accounts, request.params);
    const changed: RegistryAccount = {
      ...account,
      tags: request.body?.tags ?? account.tags,
      adminUserEnabled: request.body?.properties?.adminUserEnabled ?? account.adminUserEnabled,
      ...accessOf(request.body, account),
    };
    accounts.put(account.name, changed);
    return answer(changed, request);
  });

  app.delete<{ Params: RegistryParams }>(registryRoute, async ({ params }, reply) => {
    const account = accounts.get(params.registry);
    if (!account || account.resourceGroup.toLowerCase() !== params.group.toLowerCase()) return reply.code(204).send();
    accounts.delete(account.name);
    return reply.code(200).send();
  });

  app.get<{ Params: RegistryParams }>(`${registryRoute}/listUsages`, async (request) => {
    findRegistry(accounts, request.params);
    return { value: [{ name: 'Size', limit: 107374182400, currentValue: 0, unit: 'Bytes' }] };
  });

  app.post<{ Body: { name?: string } | undefined }>(
    '/subscriptions/:subscription/providers/Microsoft.ContainerRegistry/checkNameAvailability',
    async ({ body }) => {
      const name = body?.name ?? '';
      if (!/^[a-zA-Z0-9]{5,50}$/.test(name)) {
        const message =
          'Registry names may contain alpha numeric characters only and must be between 5 and 50 characters.';
        return { nameAvailable: false, reason: 'Invalid', message };
      }
      if (!accounts.get(name)) return { nameAvailable: true };
      return { nameAvailable: false, reason: 'AlreadyExists', message: `The registry ${name} is already in use.` };
    },
  );

  app.post<{ Params: RegistryParams }>(`${registryRoute}/listCredentials`, async (request) => {
    const account = findRegistry(accounts, request.params);
    if (!account.adminUserEnabled) {
      throw new ArmError(
        400,
        'UnAuthorizedForCredentialOperations',
        `The admin user is disabled for registry '${account.name}'. Enable it to list its credentials.`,
      );
    }
    const [password, password2] = account.passwords;
    return {
      username: account.name,
      passwords: [
        { name: 'password', value: password },
        { name: 'password2', value: password2 },
      ],
    };
  });
}
