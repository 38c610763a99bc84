import type { IncomingMessage } from 'node:http';
import { JsonServer, type JsonAnswer } from './jsonServer';

/** The part of the REST API of a GitHub Enterprise Server that a pull request's comments and statuses take. */
export class FakeGitHub extends JsonServer {
  readonly comments: Array<{ id: number; body: string; user: { id: number } }> = [];
  /** Of whom the token is. */
  readonly user = { id: 1 };
  readonly statuses: Array<{ state: string; description: string; context: string; target_url?: string }> = [];
  /** Ways that the token may not go, such as `POST statuses`. */
  readonly forbidden: string[] = [];
  readonly token = 'a-token-of-the-stand-in';

  get url(): string {
    return this.origin;
  }

  protected answer(request: IncomingMessage, sent: unknown): JsonAnswer {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return { status: 401, body: { message: 'Bad credentials' } };
    const { pathname, searchParams } = new URL(request.url!, this.url);
    if (pathname === '/api/v3/user') return { status: 200, body: this.user };
    const [, tail = ''] = /^\/api\/v3\/repos\/contoso\/models\/(.*)$/.exec(pathname) ?? [];
    const route = `${request.method} ${tail.replace(/statuses\/[0-9a-f]{40}$/, 'statuses').replace(/comments\/\d+$/, 'comments/#')}`;
    if (this.forbidden.includes(route))
      return { status: 403, body: { message: 'Resource not accessible by personal access token' } };
    return this.carryOut(route, tail, searchParams, sent as never);
  }

  private carryOut(route: string, tail: string, query: URLSearchParams, sent: { body: string }): JsonAnswer {
    if (sent?.body?.length > 65_536)
      return { status: 422, body: { message: 'Validation Failed: body is too long (maximum is 65536 characters)' } };
    switch (route) {
      case 'GET issues/7/comments': {
        const size = Number(query.get('per_page') ?? 30);
        const start = (Number(query.get('page') ?? 1) - 1) * size;
        return { status: 200, body: this.comments.slice(start, start + size) };
      }
      case 'POST issues/7/comments':
        this.comments.push({ id: this.comments.length + 1, body: sent.body, user: this.user });
        return { status: 201, body: this.comments.at(-1) };
      case 'PATCH issues/comments/#': {
        const comment = this.comments[Number(tail.split('/').pop()) - 1];
        if (!comment) return { status: 404, body: { message: 'Not Found' } };
        comment.body = sent.body;
        return { status: 200, body: comment };
      }
      case 'POST statuses': {
        const status = sent as unknown as (typeof this.statuses)[number];
        if (status.description.length > 140)
          return {
            status: 422,
            body: { message: 'Validation Failed: description is too long (maximum is 140 characters)' },
          };
        this.statuses.push(status);
        return { status: 201, body: status };
      }
      default:
        return { status: 404, body: { message: 'Not Found' } };
    }
  }
}
