import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { breakableConnections } from '../breakableConnections';
import type { ServerCertificate } from '../certificates/serverCertificate';

export interface BlobEndpoint {
  port: number;
  stop(): Promise<void>;
}

/** Sees a request before Azurite does. Answers true when it has dealt with it itself; else the request goes on. */
export type BlobInterceptor = (request: IncomingMessage, response: ServerResponse) => Promise<boolean> | boolean;

export interface BlobEndpointOptions {
  certificate: ServerCertificate;
  /** 0 = any free port. */
  port: number;
  azuritePort: number;
  /** Asked in this order. */
  interceptors?: BlobInterceptor[];
  /** What stands before and behind all of it. */
  around?: (serve: RequestListener) => RequestListener;
}

const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'expect']);

/**
 * The blob endpoint of the local cloud: HTTPS, as Azure's is and as its Python SDK demands, in front of Azurite. Requests
 * go on byte for byte with the host that they named, since signatures are over them.
 */
export async function startBlobEndpoint(options: BlobEndpointOptions): Promise<BlobEndpoint> {
  const agent = new Agent({ keepAlive: true });
  const { key, certificate } = options.certificate;
  const { interceptors = [], azuritePort, around = (serve: RequestListener) => serve } = options;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const intercept of interceptors) {
      if (await intercept(request, response)) return;
    }
    forward(request, response, agent, azuritePort);
  }
  const serve = around((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  const server = breakableConnections(createServer({ key, cert: certificate, keepAliveTimeout: 30_000 }, serve));

  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          agent.destroy();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function forward(request: IncomingMessage, response: ServerResponse, agent: Agent, port: number): void {
  const upstream = httpRequest({
    agent,
    host: '127.0.0.1',
    port,
    method: request.method,
    path: request.url,
    headers: Object.fromEntries(
      Object.entries(request.headersDistinct)
        .filter(([name]) => !hopByHop.has(name))
        .map(([name, values]) => [name, values?.length === 1 ? values[0] : values]),
    ),
    setHost: false,
  });
  upstream.on('response', (reply) => {
    const headers = reply.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 && !hopByHop.has(name.toLowerCase()) ? [name, all[index + 1] ?? ''] : [],
    );
    response.writeHead(reply.statusCode ?? 502, headers);
    reply.pipe(response);
    reply.once('error', () => response.destroy());
  });
  upstream.once('error', () => response.destroy());
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  request.pipe(upstream);
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} for the blobs of local Azure is in use. Choose another one.`);
  }
}
