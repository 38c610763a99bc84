import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TaskResult } from '../taskResult';

/** What of a run the REST API shows. */
export interface BuildFacts {
  id: number;
  buildTags: readonly string[];
}

/**
 * As much of Azure DevOps' REST API as is asked while a server task runs: the events that end a task, and a build's tags. It
 * listens on this machine only.
 */
export class Organization {
  readonly #ended = new Map<string, (result: TaskResult) => void>();
  readonly #server: Server;

  constructor(
    readonly build: BuildFacts,
    /** The job's System.AccessToken: no other is accepted. */
    readonly token: string,
  ) {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(
        ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
        (error: Error) => response.writeHead(500).end(JSON.stringify({ message: error.message })),
      );
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Resolves when somebody says that the task has ended. To be called before anybody can. */
  endOf(taskInstanceId: string): Promise<TaskResult> {
    return new Promise((resolve) => this.#ended.set(taskInstanceId, resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ');
    const token = scheme === 'Basic' ? Buffer.from(given, 'base64').toString().split(':')[1] : given;
    if (token !== this.token) return { status: 401, body: '{}' };
    const { pathname } = new URL(request.url!, this.url);
    const tags = /\/_apis\/build\/builds\/(\d+)\/tags$/.exec(pathname);
    if (request.method === 'GET' && tags) return this.#tags(Number(tags[1]));
    if (request.method === 'POST' && /\/_apis\/distributedtask\/hubs\/[^/]+\/plans\/[^/]+\/events$/.test(pathname)) {
      return this.#event(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>);
    }
    return { status: 404, body: JSON.stringify({ message: `${request.method} ${pathname} is not here.` }) };
  }

  #tags(id: number): { status: number; body: string } {
    const { build } = this;
    if (id !== build.id) return { status: 404, body: JSON.stringify({ message: `The build ${id} was not found.` }) };
    return { status: 200, body: JSON.stringify({ count: build.buildTags.length, value: build.buildTags }) };
  }

  /** Source: learn.microsoft.com, azure/devops/pipelines/process/invoke-checks. */
  #event({ name, taskId = '', result }: Record<string, string>): { status: number; body: string } {
    const end = this.#ended.get(taskId);
    if (!end) return { status: 404, body: JSON.stringify({ message: `No task ${taskId} waits.` }) };
    if (name === 'TaskCompleted') end(/^succeeded$/i.test(result ?? '') ? 'succeeded' : canceledOrFailed(result));
    return { status: 204, body: '' };
  }
}

const canceledOrFailed = (result: string | undefined): TaskResult =>
  /^cancell?ed$/i.test(result ?? '') ? 'canceled' : 'failed';
