import { JsonTooDeep } from '../../common/json/jsonScan';
import { parseExact, stringifyExact } from '../../common/json/exactJson';
import type { Reply } from './scoringClient';

/** The text of a reply as an HTTP client reads it: in the charset that it names, UTF-8 else, without a byte order mark. */
export function replyText({ headers, body }: Pick<Reply, 'headers' | 'body'>): string {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(headers['content-type'] ?? '') ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    // A charset that nobody knows.
    return new TextDecoder().decode(body);
  }
}

/** The plain JSON value of a text; undefined where it is not JSON, or is nested too deeply to be read. */
export function plainJson(text: string): unknown {
  try {
    return JSON.parse(stringifyExact(parseExact(text))) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonTooDeep) return undefined;
    throw error;
  }
}
