import type { ContainerGroup } from '../azure/containerGroups/containerGroups';
import type { DeploymentSection } from '../record/record';
import { Secret } from '../secret';
import { withSecureValues } from './secureValues';

type IpAddress = NonNullable<ContainerGroup['ipAddress']>;

/**
 * The secret variable of the job by which Deploy-ACI leaves what ran before to the later tasks of the same job: Azure
 * never gives a secure value back, so that nobody else could bring the previous deployment back whole.
 */
export const previousDeploymentVariable = 'mlops.previousDeployment';

/** What ran before a deployment. */
export interface PreviousDeployment {
  /** ARM id of the group. */
  readonly groupId: string;
  /** As Azure gave it, with the secure values that Deploy-ACI knew; undefined where nothing ran. */
  readonly definition?: ContainerGroup;
  /** Secure values that it had and nobody gave, e.g. "the environment variable DB_PASSWORD of the container scoring". */
  readonly missing: readonly string[];
}

/**
 * @param group as Azure gave it; undefined where nothing runs. One whose last deployment failed serves nothing either.
 * @param complete a definition that holds the secure values of this run
 */
export function previousDeployment(
  groupId: string,
  group: ContainerGroup | undefined,
  complete: ContainerGroup,
): PreviousDeployment {
  const ran = group && group.provisioningState !== 'Failed';
  return ran ? { groupId, ...withSecureValues(definitionOf(group), complete) } : { groupId, missing: [] };
}

/** What was once sent to get this group, but its secure values: without its state, its id and the address that Azure chose. */
export function definitionOf(group: ContainerGroup): ContainerGroup {
  const {
    id: _id,
    name: _name,
    type: _type,
    provisioningState: _state,
    instanceView: _view,
    ipAddress,
    ...rest
  } = group;
  return {
    ...rest,
    ipAddress: ipAddress && wantedAddress(ipAddress),
    containers: group.containers.map(({ instanceView: _instance, ...container }) => container),
  };
}

function wantedAddress({ ip: _ip, fqdn: _fqdn, ...wanted }: IpAddress): IpAddress {
  return wanted;
}

/** One line, so that it can be a secret variable: base64 of JSON. */
export function encodePreviousDeployment(previous: PreviousDeployment): Secret {
  return new Secret(Buffer.from(JSON.stringify(previous)).toString('base64'));
}

export function decodePreviousDeployment(encoded: Secret): PreviousDeployment {
  return JSON.parse(Buffer.from(encoded.reveal(), 'base64').toString('utf8')) as PreviousDeployment;
}

/** What Deploy-ACI left of this group: another Deploy-ACI of the job may have left what ran in another one. */
export function keptFor(
  { containerGroupId }: Pick<DeploymentSection, 'containerGroupId'>,
  handedOver: Secret | undefined,
): PreviousDeployment | undefined {
  const kept = handedOver && decodePreviousDeployment(handedOver);
  return kept?.groupId.toLowerCase() === containerGroupId.toLowerCase() ? kept : undefined;
}
