import assert from 'node:assert/strict';
import { localCloud } from '../../local/azure/context';
import type { CloudClient } from '../local/containers/cloudClient';

/** Makes a key vault, or changes it. @returns its URL, without a slash at the end */
export async function makeVault(cloud: Pick<CloudClient, 'arm'>, name: string, properties: object): Promise<string> {
  const { subscriptionId, resourceGroup, tenantId, location } = localCloud;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/${name}`;
  const body = { location, properties: { tenantId, sku: { family: 'A', name: 'standard' }, ...properties } };
  const { status, text, json } = await cloud.arm('PUT', `${id}?api-version=2022-07-01`, body);
  assert.ok(status === 200 || status === 201, text);
  return (json.properties.vaultUri as string).replace(/\/$/, '');
}

/** A token of the service principal for vaults. */
export async function vaultToken(cloud: Pick<CloudClient, 'azure' | 'send'>): Promise<string> {
  const { parameters } = cloud.azure.serviceConnection('ServicePrincipal').auth;
  const form = {
    grant_type: 'client_credentials',
    client_id: parameters.serviceprincipalid ?? '',
    client_secret: parameters.serviceprincipalkey ?? '',
    scope: 'https://vault.localhost/.default',
  };
  const { json } = await cloud.send('POST', `${cloud.azure.url}/${localCloud.tenantId}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  return json.access_token as string;
}
