import type { HttpRequest, Reply } from './scoringClient';
import { isSecretName } from '../report/hiddenSecrets';

/** So many bytes of a body are shown; more helps nobody and may hold what should not be shown. */
const longest = 1_000;

/** A request and its answer, for a failed case: bodies cut, headers and parameters masked whose names say that they are secret. */
export function exchange(request: HttpRequest, reply: Reply | undefined): string {
  const lines = [
    `${request.method} ${shownUrl(request.url)}`,
    ...headerLines(request.headers),
    '',
    beginning(request.body ?? Buffer.alloc(0)),
  ];
  if (reply) {
    lines.push(
      '',
      `→ ${reply.status} after ${reply.milliseconds.toFixed(1)} ms`,
      ...headerLines(reply.headers),
      '',
      beginning(reply.body),
    );
  }
  return lines.join('\n');
}

/** A URL as it may be shown: without the values of parameters such as ?code= and ?sig=. */
export function shownUrl(url: URL): string {
  const shown = new URL(url);
  for (const name of new Set(shown.searchParams.keys())) if (isSecretName(name)) shown.searchParams.set(name, '***');
  return shown.href;
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${isSecretName(name) ? '***' : value}`);
}

/** The beginning of a body. An ellipsis says that it was cut: Secrets looks for it. */
function beginning(body: Buffer): string {
  let text: string;
  try {
    // As a stream, so that a character that the cut went through is left out and does not make the text none.
    text = new TextDecoder('utf-8', { fatal: true }).decode(body.subarray(0, longest), { stream: true });
  } catch {
    return `(${body.length} bytes, not text)`;
  }
  return body.length > longest ? `${text}… (${body.length} bytes)` : text;
}
