import type { IncomingMessage } from 'node:http';
import { JsonServer, type JsonAnswer } from './jsonServer';

interface Sent {
  comments: Array<{ content: string }>;
  content: string;
  state: string;
  status: string;
}

/** The part of Azure DevOps' REST API that a pull request's comments and statuses take, and the tags of a build. */
export class FakeDevOps extends JsonServer {
  readonly threads: Array<{ id: number; status: string; comments: Array<{ id: number; content: string }> }> = [];
  readonly statuses: Array<{ state: string }> = [];
  readonly authorizations: string[] = [];
  forbidden = false;

  get url(): string {
    return `${this.origin}/quickstarts/`;
  }

  protected answer(request: IncomingMessage, body: unknown): JsonAnswer {
    this.authorizations.push(request.headers.authorization ?? '');
    if (this.forbidden) return { status: 403, body: { message: 'TF401027: You need the Git permission.' } };
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const [, tag] = /\/_apis\/build\/builds\/\d+\/tags\/(.*)$/.exec(pathname) ?? [];
    if (tag) return { status: 200, body: [tag] };
    const [, tail] = /\/_apis\/git\/repositories\/[^/]+\/pullRequests\/12\/(.*)$/.exec(pathname) ?? [];
    if (tail === undefined || searchParams.get('api-version') !== '7.1')
      return { status: 400, body: { message: pathname } };
    const route = `${request.method} ${tail.replace(/\d+/g, '#')}`;
    const sent = body as Sent;
    const thread = this.threads[Number(/threads\/(\d+)/.exec(tail)?.[1]) - 1];
    if (route === 'GET threads') return { status: 200, body: { value: this.threads, count: this.threads.length } };
    if (route === 'POST threads') {
      const comments = sent.comments.map((each, index) => ({ id: index + 1, ...each }));
      this.threads.push({ id: this.threads.length + 1, status: sent.status, comments });
      return { status: 200, body: this.threads.at(-1) };
    }
    if (route === 'PATCH threads/#/comments/#') thread!.comments[0]!.content = sent.content;
    else if (route === 'PATCH threads/#') thread!.status = sent.status;
    else if (route === 'POST statuses') this.statuses.push(sent);
    else return { status: 404, body: { message: route } };
    return { status: 200, body: {} };
  }
}
