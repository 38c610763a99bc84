import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is secret in one local cloud: drawn at random for each state directory, readable by its owner alone. */
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

export async function loadCredentials(stateDir: string): Promise<LocalCredentials> {
  const file = join(stateDir, 'credentials.json');
  const present = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<LocalCredentials>) : undefined;
  // A state of an earlier version has no secret for the metadata service.
  if (present?.metadataSecret) return present as LocalCredentials;
  const { createPrincipalCertificate } = await import('../certificates/certificateAuthority');
  const principal = await createPrincipalCertificate();
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url');
  const credentials: LocalCredentials = {
    clientSecret: random(30),
    certificate: principal.certificate,
    certificateKey: principal.key,
    storageKey: randomBytes(64).toString('base64'),
    systemAccessToken: random(39),
    adminToken: random(30),
    // Lower case, as MSAL makes URLs.
    metadataSecret: randomBytes(30).toString('hex'),
    signingKey: generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    ...present,
  };
  writeFileSync(file, JSON.stringify(credentials, null, 2), { mode: 0o600 });
  return credentials;
}
