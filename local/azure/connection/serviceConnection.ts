import type { ServiceEndpoint } from '../../serviceEndpoint';
import { localCloud } from '../context';
import { federationSubject } from '../entra/directory';
import type { LocalCredentials } from '../entra/credentials';
import type { Description } from './description';

/** How a service connection signs in: the kinds of AzureRM connection that Azure DevOps offers. */
export type Scheme =
  'WorkloadIdentityFederation' | 'ServicePrincipal' | 'ServicePrincipalCertificate' | 'ManagedServiceIdentity';

/** What a test may make different in a service connection. */
export interface ServiceConnectionOverrides {
  id?: string;
  name?: string;
  url?: string;
  parameters?: Record<string, string>;
  data?: Record<string, string>;
  /** As created with scope level "Machine Learning workspace" for the local workspace. */
  scopedToWorkspace?: boolean;
}

/** An AzureRM service connection to the local cloud, as the server would hand it to the agent (facts on pipelines, §3.1). */
export function serviceConnection(
  cloud: Description,
  credentials: LocalCredentials,
  scheme: Scheme,
  overrides: ServiceConnectionOverrides = {},
): ServiceEndpoint {
  const authority = `${cloud.url}/`;
  const workspace = overrides.scopedToWorkspace
    ? {
        scopeLevel: 'AzureMLWorkspace',
        mlWorkspaceName: localCloud.workspace,
        mlWorkspaceLocation: localCloud.location,
        resourceGroupName: localCloud.resourceGroup,
      }
    : { scopeLevel: 'Subscription', mlWorkspaceName: '', mlWorkspaceLocation: '', resourceGroupName: '' };
  return {
    id: overrides.id ?? localCloud.serviceConnectionId,
    name: overrides.name ?? localCloud.serviceConnectionName,
    type: 'azurerm',
    url: overrides.url ?? `${cloud.url}/`,
    auth: {
      scheme: scheme === 'ServicePrincipalCertificate' ? 'ServicePrincipal' : scheme,
      parameters: { ...parameters(cloud, credentials, scheme), ...overrides.parameters },
    },
    data: {
      subscriptionId: localCloud.subscriptionId,
      subscriptionName: localCloud.subscriptionName,
      environment: 'AzureStack',
      creationMode: 'Manual',
      ...workspace,
      environmentAuthorityUrl: authority,
      activeDirectoryAuthority: authority,
      activeDirectoryServiceEndpointResourceId: 'https://management.azure.com/',
      resourceManagerUrl: `${cloud.url}/`,
      ...overrides.data,
    },
  };
}

function parameters(cloud: Description, credentials: LocalCredentials, scheme: Scheme): Record<string, string> {
  const principal = { tenantid: localCloud.tenantId, serviceprincipalid: localCloud.clientId };
  switch (scheme) {
    case 'WorkloadIdentityFederation':
      return {
        ...principal,
        workloadIdentityFederationSubject: federationSubject,
        workloadIdentityFederationIssuer: `${cloud.url}/oidc`,
        workloadIdentityFederationIssuerType: 'AzureDevOps',
      };
    case 'ServicePrincipal':
      return { ...principal, authenticationType: 'spnKey', serviceprincipalkey: credentials.clientSecret };
    case 'ServicePrincipalCertificate':
      return {
        ...principal,
        authenticationType: 'spnCertificate',
        servicePrincipalCertificate: credentials.certificateKey + credentials.certificate,
      };
    case 'ManagedServiceIdentity':
      return { tenantid: localCloud.tenantId };
  }
}
