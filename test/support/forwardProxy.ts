import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

/** A proxy as companies have them: HTTP by the whole URL, HTTPS through a tunnel, and no tunnel to anything else. */
export interface ForwardProxy {
  readonly url: string;
  /** What it was asked for, each "GET http://…" or "CONNECT host:port". */
  readonly asked: string[];
  /** The Proxy-Authorization and the Host of the last request. */
  last: { authorization?: string; host?: string };
  /** Connections that clients have made. */
  connections: number;
  close(): void;
}

/** @param securePorts the only ports that it makes tunnels to */
export async function startForwardProxy(securePorts: readonly number[]): Promise<ForwardProxy> {
  const server = createServer((incoming, response) => {
    remember(incoming);
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onward = request(
      incoming.url!.replace(/\/\/[\w.]+\.localhost/, '//127.0.0.1'),
      { method: incoming.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    incoming.pipe(onward);
  });
  const proxy: ForwardProxy = {
    url: '',
    asked: [],
    last: {},
    connections: 0,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const remember = ({ method, url, headers }: { method?: string; url?: string; headers: NodeJS.Dict<unknown> }) => {
    proxy.asked.push(`${method} ${url}`);
    proxy.last = { authorization: headers['proxy-authorization'] as string, host: headers.host as string };
  };
  server.on('connection', () => proxy.connections++);
  server.on('connect', (incoming, socket, head) => {
    remember(incoming);
    const { hostname, port } = new URL(`http://${incoming.url}`);
    if (!securePorts.includes(Number(port))) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    // Names of this machine that a resolver need not know; `localhost` itself is never asked of a proxy.
    const through = connect(Number(port), /\.localhost$/.test(hostname) ? '127.0.0.1' : hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.write(head);
      through.pipe(socket).pipe(through);
    });
    for (const each of [socket, through]) each.on('error', () => each.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(proxy, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
