import { request, type Dispatcher } from 'undici';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body as JSON; any, as each case says itself what it expects. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

export interface Sent {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
}

export async function send(dispatcher: Dispatcher, { method, url, ...rest }: Sent): Promise<Answer> {
  const { statusCode, headers, body } = await request(url, { dispatcher, method, ...rest });
  const text = await body.text();
  return { status: statusCode, headers, text, json: asJson(text) };
}

function asJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
