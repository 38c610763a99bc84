import type { Secret } from '../../secret';

/**
 * An Azure Resource Manager service connection, as plain data. It says where Azure is (any cloud, Azure Stack too) and
 * who we are there. Source of the fields: azure-pipelines-tasks-common-packages, azure-arm-endpoint.ts.
 */
export interface ServiceConnection {
  readonly id: string;
  readonly name: string;
  /** Resource manager URL without a slash at its end, e.g. https://management.azure.com */
  readonly resourceManagerUrl: string;
  /** Entra authority without a slash at its end, e.g. https://login.microsoftonline.com */
  readonly authorityUrl: string;
  /** Audience of tokens for the resource manager, without a slash at its end. */
  readonly audience: string;
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly authentication: Authentication;
  /** Set where the connection is scoped to a workspace or resource group: defaults for the inputs of the same name. */
  readonly defaults: { readonly resourceGroup?: string; readonly workspace?: string };
}

export type Authentication =
  | {
      readonly scheme: 'WorkloadIdentityFederation';
      readonly clientId: string;
      readonly systemAccessToken: () => Secret;
    }
  | { readonly scheme: 'ServicePrincipalKey'; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly scheme: 'ServicePrincipalCertificate'; readonly clientId: string; readonly certificatePem: Secret }
  | { readonly scheme: 'ManagedIdentity'; readonly clientId?: string };
