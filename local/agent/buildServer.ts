import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceEndpoint } from '../serviceEndpoint';
import { messageOf } from '../messageOf';
import { AccessDenied, tagBuild } from './buildTags';
import type { StepContext } from './stepContext';
import type { Variables } from './variables';

interface Answer {
  status: number;
  body: unknown;
}

/**
 * While a step runs: the part of Azure DevOps' REST API that a task calls by itself with the token of its job, which is the tags of
 * the build, and who approved the stage. Source: learn.microsoft.com/rest/api/azure/devops, build/tags/add-build-tag, build/timeline/get,
 * approvalsandchecks/approvals/query and release/approvals/list, version 7.1.
 */
export class BuildServer {
  readonly #server = createServer((request, response) => {
    const { status, body } = this.#tryAnswer(request);
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
  });

  /** @param connection the job's, whose token it takes */
  constructor(
    private readonly context: StepContext,
    private readonly connection: ServiceEndpoint,
  ) {}

  /** @returns its address */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#server.unref();
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #tryAnswer(request: IncomingMessage): Answer {
    try {
      return this.#answer(request);
    } catch (error) {
      return failure(error instanceof AccessDenied ? 403 : 400, messageOf(error));
    }
  }

  #answer({ method, url, headers }: IncomingMessage): Answer {
    const { AccessToken } = this.connection.auth.parameters;
    if (headers.authorization !== `Bearer ${AccessToken}`) return failure(401, 'The token is not that of this job.');
    const { pathname, searchParams } = new URL(url ?? '/', 'http://localhost');
    if (!searchParams.has('api-version')) return failure(400, 'No api-version was supplied for the request.');
    const { variables } = this.context.options;
    const [, project = '', rest = ''] = /^\/([^/]+)\/_apis\/(.+)$/.exec(pathname) ?? [];
    const projects = ['System.TeamProjectId', 'System.TeamProject'].map((name) => variables.get(name));
    if (!projects.includes(decodeURIComponent(project)))
      return failure(404, `TF200016: There is no project ${project}.`);
    if (method === 'GET') {
      const body = readOnly(rest, searchParams, variables);
      if (body !== undefined) return { status: 200, body };
    }
    const [, build, tag] = /^build\/builds\/([^/]+)\/tags\/([^/]+)$/.exec(rest) ?? [];
    if (tag === undefined) return failure(404, `The controller for path '${pathname}' was not found.`);
    if (method !== 'PUT') return failure(405, `The requested resource does not support http method '${method}'.`);
    if (build !== variables.get('Build.BuildId'))
      return failure(404, `The requested build ${build} could not be found.`);
    tagBuild(this.context, decodeURIComponent(tag));
    return { status: 200, body: this.context.buildTags };
  }
}

const failure = (status: number, message: string): Answer => ({ status, body: { message } });

/** What of a run of this machine can be read: no stage of it asks anyone for approval. */
function readOnly(path: string, query: URLSearchParams, variables: Variables): unknown {
  const value = (name: string) => variables.get(name) ?? '';
  const list = (items: unknown[]) => ({ count: items.length, value: items });
  if (path === `build/builds/${value('Build.BuildId')}/timeline`) {
    const stage = { id: value('System.PlanId'), parentId: null, type: 'Stage', identifier: value('System.StageName') };
    return { records: [{ ...stage, name: value('System.StageDisplayName') || value('System.StageName') }] };
  }
  if (path === 'pipelines/approvals') return list([]);
  if (path !== 'release/approvals') return undefined;
  const isOwn = query.get('releaseIdsFilter')?.split(',').includes(value('Release.ReleaseId'));
  // A stage that asks no one is approved by the server itself.
  const automated = {
    id: 1,
    approvalType: 'preDeploy',
    status: 'approved',
    isAutomated: true,
    attempt: Number(value('Release.AttemptNumber') || 1),
    releaseEnvironment: { id: Number(value('Release.EnvironmentId') || 1), name: value('Release.EnvironmentName') },
  };
  return list(isOwn && (query.get('statusFilter') ?? 'pending') === 'approved' ? [automated] : []);
}
