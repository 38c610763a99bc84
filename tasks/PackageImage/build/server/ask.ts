import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request as it is, to a server on this machine: no proxy, no agent that keeps connections. */
export function ask(
  url: string,
  { method, headers, body }: { method: string; headers: Readonly<Record<string, string>>; body: Buffer },
  timeoutInMilliseconds: number,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.timeout(timeoutInMilliseconds);
    const length = body.length > 0 ? { 'content-length': String(body.length) } : {};
    const sent = request(
      url,
      { method, headers: { ...length, ...headers }, agent: false, signal: AbortSignal.any([signal, limit]) },
      (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.once('error', reject);
        reply.once('end', () =>
          resolve({ status: reply.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
        );
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
