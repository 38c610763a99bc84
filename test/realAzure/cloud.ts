import type { TokenCredential } from '@azure/core-auth';
import { AzureCliCredential, ChainedTokenCredential, EnvironmentCredential } from '@azure/identity';
import { request } from 'undici';

/** Where a cloud is, without slashes at the ends. */
export interface Cloud {
  name: string;
  resourceManagerUrl: string;
  authorityUrl: string;
  /** Of tokens for the resource manager. */
  audience: string;
}

export interface Account {
  subscriptionId: string;
  subscriptionName: string;
  tenantId: string;
}

const publicCloud: Cloud = {
  name: 'AzureCloud',
  resourceManagerUrl: 'https://management.azure.com',
  authorityUrl: 'https://login.microsoftonline.com',
  audience: 'https://management.azure.com',
};

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

interface Metadata {
  name?: string;
  resourceManager?: string;
  authentication: { loginEndpoint: string; audiences: string[] };
}

/** The public cloud, or the one whose metadata ARM_CLOUD_METADATA_URL gives, as for Azure's own clients. */
export async function findCloud(environment = process.env): Promise<Cloud> {
  const url = environment.ARM_CLOUD_METADATA_URL;
  if (!url) return publicCloud;
  const { statusCode, body } = await request(url);
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`ARM_CLOUD_METADATA_URL (${url}) answered ${statusCode}.`);
  const told = JSON.parse(text) as Metadata | Metadata[];
  const metadata = Array.isArray(told) ? told[0] : told;
  if (!metadata?.authentication) throw new Error(`ARM_CLOUD_METADATA_URL (${url}) does not describe a cloud.`);
  const cloud = {
    name: metadata.name ?? 'cloud',
    resourceManagerUrl: withoutSlash(metadata.resourceManager ?? new URL(url).origin),
    authorityUrl: withoutSlash(metadata.authentication.loginEndpoint),
    audience: withoutSlash(metadata.authentication.audiences.at(-1) ?? ''),
  };
  for (const address of [cloud.resourceManagerUrl, cloud.authorityUrl]) {
    if (new URL(address).protocol !== 'https:') {
      throw new Error(`ARM_CLOUD_METADATA_URL (${url}) names ${address}: tokens are sent by https only.`);
    }
  }
  return cloud;
}

/**
 * The service principal of the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET), else `az login`. The latter only for
 * the public cloud: the CLI signs in to the cloud that it is set to, and its token is for no other.
 */
export function ownCredential(cloud: Cloud): TokenCredential {
  const isPublic =
    cloud.authorityUrl === publicCloud.authorityUrl && cloud.resourceManagerUrl === publicCloud.resourceManagerUrl;
  const ofEnvironment = new EnvironmentCredential({
    authorityHost: cloud.authorityUrl,
    disableInstanceDiscovery: cloud.authorityUrl !== publicCloud.authorityUrl,
  });
  return isPublic ? new ChainedTokenCredential(ofEnvironment, new AzureCliCredential()) : ofEnvironment;
}

/** The subscription that is meant: the one that was named, else the only one that there is. */
export async function findAccount(
  ask: (
    path: string,
  ) => Promise<{ value: Array<Partial<Record<'subscriptionId' | 'displayName' | 'tenantId' | 'state', string>>> }>,
  named: string | undefined,
): Promise<Account> {
  const { value } = await ask('/subscriptions?api-version=2022-12-01');
  const enabled = value.filter(({ state }) => state === 'Enabled' || state === undefined);
  const found = named
    ? value.filter(({ subscriptionId, displayName }) => [subscriptionId, displayName].includes(named))
    : enabled;
  if (found.length !== 1 || !found[0]?.subscriptionId || !found[0].tenantId) {
    const list = enabled.map(({ subscriptionId, displayName }) => `\n  ${subscriptionId}  ${displayName}`).join('');
    throw new Error(
      named
        ? `There is no subscription ${named} for you. There are:${list}`
        : `Name the subscription that pays, by --subscription. You have ${enabled.length}:${list}`,
    );
  }
  const { subscriptionId, displayName = '', tenantId } = found[0];
  return { subscriptionId, subscriptionName: displayName, tenantId };
}
