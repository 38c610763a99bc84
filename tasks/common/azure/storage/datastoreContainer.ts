import { ownValue } from '../../ownValue';
import { createHmac } from 'node:crypto';
import { Secret } from '../../secret';
import { TaskFailure } from '../../taskFailure';
import { AzureFailure, azureFailure, isAzureFailure } from '../http/azureFailure';
import type { BlobTransfer } from './blobTransfer';
import { setTraits } from '../http/requestTraits';
import type { Workspace } from '../ml/workspace';

interface Datastore {
  datastoreType: string;
  accountName?: string;
  containerName?: string;
  filesystem?: string;
  endpoint?: string;
  protocol?: string;
}

/** The blob container behind a datastore, with a permission for some hours. */
export interface DatastoreContainer {
  readonly url: string;
  /** The URL with its SAS. */
  readonly sasUrl: Secret;
}

/** What the permission allows, as the letters of Azure Storage: to read and list, or to write as well. */
export type Permissions = 'rl' | 'rcwl';

/** Bytes of a blob by its name within the container. */
export interface BlobListing {
  readonly name: string;
  readonly size: number;
}

/** The datastore is of storage that is not blobs: a file share, OneLake. */
export class OtherStorage extends TaskFailure {}

const version = '2021-12-02';
const hours = 8;

/**
 * Opens a datastore, for reading where nothing else is said: by its account key or SAS where it holds one, else as the service connection itself.
 * @throws TaskFailure for a datastore that is not there, OtherStorage for one that is not blob storage, AzureFailure where no permission is given
 */
export async function openDatastore(
  workspace: Workspace,
  name: string,
  signal: AbortSignal,
  permissions: Permissions = 'rl',
): Promise<DatastoreContainer> {
  const read = await workspace.find(({ datastores }, place, options) => datastores.get(...place, name, options), {
    isThere: true,
    shape: { properties: { datastoreType: 'string' } },
    signal,
  });
  if (!read) throw new TaskFailure(`The workspace ${workspace.name} has no datastore "${name}".`);
  const datastore: Datastore = read.properties;
  const { accountName, endpoint = 'core.windows.net', protocol = 'https' } = datastore;
  const container = datastore.containerName ?? datastore.filesystem;
  if (!accountName || !container || !/^AzureBlob$|^AzureDataLakeGen2$/i.test(datastore.datastoreType)) {
    throw new OtherStorage(
      `The datastore "${name}" is of the type ${datastore.datastoreType}; only blob storage can be used here.`,
    );
  }
  const containerUrl = `${protocol}://${accountName}.blob.${endpoint}/${container}`;
  const secrets = await listSecrets(workspace, name, signal);
  for (const secret of [secrets.key, secrets.sasToken]) if (secret) workspace.session.keepSecret(new Secret(secret));
  const withSas = (sas: string) => ({ url: containerUrl, sasUrl: new Secret(`${containerUrl}?${sas}`) });
  if (secrets.sasToken) return withSas(secrets.sasToken.replace(/^\?/, ''));
  const sas = secrets.key
    ? accountKeySas(accountName, container, new Secret(secrets.key), protocol, new Date(), permissions)
    : await userDelegationSas(
        workspace,
        accountName,
        container,
        `${protocol}://${accountName}.blob.${endpoint}`,
        signal,
        permissions,
      );
  return withSas(sas);
}

/** A datastore that relies on identities holds no secret, which the service says as a refusal. */
async function listSecrets(
  workspace: Workspace,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly key?: string; readonly sasToken?: string }> {
  try {
    const asking = { repeatable: true, isThere: false, shape: 'object', signal } as const;
    const secrets: object = await workspace.ask(
      ({ datastores }, place, options) => datastores.listSecrets(...place, name, options),
      asking,
    );
    return secrets;
  } catch (error) {
    if (isAzureFailure(error, 400, 404)) return {};
    throw error;
  }
}

/** The blobs whose names begin with the prefix. Source: Blob service REST API, List Blobs. */
export async function listBlobs(
  blobs: BlobTransfer,
  { sasUrl }: DatastoreContainer,
  prefix: string,
  signal: AbortSignal,
): Promise<BlobListing[]> {
  const found: BlobListing[] = [];
  let marker = '';
  do {
    const query = `restype=container&comp=list&prefix=${encodeURIComponent(prefix)}&marker=${encodeURIComponent(marker)}`;
    const xml = await blobs.text(`${sasUrl.reveal()}&${query}`, signal);
    for (const [, blob = ''] of xml.matchAll(/<Blob>(.*?)<\/Blob>/gs)) {
      const name = unescapeXml(/<Name>([^<]*)<\/Name>/.exec(blob)?.[1] ?? '');
      // With a hierarchical namespace folders are listed too.
      if (/<ResourceType>directory</.test(blob) || /<hdi_isfolder>true</i.test(blob)) continue;
      found.push({ name, size: Number(/<Content-Length>(\d+)</.exec(blob)?.[1] ?? 0) });
    }
    marker = unescapeXml(/<NextMarker>([^<]*)<\/NextMarker>/.exec(xml)?.[1] ?? '');
  } while (marker);
  return found;
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(#x?)?(\w+);/g, (whole, hash: string | undefined, name: string) =>
    hash ? String.fromCodePoint(parseInt(name, hash === '#x' ? 16 : 10)) : (ownValue(entities, name) ?? whole),
  );
}

