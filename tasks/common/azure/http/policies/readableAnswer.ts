import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import { traitsOf } from '../requestTraits';
import { shapeProblem, type Shape } from '../shape';

/** An answer that says that all is well and yet cannot be what the service has sent. Its text is not quoted: it may hold a key. */
export class UnreadableAnswer extends Error {
  readonly code = 'UNREADABLE_ANSWER';

  constructor(
    /** What came, e.g. "JSON that breaks off or is not well-formed (11 characters)". */
    readonly whatCame: string,
  ) {
    super(`the answer was ${whatCame}`);
    this.name = 'UnreadableAnswer';
  }
}

/**
 * Refuses answers that were cut, that a proxy or a sign-in page has given in the service's place, or that lack what we need. Whoever
 * answers 203 says itself that it is another.
 * @param shape of the answers to requests that have none of their own
 */
export const readableAnswer = (shape?: Shape): PipelinePolicy => ({
  name: 'readableAnswer',
  async sendRequest(request, next) {
    const response = await next(request);
    const isWanted =
      response.status >= 200 && response.status <= 299 && response.status !== 203 && request.method !== 'HEAD';
    if (!isWanted || response.readableStreamBody) return response;
    const problem = problemOf(response, traitsOf(request).shape ?? shape);
    if (problem) throw new UnreadableAnswer(problem);
    return response;
  },
});

function problemOf({ headers, bodyAsText, request }: PipelineResponse, shape: Shape | undefined): string | undefined {
  const text = bodyAsText ?? '';
  const type = headers.get('content-type') ?? '';
  const size = `${text.length} characters`;
  const wantsJson = shape !== undefined || /\bjson\b/i.test(request.headers.get('accept') ?? '');
  if (text.trim() === '') return shape === undefined ? undefined : 'empty, where JSON should be';
  if (wantsJson && /^text\/html\b/i.test(type)) return `${page(text)} (${size}), where JSON should be`;
  if (!isJson(type)) return shape === undefined ? undefined : `of the type "${type}" (${size}), where JSON should be`;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return `JSON that breaks off or is not well-formed (${size})`;
  }
  const problem = shape === undefined ? undefined : shapeProblem(body, shape);
  return problem && `JSON of another kind than expected: ${problem}`;
}

function page(html: string): string {
  const title = /<title>\s*([^<]{1,80}?)\s*<\/title>/i.exec(html)?.[1];
  return `a page of HTML${title ? ` with the title "${title}"` : ''}`;
}

export function isJson(contentType: string | undefined): boolean {
  return /\bjson\b/i.test(contentType ?? '');
}
