import { exchange } from './exchange';
import { judge } from './answerVerdict';
import type { RequestCase } from './requestCases';
import { NoReply, type HttpRequest, type Reply, type ScoringClient } from './scoringClient';
import { toHttpRequest, type Target } from './target';
import type { TestCase } from './testCase';

/** Sends a request of the requests file and judges the answer. */
export async function testRequest(
  client: ScoringClient,
  target: Target,
  given: RequestCase,
  signal: AbortSignal,
): Promise<TestCase> {
  const request = toHttpRequest(target, given);
  const name = { kind: 'request', name: given.name } as const;
  let sent: { reply: Reply; isSecond: boolean };
  try {
    sent = await sendTwiceIfLost(client, request, signal);
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    return { ...name, outcome: 'failed', message: error.message, details: exchange(request, undefined) };
  }
  const { reply, isSecond } = sent;
  const { milliseconds } = reply;
  const { problems, warnings } = judge(given, reply);
  if (problems.length > 0)
    return { ...name, outcome: 'failed', milliseconds, message: problems.join(' '), details: exchange(request, reply) };
  const again = isSecond ? 'sent again, as the service had closed the connection' : undefined;
  const warning = warnings.length > 0 ? warnings.join(' ') : undefined;
  return { ...name, outcome: 'passed', milliseconds, message: again, warning };
}

/**
 * A server may close a connection that it keeps open just when the next request goes out on it (RFC 9112, 9.5), which is
 * not the service's fault: such a request is sent once more.
 */
async function sendTwiceIfLost(
  client: ScoringClient,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<{ reply: Reply; isSecond: boolean }> {
  try {
    return { reply: await client.send(request, signal), isSecond: false };
  } catch (error) {
    if (!(error instanceof NoReply && error.isLostConnection)) throw error;
    return { reply: await client.send(request, signal), isSecond: true };
  }
}