interface Terms {
  /** ISO 8601 without fractions of a second. */
  readonly start: string;
  readonly expiry: string;
  readonly protocol: string;
}

function terms(now: Date, protocol: string): Terms {
  // Clocks differ: a permission that starts now may not have begun yet over there.
  const at = (milliseconds: number) => new Date(now.getTime() + milliseconds).toISOString().replace(/\.\d+Z/, 'Z');
  return {
    start: at(-15 * 60_000),
    expiry: at(hours * 3_600_000),
    protocol: protocol === 'http' ? 'https,http' : 'https',
  };
}

/**
 * A service SAS for a container.
 * Source: "Create a service SAS", string-to-sign of version 2020-12-06 and later.
 */
export function accountKeySas(
  account: string,
  container: string,
  accountKey: Secret,
  protocol: string,
  now: Date,
  permissions: Permissions = 'rl',
): string {
  const { start, expiry, protocol: spr } = terms(now, protocol);
  const toSign = [
    permissions,
    start,
    expiry,
    `/blob/${account}/${container}`,
    '',
    '',
    spr,
    version,
    'c',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
  ];
  return query({ sp: permissions, st: start, se: expiry, spr, sv: version, sr: 'c', sig: sign(accountKey, toSign) });
}

/** As accountKeySas, signed by a key that Entra's user is given. Source: "Create a user delegation SAS". */
async function userDelegationSas(
  workspace: Workspace,
  account: string,
  container: string,
  accountUrl: string,
  signal: AbortSignal,
  permissions: Permissions,
): Promise<string> {
  const { start, expiry, protocol: spr } = terms(new Date(), accountUrl.split(':')[0]!);
  const xml = await userDelegationKey(workspace, accountUrl, { start, expiry }, signal, permissions);
  const value = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '';
  const [oid, tid, keyStart, keyEnd] = [
    value('SignedOid'),
    value('SignedTid'),
    value('SignedStart'),
    value('SignedExpiry'),
  ];
  const [service, keyVersion] = [value('SignedService'), value('SignedVersion')];
  const toSign = [
    permissions, start, expiry, `/blob/${account}/${container}`,
    oid, tid, keyStart, keyEnd, service, keyVersion,
    '', '', '', '', spr, version, 'c', '', '', '', '', '', '', '',
  ]; // prettier-ignore
  return query({
    sp: permissions, st: start, se: expiry, spr, sv: version, sr: 'c',
    skoid: oid, sktid: tid, skt: keyStart, ske: keyEnd, sks: service, skv: keyVersion,
    sig: sign(new Secret(value('Value')), toSign),
  }); // prettier-ignore
}

/** Source: Blob service REST API, Get User Delegation Key. */
async function userDelegationKey(
  workspace: Workspace,
  accountUrl: string,
  { start, expiry }: Pick<Terms, 'start' | 'expiry'>,
  signal: AbortSignal,
  permissions: Permissions,
): Promise<string> {
  const { session } = workspace;
  const [rest, credential] = await Promise.all([import('@azure/core-rest-pipeline'), session.credential()]);
  const token = await credential.getToken('https://storage.azure.com/.default');
  const send = await session.sender();
  const url = `${accountUrl}/?restype=service&comp=userdelegationkey`;
  const request = rest.createPipelineRequest({
    url,
    method: 'POST',
    headers: rest.createHttpHeaders({
      authorization: `Bearer ${token?.token}`,
      'content-type': 'application/xml',
      'x-ms-version': version,
    }),
    body: `<?xml version="1.0" encoding="utf-8"?><KeyInfo><Start>${start}</Start><Expiry>${expiry}</Expiry></KeyInfo>`,
    abortSignal: signal,
  });
  // It only makes a key: another one does no harm.
  const { status, bodyAsText } = await send(setTraits(request, { repeatable: true })).catch((error: unknown) => {
    throw azureFailure(error, `POST ${url}`);
  });
  if (status === 200) return bodyAsText ?? '';
  const [code = '', message = ''] = ['Code', 'Message'].map(
    (tag) => new RegExp(`<${tag}>([^<]*)`).exec(bodyAsText ?? '')?.[1],
  );
  const role = permissions === 'rl' ? 'Storage Blob Data Reader' : 'Storage Blob Data Contributor';
  throw new AzureFailure(
    `The datastore has no key, and the storage account ${accountUrl} gave the service connection's identity none either (${`${status} ${code}`.trim()}).`,
    status === 401 || status === 403 ? `Give the identity the role ${role} on the storage account.` : undefined,
    status,
    code,
    message,
    undefined,
  );
}

function sign(accountKey: Secret, parts: readonly string[]): string {
  return createHmac('sha256', Buffer.from(accountKey.reveal(), 'base64'))
    .update(parts.join('\n'), 'utf8')
    .digest('base64');
}

function query(values: Record<string, string>): string {
  return new URLSearchParams(values).toString();
}
