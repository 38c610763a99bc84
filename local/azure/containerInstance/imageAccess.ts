import { randomUUID } from 'node:crypto';
import type { Agent } from 'undici';
import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';
import {
  formatImageReference,
  localReference,
  parseImageReference,
  type ImageReference,
} from '../engine/imageReference';
import { RegistryError, RepositoryClient, type RegistryLogin } from '../engine/registryClient';
import { serviceLogin } from '../engine/serviceLogin';
import { registryOfHost, type RegistryAccount } from '../registry/registryAccounts';
import type { GroupDefinition, GroupIdentity, RegistryCredential } from './groupDefinition';
import type { Identities } from '../managedIdentity/identities';

/** An image as it was found when the group was defined. */
export interface FoundImage {
  /** As the group names it. */
  name: string;
  /** The same by digest, so that the container runs what was found. */
  pinned: string;
  login: RegistryLogin | undefined;
}

export class ImageAccess {
  constructor(
    private readonly context: LocalAzureContext,
    private readonly agent: Agent,
    private readonly identities: Identities,
    private readonly registries: Collection<RegistryAccount>,
  ) {}

  /** Throws what ARM answers when the group is to have an identity that does not exist. */
  checkIdentities(definition: GroupDefinition, groupId: string): void {
    const { identity, properties } = definition;
    const own = Object.keys(identity?.userAssignedIdentities ?? {});
    for (const id of own) {
      if (this.identities.find(id)) continue;
      throw new ArmError(
        400,
        'FailedIdentityOperation',
        `Identity operation for resource '${groupId}' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. ` +
          `Response: '{"error":{"code":"BadRequest","message":"Resource '${id}' was not found."}}'.'.`,
      );
    }
    for (const credential of properties.imageRegistryCredentials ?? []) {
      if (!credential.identity) continue;
      if (own.some((id) => id.toLowerCase() === credential.identity?.toLowerCase())) continue;
      const name = groupId.split('/').pop();
      throw new ArmError(
        400,
        'InvalidImageRegistryIdentity',
        `The identity in the 'imageRegistryCredentials' of container group '${name}' not found in container group identity list.`,
      );
    }
  }

  /** The group's identities with the principals that they stand for. Source: azure-cli, test_container_create_msi.yaml. */
  principalsOf(identity: GroupIdentity | undefined, former: GroupIdentity | undefined): GroupIdentity | undefined {
    if (!identity || identity.type === 'None') return identity;
    const own = Object.keys(identity.userAssignedIdentities ?? {}).map((id) => {
      const { principalId, clientId } = this.identities.find(id)!;
      return [id, { principalId, clientId }] as const;
    });
    const isSystem = /SystemAssigned/i.test(identity.type ?? '');
    return {
      ...identity,
      tenantId: localCloud.tenantId,
      ...(isSystem && { principalId: former?.principalId ?? randomUUID() }),
      ...(own.length > 0 && { userAssignedIdentities: Object.fromEntries(own) }),
    };
  }

  /** Looks for the image with the credentials that the group has for its registry. Throws what the service answers. */
  async find(name: string, credentials: RegistryCredential[], groupName: string): Promise<FoundImage> {
    const inaccessible = new ArmError(
      400,
      'InaccessibleImage',
      `The image '${name}' in container group '${groupName}' is not accessible. Please check the image and registry credential.`,
    );
    if (this.context.takeFault('aci.inaccessibleImage')) throw inaccessible;
    let reference: ImageReference;
    try {
      reference = parseImageReference(name);
    } catch {
      throw inaccessible;
    }
    if (this.isKeptOut(reference, credentials)) throw inaccessible;
    if (this.context.takeFault('aci.registryRateLimit')) {
      throw new ArmError(
        409,
        'RegistryErrorResponse',
        `An error response is received from the docker registry '${reference.host}'. Please retry later.`,
      );
    }
    const local = localReference(reference, this.context.port);
    const login = local.mirrored
      ? serviceLogin(this.context, local.host, 'container-instances')
      : this.login(reference, credentials);
    try {
      const repository = new RepositoryClient(this.agent, local.host, local.repository, login);
      const { digest } = await repository.manifest(local.digest ?? local.tag ?? 'latest');
      return { name, pinned: formatImageReference({ ...reference, digest }), login };
    } catch (error) {
      if (error instanceof RegistryError) throw inaccessible;
      throw error;
    }
  }

  /** A registry without public access lets container instances in only by a managed identity, as a trusted service. */
  private isKeptOut({ host }: ImageReference, credentials: RegistryCredential[]): boolean {
    const registry = this.registries.get(registryOfHost(host) ?? '');
    if (registry?.publicNetworkAccess !== 'Disabled') return false;
    const credential = credentials.find(({ server }) => server.toLowerCase() === host.toLowerCase());
    return !credential?.identity || registry.networkRuleBypassOptions === 'None';
  }

  private login({ host }: ImageReference, credentials: RegistryCredential[]): RegistryLogin | undefined {
    const credential = credentials.find(({ server }) => server.toLowerCase() === host.toLowerCase());
    if (!credential) return undefined;
    if (!credential.identity) {
      return { username: credential.username ?? '', password: credential.password ?? '' };
    }
    const identity = this.identities.find(credential.identity);
    const registry = this.registries.get(registryOfHost(host) ?? '');
    if (!identity || !registry || !this.identities.mayPull(identity, registry)) return undefined;
    return serviceLogin(this.context, host, `identity:${identity.principalId}`);
  }
}
