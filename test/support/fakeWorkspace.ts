import { createHttpHeaders, type PipelineRequest } from '@azure/core-rest-pipeline';
import type { AzureRequest, AzureSession } from '../../tasks/common/azure/http/session';
import { Workspace } from '../../tasks/common/azure/ml/workspace';

export interface FakeAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Answers a request whose URL is beneath the workspace, e.g. `jobs/x`, without a query. */
export type Answers = (request: AzureRequest) => Promise<FakeAnswer>;

/**
 * The workspace "w" of which each request is answered here: those of the SDK, and those that go untyped. Nothing stands in between,
 * neither a network nor the policies.
 */
export function fakeWorkspace(answers: Answers, session: Partial<AzureSession> = {}): Workspace {
  const sendRequest = async (request: PipelineRequest) => {
    const { pathname } = new URL(request.url);
    const body = request.body === undefined || request.body === null ? undefined : JSON.parse(request.body as string); // prettier-ignore
    const url = decodeURIComponent(pathname).replace(/^.*\/workspaces\/w\//, '');
    const answer = await answers({ method: request.method as AzureRequest['method'], url, body: body as unknown });
    return {
      request,
      status: answer.status ?? 200,
      headers: createHttpHeaders({ 'content-type': 'application/json', ...answer.headers }),
      bodyAsText: JSON.stringify(answer.body ?? {}),
    };
  };
  const faked = {
    connection: { subscriptionId: 's', resourceManagerUrl: 'https://arm.test' },
    credential: async () => ({ getToken: async () => ({ token: 'token', expiresOnTimestamp: Date.now() + 9e6 }) }),
    clientOptions: () => ({ endpoint: 'https://arm.test', credentialScopes: 's', httpClient: { sendRequest } }),
    ...session,
  } as unknown as AzureSession;
  const request = async (asked: AzureRequest) => ({ headers: {}, ...(await answers(asked)) });
  return Object.assign(new Workspace(faked, 'g', 'w'), { request });
}
