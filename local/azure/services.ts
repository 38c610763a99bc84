import type { FastifyInstance } from 'fastify';
import { guardAccess } from './access/guardAccess';
import { registerPermissions } from './access/permissions';
import { registerRoleAssignments } from './access/roleAssignmentRoutes';
import { RoleAssignments } from './access/roleAssignments';
import { registerRoleDefinitions } from './access/roleDefinitionRoutes';
import { registerAdministration } from './administration/administration';
import { registerCloudMetadata } from './arm/cloudMetadata';
import { registerDeployments } from './arm/deploymentRoutes';
import { Deployments } from './arm/deployments';
import { guardRequests } from './arm/guardRequests';
import { registerKeyVaults } from './arm/keyVaultRoutes';
import { KeyVaults } from './arm/keyVaults';
import { registerProviders } from './arm/providers';
import { registerResourceGroups } from './arm/resourceGroupRoutes';
import { ResourceGroups } from './arm/resourceGroups';
import { registerResourceLists } from './arm/resourceLists';
import { ResourceTypes } from './arm/resourceTypes';
import { registerStorageAccounts } from './arm/storageAccountRoutes';
import { StorageAccounts } from './arm/storageAccounts';
import { registerSubscriptions } from './arm/subscriptions';
import { registerContainerInstances } from './containerInstance/index';
import { registerContainerRegistry } from './containerRegistry/index';
import type { LocalAzureContext } from './context';
import type { LocalCredentials } from './entra/credentials';
import { Directory } from './entra/directory';
import { registerEntra } from './entra/entra';
import type { TokenIssuer } from './entra/tokenIssuer';
import type { FaultPlan } from './faults/faultPlan';
import { registerFileShares } from './files/fileShareRoutes';
import { FileShares } from './files/fileShares';
import { registerKeyVaultKeys } from './keyVault/index';
import { registerMachineLearning } from './machineLearning/index';
import type { MadeWorkspaces } from './machineLearning/workspace/madeWorkspaces';
import { Identities } from './managedIdentity/identities';
import { registerManagedIdentities } from './managedIdentity/index';
import { registerLogAnalytics } from './operationalInsights/logAnalyticsRoutes';
import { LogAnalyticsWorkspaces } from './operationalInsights/logAnalyticsWorkspaces';
import { registerOciRegistry } from './registry/index';
import type { RequestJournal } from './traffic/requestJournal';
import { recordTraffic } from './traffic/trafficRecorder';

export { admitTokens } from './blobs/bearerAccess';
export { startBlobEndpoint } from './blobs/blobEndpoint';
export { openBlobs } from './blobs/blobs';
export { startMetadataService } from './entra/metadataService';
export { createServer } from './server';

export interface ServiceOptions {
  context: LocalAzureContext;
  credentials: LocalCredentials;
  tokens: TokenIssuer;
  faults: FaultPlan;
  journal: RequestJournal;
  recordTrafficTo?: string;
  python?: string;
  workspaces: MadeWorkspaces;
  /** Called when the administration is asked to stop local Azure. */
  shutDown: () => void;
}

/** Sets up all that the local cloud answers over HTTPS. */
export function register(app: FastifyInstance, options: ServiceOptions): void {
  const { context, credentials, tokens, faults, journal, recordTrafficTo, python, workspaces, shutDown } = options;
  const identities = new Identities(context);
  if (recordTrafficTo) recordTraffic(app, recordTrafficTo);
  const types = new ResourceTypes();
  types.watch(app);
  const groups = new ResourceGroups(context);
  const accounts = new StorageAccounts(context);
  const shares = new FileShares(context.stateDir, credentials.storageKey, (account) => accounts.isMade(account));
  guardRequests(app, context.url, groups, tokens, types);
  guardAccess(app, context, (token) => tokens.subjectOf(token));
  workspaces.translate(app);
  const provider = (register: (scope: FastifyInstance) => void | Promise<void>) =>
    app.register(async (scope) => register(scope));
  provider((scope) => registerEntra(scope, new Directory(context, credentials, tokens)));
  provider((scope) => registerCloudMetadata(scope, context));
  provider((scope) => registerSubscriptions(scope));
  provider((scope) => registerResourceGroups(scope, context.url, groups));
  provider((scope) => registerResourceLists(scope, context.url, context.resources));
  provider((scope) => registerProviders(scope, types));
  provider((scope) => registerDeployments(scope, context.url, new Deployments(context.collection('deployments'))));
  provider((scope) => registerStorageAccounts(scope, accounts));
  provider((scope) => registerKeyVaults(scope, new KeyVaults(context)));
  provider((scope) => registerKeyVaultKeys(scope, context, tokens));
  provider((scope) => registerPermissions(scope, context));
  provider((scope) => registerRoleDefinitions(scope));
  provider((scope) =>
    registerMachineLearning(scope, context, { tokens, storageKey: credentials.storageKey, python, workspaces }),
  );
  provider((scope) => registerContainerRegistry(scope, context));
  provider((scope) => registerOciRegistry(scope, context, credentials));
  provider((scope) => registerFileShares(scope, shares));
  provider((scope) => registerManagedIdentities(scope, context, identities));
  provider((scope) =>
    registerRoleAssignments(scope, new RoleAssignments(identities.assignments).joinCatalog(context.resources)),
  );
  provider((scope) => registerLogAnalytics(scope, new LogAnalyticsWorkspaces(context)));
  provider((scope) => registerContainerInstances(scope, context, identities, shares));
  provider((scope) =>
    registerAdministration(scope, { token: credentials.adminToken, access: context.access, faults, journal, shutDown }),
  );
}
