import * as tls from 'node:tls';
import type { PipelinePolicy, TlsSettings } from '@azure/core-rest-pipeline';
import type { NetworkSettings } from '../network';

/** Trusts whom the agent trusts, and shows the agent's own certificate, with a proxy or without. It stands behind the proxy's policy. */
export function certificates({ certificateAuthorities, clientCertificate }: NetworkSettings): PipelinePolicy {
  const settings: TlsSettings | undefined =
    certificateAuthorities || clientCertificate
      ? {
          // A given `ca` takes the place of Node's own list, so that list comes along.
          ca: certificateAuthorities && [...tls.rootCertificates, certificateAuthorities],
          cert: clientCertificate?.cert,
          key: clientCertificate?.key.reveal(),
          passphrase: clientCertificate?.passphrase?.reveal(),
        }
      : undefined;
  /** One for all connections of a pipeline: Node's own list of authorities takes thirty milliseconds to read. */
  let secureContext: tls.SecureContext | undefined;
  return {
    name: 'certificates',
    sendRequest(request, next) {
      if (!settings) return next(request);
      request.tlsSettings = settings;
      // The SDK gives a request that goes by a proxy an agent that knows nothing of the certificates, which it then ignores;
      // what stands among the request's own options reaches that agent's connection.
      // Source: ts-http-runtime, proxyPolicy.js and nodeHttpClient.js; https-proxy-agent, connect.
      if (request.agent) {
        secureContext ??= tls.createSecureContext(settings);
        request.requestOverrides = { secureContext, ...request.requestOverrides };
      }
      return next(request);
    },
  };
}
