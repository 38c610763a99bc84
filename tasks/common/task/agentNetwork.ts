import * as fs from 'node:fs';
import * as tl from 'azure-pipelines-task-lib/task';
import type { NetworkSettings } from '../azure/http/network';
import { messageOf } from '../messageOf';
import { Secret } from '../secret';
import { TaskFailure } from '../taskFailure';
import { registerSecret } from './registerSecret';

type Certificates = NonNullable<ReturnType<typeof tl.getHttpCertConfiguration>>;

/** The proxy and certificates that the agent was set up with. Azure's SDK reads only environment variables, which the agent does not set. @throws TaskFailure where a file cannot be read */
export function readNetworkSettings(): NetworkSettings {
  const proxy = tl.getHttpProxyConfiguration();
  const certificates = tl.getHttpCertConfiguration();
  const password = proxy?.proxyPassword ? new Secret(proxy.proxyPassword) : undefined;
  if (password) registerSecret(password);
  return {
    proxy: proxy
      ? {
          url: proxy.proxyUrl,
          username: proxy.proxyUsername,
          password,
          bypass: (proxy.proxyBypassHosts ?? []).flatMap(toPattern),
        }
      : undefined,
    certificateAuthorities: certificates?.caFile ? read(certificates.caFile, 'certificate authorities') : undefined,
    clientCertificate: certificates ? clientCertificateOf(certificates) : undefined,
  };
}

function clientCertificateOf({ certFile, keyFile, passphrase }: Certificates): NetworkSettings['clientCertificate'] {
  if (!certFile || !keyFile) return undefined;
  const cert = read(certFile, 'client certificate');
  const key = new Secret(read(keyFile, 'private key of the client certificate'));
  const secret = passphrase ? new Secret(passphrase) : undefined;
  for (const each of [key, secret]) if (each) registerSecret(each);
  return { cert, key, passphrase: secret };
}

/** @throws TaskFailure */
function read(file: string, what: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new TaskFailure(
      `The file of the agent's ${what} cannot be read: ${messageOf(error)}.`,
      'Put it back where the agent looks for it, or configure the agent again with the right path.',
      { cause: error },
    );
  }
}

function toPattern(text: string): RegExp[] {
  try {
    return [new RegExp(text, 'i')];
  } catch {
    tl.warning(`The agent's proxy bypass list has an entry that is not a regular expression and is ignored: ${text}`);
    return [];
  }
}
