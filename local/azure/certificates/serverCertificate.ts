import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ServerCertificate {
  /** The file to trust: the authority's own certificate, PEM. */
  caFile: string;
  key: string;
  certificate: string;
}

/** Every name that a client may call a server by. Wildcards cover one label, as in Azure's own certificates. */
const serverNames = ['localhost', '*.localhost', '*.azurecr.localhost', '*.blob.core.localhost', '*.vault.localhost'];

const thirtyDays = 30 * 24 * 60 * 60 * 1000;

/**
 * The local cloud's own certificate authority and the certificate of its server, made once per state directory and
 * kept there, as clients keep trusting the authority's file across restarts. A certificate near its end, or without a
 * name that is called now, is replaced.
 */
export async function serverCertificate(stateDir: string): Promise<ServerCertificate> {
  const directory = join(stateDir, 'tls');
  const file = (name: string): string => join(directory, name);
  if (!isUsable(file('ca.pem')) || !isUsable(file('server.pem')) || !namesAll(file('server.pem'))) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // What makes certificates takes a while to load, and is seldom needed.
    const { createServerCertificate } = await import('./certificateAuthority');
    await createServerCertificate(file, serverNames);
  }
  return {
    caFile: file('ca.pem'),
    key: readFileSync(file('server.key'), 'utf8'),
    certificate: readFileSync(file('server.pem'), 'utf8'),
  };
}

function isUsable(file: string): boolean {
  return existsSync(file) && Date.parse(new X509Certificate(readFileSync(file)).validTo) > Date.now() + thirtyDays;
}

function namesAll(file: string): boolean {
  const certificate = new X509Certificate(readFileSync(file));
  return serverNames.every((name) => certificate.checkHost(name.replace('*', 'any')) !== undefined);
}
