import { generateKeyPair, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What is secret in one local cloud: drawn at random for each state directory, readable only by its owner. */
export interface LocalCredentials {
  clientSecret: string;
  /** Of the service principal's certificate scheme, PEM. */
  certificate: string;
  certificateKey: string;
  /** Base64, 64 bytes. */
  storageKey: string;
  /** With which the agent asks for an OIDC token: the job's System.AccessToken. */
  systemAccessToken: string;
  /** Guards `/_local/`. */
  adminToken: string;
  /** In the path of the metadata service, which asks for nothing else. */
  metadataSecret: string;
  /** PEM, with which tokens are signed. */
  signingKey: string;
}

/** The storage key of a state, before the others are made: those take a while, in which Azurite can start. */
export function storageKeyOf(stateDir: string): string {
  return present(stateDir)?.storageKey ?? randomBytes(64).toString('base64');
}

/** @param storageKey is kept where the state has none yet */
export async function loadCredentials(stateDir: string, storageKey: string): Promise<LocalCredentials> {
  const kept = present(stateDir);
  // A state of an earlier version has no secret for the metadata service.
  if (kept?.metadataSecret) return kept as LocalCredentials;
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url');
  const { createPrincipalCertificate } = await import('../certificates/certificateAuthority');
  const [principal, { privateKey }] = await Promise.all([
    createPrincipalCertificate(),
    promisify(generateKeyPair)('rsa', { modulusLength: 2048 }),
  ]);
  const credentials: LocalCredentials = {
    clientSecret: random(30),
    certificate: principal.certificate,
    certificateKey: principal.key,
    storageKey,
    systemAccessToken: random(39),
    adminToken: random(30),
    // Lower case, as MSAL makes URLs.
    metadataSecret: randomBytes(30).toString('hex'),
    signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ...kept,
  };
  writeFileSync(fileOf(stateDir), JSON.stringify(credentials, null, 2), { mode: 0o600 });
  return credentials;
}

const fileOf = (stateDir: string): string => join(stateDir, 'credentials.json');

function present(stateDir: string): Partial<LocalCredentials> | undefined {
  const file = fileOf(stateDir);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<LocalCredentials>) : undefined;
}
