import { ApiError } from '../../local/agent/organization/apiError';
import type { ApiRequest, Route } from '../../local/agent/organization/route';

interface Comment {
  id: number;
  content: string;
}

/** A pull request of Azure Repos, as far as its comments and statuses are read and written. */
export class PullRequest {
  readonly threads: Array<{ id: number; status: string; comments: Comment[] }> = [];
  readonly statuses: Array<{ state: string }> = [];
  /** Whether the identity of the job lacks "Contribute to pull requests". */
  forbidden = false;

  constructor(private readonly id: number) {}

  get routes(): Route[] {
    const path = 'git/repositories/{repositoryId}/pullRequests/{pullRequestId}';
    const routes: Route[] = [
      {
        method: 'GET',
        path: `${path}/threads`,
        answer: () => ({ value: this.threads, count: this.threads.length }),
      },
      { method: 'POST', path: `${path}/threads`, answer: ({ body }) => this.add(body as Thread) },
      {
        method: 'PATCH',
        path: `${path}/threads/{threadId}`,
        answer: ({ parameters, body }) => Object.assign(this.thread(parameters), body),
      },
      {
        method: 'PATCH',
        path: `${path}/threads/{threadId}/comments/{commentId}`,
        answer: ({ parameters, body }) =>
          Object.assign(this.thread(parameters).comments[Number(parameters.commentId) - 1]!, body),
      },
      {
        method: 'POST',
        path: `${path}/statuses`,
        answer: ({ body }) => {
          this.statuses.push(body as { state: string });
          return body;
        },
      },
    ];
    return routes.map((route) => ({ ...route, answer: (request) => this.answer(route, request) }));
  }

  private answer(route: Route, request: ApiRequest): unknown {
    if (this.forbidden) throw new ApiError(403, 'TF401027: You need the Git permission.');
    if (request.parameters.pullRequestId !== String(this.id)) throw new ApiError(404, 'TF401180: not found.');
    return route.answer(request);
  }

  private add({ status, comments }: Thread): object {
    const thread = {
      id: this.threads.length + 1,
      status,
      comments: comments.map((each, index) => ({ id: index + 1, ...each })),
    };
    this.threads.push(thread);
    return thread;
  }

  private thread({ threadId }: Readonly<Record<string, string>>) {
    const found = this.threads.find(({ id }) => String(id) === threadId);
    if (!found) throw new ApiError(404, `There is no thread ${threadId}.`);
    return found;
  }
}

interface Thread {
  status: string;
  comments: Array<{ content: string }>;
}
