import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface JsonAnswer {
  status: number;
  body: unknown;
}

/** A service that takes JSON and answers by JSON, on a free port of this machine. */
export abstract class JsonServer {
  private server?: Server;

  /** Without a slash at the end. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server!.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      void this.read(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  /** @param sent undefined where the request has no body */
  protected abstract answer(request: IncomingMessage, sent: unknown): JsonAnswer;

  private async read(request: IncomingMessage): Promise<JsonAnswer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return this.answer(request, chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined);
  }
}
