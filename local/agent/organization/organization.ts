import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../messageOf';
import { ApiError } from './apiError';
import { findRoute, type Route } from './route';

export interface OrganizationOptions {
  /** The job's System.AccessToken: no other is accepted. */
  token: string;
  /** Ids and names of its projects. */
  projects: readonly string[];
  routes: readonly Route[];
}

interface Answer {
  status: number;
  body?: unknown;
}

/** Azure DevOps, as far as its REST API is asked while a step runs. It listens on this machine only. */
export class Organization {
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status, body }) =>
      response
        .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
        .end(body === undefined ? '' : JSON.stringify(body)),
    );
  });

  constructor(private readonly options: OrganizationOptions) {}

  /** @returns its address */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    try {
      const body = await this.#serve(request);
      return { status: body === undefined ? 204 : 200, body };
    } catch (error) {
      return { status: error instanceof ApiError ? error.status : 500, body: { message: messageOf(error) } };
    }
  }

  /** What a success shows. */
  async #serve(request: IncomingMessage): Promise<unknown> {
    const { method = 'GET', url = '/', headers } = request;
    if (tokenOf(headers.authorization) !== this.options.token) {
      throw new ApiError(401, 'The token is not that of this job.');
    }
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    // A GET without a version is answered by the newest.
    if (method !== 'GET' && !searchParams.has('api-version') && !/;\s*api-version=/.test(headers.accept ?? '')) {
      throw new ApiError(400, `No api-version was supplied for the "${method}" request.`);
    }
    const { route, parameters } = findRoute(this.options.routes, method, pathname);
    const { project = '' } = parameters;
    if (!this.options.projects.some((each) => each.toLowerCase() === project.toLowerCase())) {
      throw new ApiError(404, `TF200016: The following project does not exist: ${project}.`);
    }
    return route.answer({ parameters, query: searchParams, body: await bodyOf(request) });
  }
}

/** As a bearer, or as the password of a user whose name does not matter. */
function tokenOf(authorization = ''): string {
  const [scheme, given = ''] = authorization.split(' ');
  return scheme === 'Basic'
    ? Buffer.from(given, 'base64')
        .toString()
        .replace(/^[^:]*:/, '')
    : given;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (chunks.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch (error) {
    throw new ApiError(400, messageOf(error));
  }
}
