import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkSettings } from '../../tasks/common/azure/http/network';
import { serverCertificate } from '../../local/azure/certificates/serverCertificate';

/** An HTTPS server whose certificate is of an authority that Node does not know. */
export async function startSecureServer(listener: RequestListener, options: ServerOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'secure-server-'));
  const { caFile, key, certificate } = await serverCertificate(directory);
  const certificateAuthorities = readFileSync(caFile, 'utf8');
  rmSync(directory, { recursive: true });
  const server = createServer({ key, cert: certificate, ...options }, listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  // The agent goes around its proxy to 127.0.0.1, but not to the second name.
  const urls = { url: `https://127.0.0.1:${port}`, urlByProxy: `https://any.azurecr.localhost:${port}` };
  const network: NetworkSettings = { certificateAuthorities };
  return { ...urls, port, certificateAuthorities, network, key, certificate, close };
}
