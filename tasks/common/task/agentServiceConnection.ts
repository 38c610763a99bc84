import * as tl from 'azure-pipelines-task-lib/task';
import type { Authentication, ServiceConnection } from '../azure/http/serviceConnection';
import { TaskFailure } from '../taskFailure';
import { registerSecret } from './registerSecret';
import { connectionName } from './connectionName';
import { Secret } from '../secret';

const withoutSlash = (url: string) => url.replace(/\/+$/, '');

/**
 * Reads the service connection of this id from the agent and registers its secrets.
 * @param subscription instead of the connection's own; one whose scope is a management group has none
 * @throws TaskFailure if the connection is not there or lacks a field
 */
export function readServiceConnection(id: string, subscription?: string): ServiceConnection {
  const name = connectionName(id);
  const url = tl.getEndpointUrl(id, true);
  if (!url) {
    throw new TaskFailure(
      `the service connection ${name} was not given to this job.`,
      'Check that it exists in this project and that this pipeline is authorised to use it.',
      { help: 'signing-in' },
    );
  }
  const data = (key: string) => tl.getEndpointDataParameter(id, key, true) || '';
  if (data('EnableAdfsAuthentication').toLowerCase() === 'true') {
    throw new TaskFailure(`the service connection ${name} signs in by AD FS, which these tasks do not support.`);
  }
  const authority =
    data('activeDirectoryAuthority') || data('environmentAuthorityUrl') || 'https://login.microsoftonline.com';
  const subscriptionId = subscription ?? data('subscriptionid');
  if (!subscriptionId) {
    throw new TaskFailure(
      `the service connection ${name} names no subscription, as its scope is a management group.`,
      'Name the subscription in the input subscription.',
    );
  }
  return {
    id,
    name,
    resourceManagerUrl: withoutSlash(url),
    authorityUrl: withoutSlash(authority),
    // Azure Machine Learning's data planes want the resource manager's own audience; Azure Stack has one of its own.
    audience: withoutSlash(
      (data('environment').toLowerCase() === 'azurestack' && data('activeDirectoryServiceEndpointResourceId')) || url,
    ),
    subscriptionId,
    tenantId: parameter(id, 'tenantid', name, scheme(id) !== 'managedserviceidentity'),
    authentication: readAuthentication(id, name),
    defaults: {
      resourceGroup: data('resourceGroupName') || undefined,
      workspace: data('mlWorkspaceName') || undefined,
    },
  };
}

function readAuthentication(id: string, name: string): Authentication {
  switch (scheme(id)) {
    case 'workloadidentityfederation':
      return {
        scheme: 'WorkloadIdentityFederation',
        clientId: parameter(id, 'serviceprincipalid', name),
        systemAccessToken: () =>
          new Secret(tl.getEndpointAuthorizationParameterRequired('SYSTEMVSSCONNECTION', 'AccessToken')),
      };
    case 'managedserviceidentity':
      return { scheme: 'ManagedIdentity', clientId: tl.getEndpointDataParameter(id, 'msiclientId', true) || undefined };
    case 'serviceprincipal':
    case '': {
      const clientId = parameter(id, 'serviceprincipalid', name);
      if (parameter(id, 'authenticationType', name, false).toLowerCase() === 'spncertificate') {
        const certificatePem = new Secret(parameter(id, 'servicePrincipalCertificate', name));
        registerSecret(certificatePem);
        return { scheme: 'ServicePrincipalCertificate', clientId, certificatePem };
      }
      const clientSecret = new Secret(parameter(id, 'serviceprincipalkey', name));
      registerSecret(clientSecret);
      return { scheme: 'ServicePrincipalKey', clientId, clientSecret };
    }
    default:
      throw new TaskFailure(
        `the service connection ${name} signs in by ${scheme(id)}, which cannot reach Azure Resource Manager.`,
        'Use workload identity federation, a service principal or a managed identity.',
      );
  }
}

function scheme(id: string): string {
  return (tl.getEndpointAuthorizationScheme(id, true) || '').toLowerCase();
}

function parameter(id: string, key: string, name: string, required = true): string {
  const value = tl.getEndpointAuthorizationParameter(id, key, true) || '';
  if (required && !value) throw new TaskFailure(`the service connection ${name} lacks its ${key}.`, 'Save it again.');
  return value;
}
