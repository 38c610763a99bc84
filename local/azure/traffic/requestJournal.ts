import type { FastifyInstance } from 'fastify';

export interface JournalEntry {
  /** ISO 8601, when the request came in. */
  time: string;
  method: string;
  /** Path and query. */
  url: string;
  host: string;
  status: number;
  durationMs: number;
}

const kept = 20_000;

/** The last requests that local Azure answered, oldest first, for tests that count them. */
export function keepRequestJournal(app: FastifyInstance): { entries(): JournalEntry[]; clear(): void } {
  let entries: JournalEntry[] = [];
  app.addHook('onResponse', async (request, reply) => {
    if (request.url.startsWith('/_local/')) return;
    entries.push({
      time: new Date(Date.now() - reply.elapsedTime).toISOString(),
      method: request.method,
      url: request.url,
      host: request.host,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    });
    if (entries.length > kept) entries = entries.slice(-kept / 2);
  });
  return { entries: () => entries, clear: () => (entries = []) };
}
