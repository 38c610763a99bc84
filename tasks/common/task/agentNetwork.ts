import * as fs from 'node:fs';
import * as tl from 'azure-pipelines-task-lib/task';
import type { NetworkSettings } from '../azure/http/network';
import { Secret } from '../secret';
import { registerSecret } from './registerSecret';

/** The proxy and certificates that the agent was set up with. Azure's SDK reads only environment variables, which the agent does not set. */
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
    certificateAuthorities: certificates?.caFile ? fs.readFileSync(certificates.caFile, 'utf8') : undefined,
    clientCertificate:
      certificates?.certFile && certificates.keyFile
        ? {
            cert: fs.readFileSync(certificates.certFile, 'utf8'),
            key: new Secret(fs.readFileSync(certificates.keyFile, 'utf8')),
            passphrase: certificates.passphrase ? new Secret(certificates.passphrase) : undefined,
          }
        : undefined,
  };
}

function toPattern(text: string): RegExp[] {
  try {
    return [new RegExp(text, 'i')];
  } catch {
    tl.warning(`The agent's proxy bypass list has an entry that is not a regular expression and is ignored: ${text}`);
    return [];
  }
}
