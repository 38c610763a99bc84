import type { ServiceEndpoint } from '../../serviceEndpoint';
import { send } from './send';

export interface SignIn {
  /** Where a job gets the assertion of a federated connection, and by which token. */
  oidcRequestUri?: string;
  accessToken?: string;
  caFile?: string;
}

/** A token for the resource manager, as the server gets one for the connection of a server task. Throws if it gets none. */
export async function connectionToken(endpoint: ServiceEndpoint, signIn: SignIn): Promise<string> {
  const { tenantid = '', serviceprincipalid = '' } = endpoint.auth.parameters;
  const authority = endpoint.data.environmentAuthorityUrl ?? '';
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: serviceprincipalid,
    scope: `${endpoint.data.activeDirectoryServiceEndpointResourceId?.replace(/\/?$/, '/')}.default`,
    ...(await proof(endpoint, signIn)),
  });
  const { status, text } = await send({
    url: `${authority}${tenantid}/oauth2/v2.0/token`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    caFile: signIn.caFile,
  });
  const answer = JSON.parse(text) as { access_token?: string; error_description?: string };
  if (!answer.access_token) {
    throw new Error(
      `The service connection ${endpoint.name} cannot sign in: ${status} ${answer.error_description ?? ''}`,
    );
  }
  return answer.access_token;
}

async function proof(
  { id, name, auth }: ServiceEndpoint,
  { oidcRequestUri, accessToken, caFile }: SignIn,
): Promise<Record<string, string>> {
  if (auth.scheme === 'ServicePrincipal' && auth.parameters.serviceprincipalkey) {
    return { client_secret: auth.parameters.serviceprincipalkey };
  }
  if (auth.scheme !== 'WorkloadIdentityFederation' || !oidcRequestUri) {
    throw new Error(`The local agent runs server tasks by federated connections and secrets only, not by ${name}.`);
  }
  const { text } = await send({
    url: `${oidcRequestUri}?api-version=7.1&serviceConnectionId=${id}`,
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', 'content-length': '0' },
    caFile,
  });
  const { oidcToken = '' } = JSON.parse(text) as { oidcToken?: string };
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: oidcToken,
  };
}
