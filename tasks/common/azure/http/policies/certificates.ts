import * as tls from 'node:tls';
import type { PipelinePolicy, TlsSettings } from '@azure/core-rest-pipeline';
import type { NetworkSettings } from '../network';

/** Trusts whom the agent trusts, and shows the agent's own certificate, with a proxy or without. It stands behind the proxy's policy. */
export function certificates(network: NetworkSettings): PipelinePolicy {
  return {
    name: 'certificates',
    sendRequest(request, next) {
      const settings = tlsSettingsOf(network);
      if (!settings) return next(request);
      request.tlsSettings = settings;
      // The SDK gives a request that goes by a proxy an agent that knows nothing of the certificates, which it then ignores;
      // what stands among the request's own options reaches that agent's connection.
      // Source: ts-http-runtime, proxyPolicy.js and nodeHttpClient.js; https-proxy-agent, connect.
      if (request.agent) request.requestOverrides = { ...settings, ...request.requestOverrides };
      return next(request);
    },
  };
}

/** Those of a network, once made. */
const made = new WeakMap<NetworkSettings, TlsSettings>();

/**
 * What all connections of a network are made with. The SDK keeps connections open by these settings, so clients share them; and
 * Node's own list of authorities takes thirty milliseconds to read, which is much for each connection.
 */
function tlsSettingsOf(network: NetworkSettings): TlsSettings | undefined {
  const { certificateAuthorities, clientCertificate } = network;
  if (!certificateAuthorities && !clientCertificate) return undefined;
  const known = made.get(network);
  if (known) return known;
  const secureContext = tls.createSecureContext({
    // A given `ca` takes the place of Node's own list, so that list comes along.
    ca: certificateAuthorities && [...tls.rootCertificates, certificateAuthorities],
    cert: clientCertificate?.cert,
    key: clientCertificate?.key.reveal(),
    passphrase: clientCertificate?.passphrase?.reveal(),
  });
  // The SDK hands its settings to Node's agent as they are. Source: ts-http-runtime, nodeHttpClient.js, getOrCreateAgent.
  const settings = { secureContext } as TlsSettings;
  made.set(network, settings);
  return settings;
}
