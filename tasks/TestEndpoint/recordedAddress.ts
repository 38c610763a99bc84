import { BlockList, isIP } from 'node:net';
import type { ContainerGroups } from '../common/azure/containerGroups/containerGroups';
import { believedAbsence } from '../common/azure/http/believedAbsence';
import type { Clock } from '../common/clock';
import type { ModelRecord } from '../common/record/record';
import { TaskFailure } from '../common/taskFailure';
import { hasSecretHeader } from './report/hiddenSecrets';
import type { RequestCase } from './requests/requestCases';
import type { Target } from './requests/target';

/**
 * Addresses at which no endpoint is, but a machine's own secrets: link-local ones with the metadata services of the
 * clouds, and Azure's wire server. Source: learn.microsoft.com/azure/virtual-machines/instance-metadata-service and
 * learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16.
 */
const never = new BlockList();
never.addSubnet('169.254.0.0', 16);
never.addAddress('168.63.129.16');
never.addAddress('100.100.100.200');
never.addAddress('192.0.0.192');
never.addSubnet('fe80::', 10, 'ipv6');
never.addAddress('fd00:ec2::254', 'ipv6');
never.addAddress('fd20:ce::254', 'ipv6');

/** Whether an address, not a name, is one to which nothing is sent that only a record asks for. */
export function isForbiddenAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return never.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** The host of a URL, without the brackets of an IPv6 address and the point that ends a full name. */
function hostOf({ hostname }: URL): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/**
 * Makes sure that nothing goes where only the record, which whoever writes the artifact can write, says that it should
 * go: a key goes to a host that Azure itself reports as the container group's, and nothing at all to a metadata service.
 * @throws TaskFailure
 */
export async function requireOwnAddress(
  { scoringUri, apiKey }: Target,
  requests: readonly RequestCase[],
  record: ModelRecord,
  azure: { groups(resourceGroup: string): Pick<ContainerGroups, 'find'> } | undefined,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<void> {
  const host = hostOf(scoringUri);
  if (isForbiddenAddress(host) || /^metadata(\.|$)|^instance-data(\.|$)/.test(host)) {
    throw new TaskFailure(
      `The record says that the endpoint is at ${scoringUri.origin}. That is a link-local address or a metadata service, and nothing is sent there.`,
      'The record was not written by Deploy-ACI: find out who wrote the artifact.',
    );
  }
  if (apiKey === undefined && !requests.some(({ headers }) => hasSecretHeader(headers))) return;
  const { containerGroup, resourceGroup } = record.deployment!;
  if (!azure) {
    throw new TaskFailure(
      `The key is not sent to ${scoringUri.origin}: only the record says that the endpoint is there.`,
      'Choose a service connection in azureSubscription, so that Azure can confirm it, or give the address in scoringUri.',
    );
  }
  const groups = azure.groups(resourceGroup);
  const group = await believedAbsence(() => groups.find(containerGroup, signal), clock, signal);
  const { fqdn, ip } = group?.ipAddress ?? {};
  const known = [fqdn, ip].flatMap((each) => (each ? [each.toLowerCase()] : []));
  if (known.includes(host)) return;
  const reported = group
    ? `Azure reports ${known.join(' and ') || 'no address'} for the container group ${containerGroup}`
    : `Azure has no container group ${containerGroup} in ${resourceGroup}`;
  throw new TaskFailure(
    `The key is not sent to ${scoringUri.origin}, where the record says that the endpoint is: ${reported}.`,
    'Deploy again, or give the address in scoringUri if it is the right one.',
  );
}
