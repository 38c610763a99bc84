/** Who our sides and their references are, and where: as the agent would read it from the service connection. */
import type { LocalAzure } from '../local/azure/connection/localAzure';
import { localCloud } from '../local/azure/context';
import type { ServiceConnection } from '../tasks/common/azure/http/serviceConnection';
import { Secret } from '../tasks/common/secret';

/** Handed over as JSON, which a Secret would not go into. */
export interface BenchConnection extends Omit<ServiceConnection, 'authentication'> {
  authentication: { scheme: 'ServicePrincipalKey'; clientId: string; clientSecret: string };
  resourceGroup: string;
  workspace: string;
}

export function benchConnection(azure: LocalAzure): BenchConnection {
  const { id, name, url, auth } = azure.serviceConnection('ServicePrincipal');
  const resourceManagerUrl = url.replace(/\/+$/, '');
  const { subscriptionId, tenantId, resourceGroup, workspace, clientId } = localCloud;
  const clientSecret = auth.parameters.serviceprincipalkey ?? '';
  return {
    ...{ id, name, resourceManagerUrl, authorityUrl: azure.url, audience: resourceManagerUrl },
    ...{ subscriptionId, tenantId, resourceGroup, workspace, defaults: {} },
    authentication: { scheme: 'ServicePrincipalKey', clientId, clientSecret },
  };
}

export function serviceConnectionOf({ authentication, ...connection }: BenchConnection): ServiceConnection {
  const clientSecret = new Secret(authentication.clientSecret);
  return { ...connection, authentication: { ...authentication, clientSecret } };
}
