import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';

export interface SentRequest {
  url: string;
  method: string;
  headers?: Record<string, string>;
  body?: string;
  /** Of the authorities to trust besides the usual ones, PEM. */
  caFile?: string;
  signal?: AbortSignal;
}

/** A synchronous request of the server must be answered in this time, in milliseconds (servertaskauthoring.md). */
const patience = 20_000;

/** Sends one request, as the server would: no retries, no redirects. */
export function send({
  url,
  method,
  headers,
  body,
  caFile,
  signal,
}: SentRequest): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const isPlain = url.startsWith('http:');
    const options = {
      method,
      headers,
      agent: false as const,
      signal: AbortSignal.any([AbortSignal.timeout(patience), ...(signal ? [signal] : [])]),
      ...(!isPlain && caFile && { ca: readFileSync(caFile) }),
    };
    const call = (isPlain ? plainRequest : request)(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }));
    });
    call.on('error', reject);
    call.end(body);
  });
}
