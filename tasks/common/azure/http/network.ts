import * as tls from 'node:tls';
import type { HttpClient, PipelineOptions, ProxySettings } from '@azure/core-rest-pipeline';
import { sdkHttpClient } from './httpClient';

/** How the agent reaches the network, as plain data. */
export interface NetworkSettings {
  readonly proxy?: {
    readonly url: string;
    readonly username?: string;
    readonly password?: string;
    /** Addresses that match one of these regular expressions go around the proxy. */
    readonly bypass: readonly RegExp[];
  };
  /** PEM of the certificates that the agent trusts beside Node's own. */
  readonly certificateAuthorities?: string;
  readonly clientCertificate?: { readonly cert: string; readonly key: string; readonly passphrase?: string };
}

/**
 * The options that carry the agent's network settings into an Azure SDK client that calls this address, or into a pipeline.
 * A pipeline is given its HTTP client with each request: createHttpClient's.
 */
export function networkOptions(
  network: NetworkSettings,
  url: string,
): Pick<PipelineOptions, 'proxyOptions' | 'tlsOptions'> & { httpClient: HttpClient } {
  const { certificateAuthorities, clientCertificate } = network;
  return {
    httpClient: sdkHttpClient,
    proxyOptions: proxyFor(network, url),
    tlsOptions:
      certificateAuthorities || clientCertificate
        ? {
            // A given `ca` takes the place of Node's own list, so that list comes along.
            ca: certificateAuthorities && ([...tls.rootCertificates, certificateAuthorities] as unknown as string),
            ...clientCertificate,
          }
        : undefined,
  };
}

/** The proxy for this address, or undefined where the agent has none or goes around it. */
export function proxyFor({ proxy }: NetworkSettings, url: string): ProxySettings | undefined {
  if (!proxy || proxy.bypass.some((pattern) => pattern.test(url))) return undefined;
  const { protocol, hostname, port } = new URL(proxy.url);
  return {
    host: `${protocol}//${hostname}`,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    username: proxy.username,
    password: proxy.password,
  };
}
