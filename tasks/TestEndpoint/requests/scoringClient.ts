import * as dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import * as tls from 'node:tls';
import type { Dispatcher } from 'undici';
import type * as Undici from '../load/undici';
import { proxyFor, type NetworkSettings } from '../../common/azure/http/network';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** From sending to the last byte. */
  readonly milliseconds: number;
}

/** The service could not be reached, or broke off or did not end its answer in time. */
export class NoReply extends Error {
  constructor(
    message: string,
    /** Node's or undici's code, e.g. ECONNREFUSED or UND_ERR_HEADERS_TIMEOUT. */
    readonly code: string,
    /** Whether the connection ended, by a reset for one, before any answer, at a service that had answered before. */
    readonly isLostConnection = false,
  ) {
    super(message);
  }
}

/** What Node and undici say of a connection that the other side ended. */
const endedConnection = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

export function isEndedConnection({ code }: Pick<NoReply, 'code'>): boolean {
  return endedConnection.includes(code);
}

/** HTTP as a port. */
export interface ScoringClient {
  /**
   * @param timeout milliseconds that the whole answer may take, where that is less than the client's own limit
   * @throws NoReply
   */
  send(request: HttpRequest, signal: AbortSignal, timeout?: number): Promise<Reply>;
  /** One connection of its own, for the load test, under the same network settings. */
  connection(origin: string): Promise<Dispatcher>;
  close(): Promise<void>;
}

/**
 * A client on undici, which is loaded when it is first needed.
 * @param longest milliseconds that a whole answer may take
 * @param isForbidden addresses to which no name may lead
 */
export function createScoringClient(
  network: NetworkSettings,
  longest: number,
  isForbidden?: (address: string) => boolean,
): ScoringClient {
  const open: Dispatcher[] = [];
  const connect = connectOptions(network, isForbidden);
  const dispatcher = async (origin: string, kind: 'Client' | 'Pool'): Promise<Dispatcher> => {
    const limits = { headersTimeout: longest, bodyTimeout: longest };
    const created = openDispatcher(await import('../load/undici'), proxyFor(network, origin), origin, kind, limits, connect); // prettier-ignore
    open.push(created);
    return created;
  };
  const shared = new Map<string, Promise<Dispatcher>>();
  const answered = new Set<string>();
  return {
    connection: (origin) => dispatcher(origin, 'Client'),
    async send({ url, method, headers, body }, signal, limit = longest) {
      const { request } = await import('../load/undici');
      const timeout = Math.ceil(Math.min(limit, longest));
      if (!shared.has(url.origin)) shared.set(url.origin, dispatcher(url.origin, 'Pool'));
      const started = performance.now();
      let hasBegun = false;
      try {
        const answer = await request.call(await shared.get(url.origin)!, {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: method,
          headers,
          body,
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
        });
        hasBegun = true;
        answered.add(url.origin);
        const received = await readWhole(answer.body, url);
        return {
          status: answer.statusCode,
          headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
          body: received,
          milliseconds: performance.now() - started,
        };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw noReply(error as Error & { code?: string }, url, timeout, !hasBegun && answered.has(url.origin));
      }
    },
    close: async () => {
      await Promise.all(open.map((each) => each.destroy()));
    },
  };
}

/** The way to an origin: straight, through a proxy, or through a tunnel of it. */
function openDispatcher(
  { ProxyAgent, ...direct }: typeof Undici,
  proxy: ReturnType<typeof proxyFor>,
  origin: string,
  kind: 'Client' | 'Pool',
  limits: { readonly headersTimeout: number; readonly bodyTimeout: number },
  connect: ReturnType<typeof connectOptions>,
): Dispatcher {
  if (!proxy) return new direct[kind](origin, { ...limits, connect });
  const uri = `${proxy.host}:${proxy.port}`;
  const token = basicToken(proxy);
  if (origin.startsWith('http:')) return withoutTunnel(new direct[kind](uri, { ...limits, connect }), token);
  // Left to itself it opens another one whenever a request follows an answer at once.
  const connections = kind === 'Client' ? 1 : null;
  return new ProxyAgent({ ...limits, connections, uri, token, requestTls: connect });
}

/** Trusts whom the agent trusts, and shows its certificate. */
function connectOptions(
  { certificateAuthorities, clientCertificate }: NetworkSettings,
  isForbidden: ((address: string) => boolean) | undefined,
) {
  return {
    ...(certificateAuthorities && { ca: [...tls.rootCertificates, certificateAuthorities] }),
    ...(clientCertificate && {
      cert: clientCertificate.cert,
      key: clientCertificate.key.reveal(),
      passphrase: clientCertificate.passphrase?.reveal(),
    }),
    ...(isForbidden && { lookup: lookupWithout(isForbidden) }),
  };
}

/**
 * Has a proxy's client send requests for any HTTP origin, as HTTP/1.1 has it (RFC 9112, 3.2.2): many a proxy makes tunnels to
 * the ports of HTTPS only. Not ProxyAgent's own `proxyTunnel: false`, which takes another connection whenever one is busy,
 * and wraps a handler that is used again once more with each request.
 */
function withoutTunnel<D extends Dispatcher>(proxy: D, token: string | undefined): D {
  const dispatch = proxy.dispatch.bind(proxy);
  proxy.dispatch = (request, handler) => {
    const origin = String(request.origin);
    const given = Array.isArray(request.headers)
      ? request.headers
      : Object.entries(request.headers as Record<string, string>).flat();
    const hasHost = given.some((each, index) => index % 2 === 0 && each.toLowerCase() === 'host');
    const headers = [
      ...given,
      ...(hasHost ? [] : ['host', new URL(origin).host]),
      ...(token ? ['proxy-authorization', token] : []),
    ];
    return dispatch({ ...request, path: origin + request.path, headers }, handler);
  };
  return proxy;
}

/** Resolves names as Node does, and refuses those that lead where nothing may be sent. */
function lookupWithout(isForbidden: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.some(({ address }) => isForbidden(address))) {
        const refused = Object.assign(new Error(`${hostname} leads to an address to which nothing is sent`), {
          code: 'EADDRFORBIDDEN',
        });
        return callback(refused, []);
      }
      if (options.all) return callback(null, addresses);
      const [{ address, family } = { address: '', family: 4 }] = addresses;
      callback(null, address, family);
    });
  };
}

/** No scoring reply is larger (bytes); an endpoint must not be able to fill the agent's memory. */
const largestReply = 64 * 1024 * 1024;

async function readWhole(body: AsyncIterable<Buffer>, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largestReply)
      throw new NoReply(`${url.origin} answered with more than ${largestReply / 1024 / 1024} MB.`, 'EMSGSIZE');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function noReply(error: Error & { code?: unknown }, url: URL, timeout: number, mayBeReused: boolean): NoReply {
  if (error instanceof NoReply) return error;
  const cause = error.cause as { code?: unknown } | undefined;
  // The code of a DOMException is a number that says nothing to anybody.
  const code = [error.code, cause?.code].find((each) => typeof each === 'string') ?? error.name;
  if (error.name === 'TimeoutError' || /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code))
    return new NoReply(`${url.origin} gave no whole answer within ${timeout / 1000} s.`, 'ETIMEDOUT');
  const isLost = mayBeReused && isEndedConnection({ code });
  return new NoReply(`${url.origin} could not be reached: ${error.message} (${code}).`, code, isLost);
}

function basicToken({ username, password }: { username?: string; password?: string }): string | undefined {
  return username ? `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` : undefined;
}
