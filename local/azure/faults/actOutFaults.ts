import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultAction } from './faultAction';
import type { FaultPlan } from './faultPlan';
import { knownFaults } from './knownFaults';

/** An HTTP listener that acts out the planned faults before, around or instead of what it serves. */
export function actOutFaults(plan: FaultPlan, serve: RequestListener): RequestListener {
  return (request, response) => {
    const { method = '', url = '' } = request;
    if (url.startsWith('/_local/')) return serve(request, response);
    const { host = '', 'user-agent': userAgent = '' } = request.headers;
    const seen = { method, url, host, userAgent };
    response.once('finish', () => {
      if (response.statusCode < 300) plan.succeeded(seen);
    });
    const planned = plan.takeHttp(seen)?.action;
    if (planned === undefined) return serve(request, response);
    const action = typeof planned === 'string' ? knownFaults[planned] : planned;
    void actOut(action, request, response, serve).catch(() => request.socket.destroy());
  };
}

async function actOut(
  action: FaultAction,
  request: IncomingMessage,
  response: ServerResponse,
  serve: RequestListener,
): Promise<void> {
  if (action.delayMs) await sleep(action.delayMs);
  if (action.reset === 'before') return reset(request);
  if (action.stall === 'before') return void request.resume();
  const isOwn = action.status !== undefined;
  if (isOwn && action.answered !== 'after') return answerBy(action, response);
  const isUntouched = !isOwn && !action.reset && !action.stall && !action.cut && action.slowMs === undefined;
  if (isUntouched) return serve(request, response);

  const held = holdAnswer(response);
  serve(request, response);
  const answer = await held;
  if (action.reset === 'after') return reset(request);
  if (action.stall === 'after') return;
  if (isOwn) return answerBy(action, response);
  await deliver(answer, action, request, response);
}

function answerBy({ status = 200, headers, body }: FaultAction, response: ServerResponse): void {
  const isText = typeof body === 'string';
  const text = body === undefined ? '' : isText ? body : JSON.stringify(body);
  const type = isText || body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(status, { ...type, 'content-length': String(Buffer.byteLength(text)), ...headers });
  response.end(text);
}

/** RST and not FIN where there is a way: a client that only lost its server sees the same. */
function reset({ socket }: IncomingMessage): void {
  const { _parent: raw } = socket as { _parent?: typeof socket };
  (raw ?? socket).resetAndDestroy();
  socket.destroy();
}

/** What a server answers with, kept to be put back: none is called apart from its response. */
interface AnsweringMethods {
  readonly write: unknown;
  readonly end: unknown;
  readonly writeHead: unknown;
  readonly flushHeaders: unknown;
}

interface HeldAnswer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

/** Lets the server do its work, and keeps what it wants to answer. The response is as new afterwards. */
function holdAnswer(response: ServerResponse): Promise<HeldAnswer> {
  const methods: AnsweringMethods = response;
  const { write, end, writeHead, flushHeaders } = methods;
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown, encoding?: unknown): void => {
    if (typeof chunk === 'string') {
      chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'));
    } else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const called = (given: unknown[]): void => {
    const callback = given.find((each) => typeof each === 'function') as (() => void) | undefined;
    if (callback) process.nextTick(callback);
  };
  return new Promise((resolve) => {
    const end_ = (...given: unknown[]): ServerResponse => {
      keep(given[0], given[1]);
      Object.assign(response, { write, end, writeHead, flushHeaders });
      const headers = { ...response.getHeaders() };
      for (const name of Object.keys(headers)) response.removeHeader(name);
      resolve({ status: response.statusCode, headers, body: Buffer.concat(chunks) });
      called(given);
      return response;
    };
    Object.assign(response, {
      flushHeaders: () => undefined,
      writeHead: (status: number, ...given: unknown[]) => {
        response.statusCode = status;
        setHeaders(response, given.at(-1));
        return response;
      },
      write: (...given: unknown[]) => {
        keep(given[0], given[1]);
        called(given);
        return true;
      },
      end: end_,
    });
  });
}

/** Headers as `writeHead` takes them: an object, or names and values in turn. */
function setHeaders(response: ServerResponse, headers: unknown): void {
  if (Array.isArray(headers)) {
    for (let index = 0; index < headers.length; index += 2) {
      response.appendHeader(String(headers[index]), String(headers[index + 1]));
    }
  } else if (typeof headers === 'object' && headers !== null) {
    for (const [name, value] of Object.entries(headers as OutgoingHttpHeaders)) {
      if (value !== undefined) response.setHeader(name, value);
    }
  }
}

async function deliver(
  { status, headers, body }: HeldAnswer,
  action: FaultAction,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { 'transfer-encoding': _, ...known } = headers;
  const isBodiless = request.method === 'HEAD' || status === 204 || status === 304;
  response.writeHead(status, isBodiless ? known : { ...known, 'content-length': String(body.length) });
  if (isBodiless) return void response.end();
  if (action.slowMs !== undefined) {
    const size = Math.max(1, Math.ceil(body.length / 10));
    for (let start = 0; start < body.length; start += size) {
      response.write(body.subarray(start, start + size));
      await sleep(action.slowMs);
    }
    return void response.end();
  }
  response.flushHeaders();
  // What was written is on its way before the connection ends.
  await new Promise<void>((resolve) => void response.write(body.subarray(0, body.length >> 1), () => resolve()));
  await sleep(20);
  if (action.reset === 'within') reset(request);
  else if (action.cut) request.socket.end();
}
