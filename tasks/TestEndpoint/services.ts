import { ContainerGroups } from '../common/azure/containerGroups/containerGroups';
import { healthRequest, type HealthRequest } from '../common/azure/containerGroups/healthRequest';
import { KeyVault } from '../common/azure/keyVault/keyVault';
import { ModelTags } from '../common/azure/ml/modelTags';
import { WorkspaceAddress } from '../common/azure/ml/workspaceAddress';
import { connectedRegistry } from '../common/azure/registry/connectedRegistry';
import type { RegistryContents } from '../common/azure/registry/containerRegistryContents';
import { imageRegistry } from '../common/azure/registry/imageRegistry';
import type { NamedRegistry } from '../common/azure/registry/registryIdOf';
import { keyRoles } from '../common/azure/keyVault/keyRoles';
import { registryScope } from '../common/azure/registry/registryScope';
import type { NamedScope, NeededRole } from '../common/azure/rights/neededRole';
import { requireRights } from '../common/azure/rights/requireRights';
import type { Signer } from '../common/evidence/signer';
import { openSigner, type SigningKey } from '../common/evidence/signingKey';
import { TrustedKeys, verifying, type TrustedKey } from '../common/evidence/trustedKeys';
import type { TaskContext } from '../common/task/taskContext';
import type { Inputs } from './inputs';
import { isForbiddenAddress } from './recordedAddress';
import { createScoringClient, type ScoringClient } from './requests/scoringClient';
import type { Target } from './requests/target';

/** What a test of an endpoint speaks with. */
export interface Services {
  scoringClient(target: Pick<Target, 'isOfRecord'>): ScoringClient;
  /** Undefined where no service connection was chosen. */
  readonly azure?: AzureServices;
}

/** What the tests, and what may follow them, read and change in Azure. */
export interface AzureServices {
  readonly subscriptionId: string;
  readonly health: HealthRequest;
  groups(resourceGroup: string): ContainerGroups;
  /** ARM id of a workspace. */
  workspaceId(resourceGroup: string, name: string): string;
  /** The versions of a workspace's models. */
  models(resourceGroup: string, workspace: string): Pick<ModelTags, 'withTags' | 'tag'>;
  /** A registry by its host. */
  registryScope(host: string): NamedScope;
  /** @throws TaskFailure that names the roles that are missing; those that the signature alone needs keep no roll-back from being done */
  requireRights(
    roles: readonly NeededRole[],
    keys: Pick<Inputs, 'rollbackOnFailure' | 'signingKey' | 'trustedKeys'>,
  ): Promise<void>;
  /** @throws TaskFailure where it is neither that of imageConnection nor, by Azure's word, one of Azure's own */
  registry(named: NamedRegistry): Promise<RegistryContents>;
  trustedKeys(keys: readonly TrustedKey[]): TrustedKeys;
  /** @throws TaskFailure where a key in a vault cannot sign */
  signer(key: SigningKey): Promise<Signer>;
}

export function openServices(
  {
    connection,
    imageConnection,
    requestTimeoutMs,
  }: Pick<Inputs, 'connection' | 'imageConnection' | 'requestTimeoutMs'>,
  context: Pick<TaskContext, 'azure' | 'clock' | 'log' | 'network' | 'signal'>,
): Services {
  return {
    scoringClient: ({ isOfRecord }) =>
      createScoringClient(context.network, requestTimeoutMs, isOfRecord ? isForbiddenAddress : undefined),
    azure: connection && openAzure(connection, imageConnection, context),
  };
}

function openAzure(
  connection: NonNullable<Inputs['connection']>,
  imageConnection: Inputs['imageConnection'],
  context: Pick<TaskContext, 'azure' | 'clock' | 'log' | 'signal'>,
): AzureServices {
  const session = context.azure(connection);
  const address = (resourceGroup: string, name: string) => new WorkspaceAddress(session, resourceGroup, name);
  return {
    subscriptionId: connection.subscriptionId,
    health: healthRequest(session),
    groups: (resourceGroup) => new ContainerGroups(session, resourceGroup),
    workspaceId: (resourceGroup, name) => address(resourceGroup, name).id,
    models: (resourceGroup, workspace) => new ModelTags(address(resourceGroup, workspace)),
    registryScope: (host) => registryScope(session, host),
    requireRights: (roles, { rollbackOnFailure: canWait, signingKey, trustedKeys }) => {
      const attempt = (signal: AbortSignal) => openSigner(signingKey!, session, { ...context, signal });
      const signing =
        signingKey?.kind === 'keyVault' ? [{ id: signingKey.id, use: 'sign', canWait, attempt } as const] : [];
      const onKeys = keyRoles([...signing, ...verifying(session, trustedKeys)]);
      return requireRights(session, [...roles, ...onKeys], context);
    },
    registry: async (named) =>
      imageConnection ? connectedRegistry(named, imageConnection, session) : imageRegistry(named, session),
    trustedKeys: (keys) => new TrustedKeys(keys, new KeyVault(session, context.signal)),
    signer: (key) => openSigner(key, session, context),
  };
}
