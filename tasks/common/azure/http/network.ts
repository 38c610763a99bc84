import type { ProxySettings } from '@azure/core-rest-pipeline';
import type { Secret } from '../../secret';

/** How the agent reaches the network, as plain data. */
export interface NetworkSettings {
  readonly proxy?: {
    readonly url: string;
    readonly username?: string;
    readonly password?: Secret;
    /** Addresses that match one of these regular expressions go around the proxy. */
    readonly bypass: readonly RegExp[];
  };
  /** PEM of the certificates that the agent trusts beside Node's own. */
  readonly certificateAuthorities?: string;
  readonly clientCertificate?: { readonly cert: string; readonly key: Secret; readonly passphrase?: Secret };
}

/**
 * The proxy for this address, or undefined where the agent has none or goes around it. As the agent does, it looks at scheme,
 * host and port, never at the path, and always goes around the proxy to the machine itself.
 * Source: azure-pipelines-agent, AgentWebProxy.cs, IsBypassed and IsMatchInBypassList.
 */
export function proxyFor({ proxy }: NetworkSettings, url: string): ProxySettings | undefined {
  if (!proxy) return undefined;
  const { origin, hostname: host } = new URL(url);
  if (isLoopback(host) || proxy.bypass.some((pattern) => pattern.test(origin))) return undefined;
  const { protocol, hostname, port } = new URL(proxy.url);
  return {
    host: `${protocol}//${hostname}`,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    username: proxy.username,
    password: proxy.password?.reveal(),
  };
}

/** Source: .NET, Uri.IsLoopback. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|loopback|127(\.\d+){3}|\[::1\])$/i.test(hostname);
}
