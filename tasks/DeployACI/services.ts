import { ContainerGroups } from '../common/azure/containerGroups/containerGroups';
import { fileShare, type FileShare } from '../common/azure/containerGroups/fileShare';
import { healthRequest, type HealthRequest } from '../common/azure/containerGroups/healthRequest';
import { logAnalyticsWorkspace, type LogAnalyticsWorkspace } from '../common/azure/containerGroups/logAnalytics';
import { adminUser, type RegistryUser } from '../common/azure/containerGroups/registryUser';
import { identitiesOf, onlyIdentity, resolveIdentity } from '../common/azure/containerGroups/userAssignedIdentity';
import { keyRoles } from '../common/azure/keyVault/keyRoles';
import { registryIdOf } from '../common/azure/registry/registryIdOf';
import { registryScope } from '../common/azure/registry/registryScope';
import { requireRights } from '../common/azure/rights/requireRights';
import { verifying } from '../common/evidence/trustedKeys';
import type { TaskContext } from '../common/task/taskContext';
import type { Attestations } from '../common/record/record';
import { requireEvidence } from './evidence';
import type { Inputs } from './inputs';
import { neededRoles } from './neededRoles';
import { createParking, type Parking } from './parking';
import type { Release } from './release';

/** What a deployment reads and changes in Azure, all of it in one resource group. */
export interface Services {
  readonly groups: ContainerGroups;
  readonly health: HealthRequest;
  /** Where what runs under this name is kept while it is changed. */
  parking(group: string): Parking;
  /** @throws TaskFailure that names the roles that are missing */
  requireRights(inputs: Inputs, release: Release, containerGroupId: string): Promise<void>;
  /** @throws TaskFailure where no trusted key vouches for the image */
  requireEvidence(inputs: Parameters<typeof requireEvidence>[0], release: Release): Promise<Attestations>;
  /** ARM id of the identity that pulls images. */
  identity(wanted: string | undefined, signal: AbortSignal): Promise<string>;
  adminUser(release: Pick<Release, 'registry' | 'registryId'>, signal: AbortSignal): Promise<RegistryUser>;
  logAnalytics(wanted: string, signal: AbortSignal): Promise<LogAnalyticsWorkspace>;
  fileShare(wanted: string, signal: AbortSignal): Promise<FileShare>;
}

export function openServices(
  { connection, resourceGroup }: Pick<Inputs, 'connection' | 'resourceGroup'>,
  context: Pick<TaskContext, 'azure' | 'clock' | 'log' | 'signal'>,
): Services {
  const session = context.azure(connection);
  const identities = identitiesOf(session, resourceGroup);
  return {
    groups: new ContainerGroups(session, resourceGroup),
    health: healthRequest(session),
    parking: (group) => createParking(session, resourceGroup, group),
    requireRights: (inputs, release, containerGroupId) => {
      const scopes = {
        registry: (host: string) => registryScope(session, host),
        onlyIdentity: onlyIdentity(session, resourceGroup, identities),
      };
      const onKeys = keyRoles(verifying(session, inputs.trustedKeys));
      const roles = neededRoles(inputs, release, containerGroupId, scopes);
      return requireRights(session, [...roles, ...onKeys], context);
    },
    requireEvidence: (inputs, release) => requireEvidence(inputs, release, session, context),
    identity: (wanted, until) => resolveIdentity(session, resourceGroup, wanted, identities, until),
    adminUser: async (release, until) => adminUser(session, await registryIdOf(release, session), until),
    logAnalytics: (wanted, until) => logAnalyticsWorkspace(session, resourceGroup, wanted, until),
    fileShare: (wanted, until) => fileShare(session, resourceGroup, wanted, until),
  };
}
