import { exchange } from './exchange';
import { judge } from './answerVerdict';
import type { RequestCase } from './requestCases';
import { NoReply, type HttpRequest, type Reply, type ScoringClient } from './scoringClient';
import { toHttpRequest, type Target } from './target';
import type { TestCase } from './testCase';

/** Sends a request of the requests file and judges the answer. */
export function testRequest(
  client: ScoringClient,
  target: Target,
  request: RequestCase,
  signal: AbortSignal,
): Promise<TestCase> {
  return test(client, { kind: 'request', name: request.name }, toHttpRequest(target, request), signal, (reply) => ({
    problems: judge(request, reply),
  }));
}

/** What a status alone must be. */
export interface StatusWanted {
  /** Classes of status: [4] is 400 to 499. */
  readonly classes: readonly number[];
  /** A service may close the connection instead of reading all of a body that is too large. */
  readonly mayClose?: boolean;
}

/** Sends a request whose answer is judged by its status alone. */
export async function testStatus(
  client: ScoringClient,
  name: Pick<TestCase, 'kind' | 'name'>,
  request: HttpRequest,
  { classes, mayClose = false }: StatusWanted,
  signal: AbortSignal,
): Promise<TestCase> {
  const wanted = classes.map((each) => `${each}xx`).join(' or ');
  return test(
    client,
    name,
    request,
    signal,
    ({ status }) =>
      classes.includes(Math.floor(status / 100))
        ? { problems: [], message: `answered ${status}` }
        : { problems: [`The status is ${status}, expected ${wanted}.`] },
    ({ code }) =>
      mayClose && /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)
        ? 'the connection was closed before all was read'
        : undefined,
  );
}

async function test(
  client: ScoringClient,
  name: Pick<TestCase, 'kind' | 'name'>,
  request: HttpRequest,
  signal: AbortSignal,
  judgeReply: (reply: Reply) => { problems: readonly string[]; message?: string },
  excuse: (error: NoReply) => string | undefined = () => undefined,
): Promise<TestCase> {
  let reply: Reply;
  try {
    reply = await client.send(request, signal);
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    const excused = excuse(error);
    if (excused !== undefined) return { ...name, outcome: 'passed', message: excused };
    return { ...name, outcome: 'failed', message: error.message, details: exchange(request, undefined) };
  }
  const { milliseconds } = reply;
  const { problems, message } = judgeReply(reply);
  if (problems.length === 0) return { ...name, outcome: 'passed', milliseconds, message };
  return { ...name, outcome: 'failed', milliseconds, message: problems.join(' '), details: exchange(request, reply) };
}
