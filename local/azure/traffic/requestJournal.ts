import type { RequestListener } from 'node:http';

export interface JournalEntry {
  /** ISO 8601, when the request came in. */
  time: string;
  method: string;
  /** Path and query. */
  url: string;
  host: string;
  userAgent: string;
  /** 0 where the client heard no whole answer. */
  status: number;
  durationMs: number;
}

const kept = 20_000;

/** The last requests to local Azure, whether it answered, a planned fault did or nobody, in the order of their ends. */
export class RequestJournal {
  private kept: JournalEntry[] = [];

  entries(): JournalEntry[] {
    return this.kept;
  }

  clear(): void {
    this.kept = [];
  }

  /** A listener that notes what the other one answers. */
  keep(serve: RequestListener): RequestListener {
    return (request, response) => {
      const { method = '', url = '' } = request;
      const { host = '', 'user-agent': userAgent = '' } = request.headers;
      const began = Date.now();
      if (!url.startsWith('/_local/')) {
        response.once('close', () => {
          const durationMs = Date.now() - began;
          this.kept.push({
            time: new Date(began).toISOString(),
            method,
            url,
            host,
            userAgent,
            status: response.writableFinished ? response.statusCode : 0,
            durationMs,
          });
          if (this.kept.length > kept) this.kept = this.kept.slice(-kept / 2);
        });
      }
      serve(request, response);
    };
  }
}
