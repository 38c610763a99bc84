import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { NoReply, type ScoringClient } from '../../../tasks/TestEndpoint/requests/scoringClient';
import { startupSentence, waitUntilReady } from '../../../tasks/TestEndpoint/startup';
import { taskContext } from '../../support/taskContext';

const request = { url: new URL('http://service/score?code=hidden-1'), method: 'POST', headers: {} };

/** Waits for a service that gives these answers in turn, the last one for ever; each takes a second. */
function wait(limit: number, ...answers: Array<number | string>) {
  let now = 0;
  const said: string[] = [];
  const limits: Array<number | undefined> = [];
  const client: Pick<ScoringClient, 'send'> = {
    send: async (_request, _signal, timeout) => {
      limits.push(timeout);
      now += 1000;
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (typeof answer === 'string') throw new NoReply(`no reply: ${answer}`, answer);
      return { status: answer, headers: {}, body: Buffer.alloc(0), milliseconds: 1 };
    },
  };
  const clock = { now: () => now, sleep: async (pause: number) => void (now += pause) };
  const log = { info: (line: string) => void said.push(line) } as never;
  const result = waitUntilReady(client as ScoringClient, request, limit, {
    clock,
    log,
    signal: new AbortController().signal,
  });
  return { result, said, limits };
}

describe('the start of the service', () => {
  it('is at once where the first answer is one, whatever it says', async () => {
    for (const status of [200, 400, 401, 404, 500]) {
      const startup = await wait(5_000, status).result;
      assert.deepEqual(startup, { seconds: 1, retries: {} });
    }
    assert.equal(startupSentence({ seconds: 1, retries: {} }), 'The service was ready at the first request.');
  });

  it('counts every refused connection, 502, 503 and 504 until the first answer, and says them', async () => {
    const { result, said } = wait(60_000, 'ECONNREFUSED', 'ECONNREFUSED', 503, 502, 504, 503, 200);
    const startup = await result;
    assert.deepEqual(startup.retries, { ECONNREFUSED: 2, 503: 2, 502: 1, 504: 1 });
    assert.ok(startup.seconds > 7, 'seven answers and the pauses between them');
    assert.match(
      startupSentence(startup),
      /ready after \d+\.\d s; before that: (?=.*2 × ECONNREFUSED)(?=.*2 × 503)(?=.*1 × 504)/,
    );
    assert.deepEqual(said.length, 4, 'each kind is said once when it is first met');
  });

  it('is not awaited longer than it may take, not even within one request', async () => {
    const { result, limits } = wait(10_000, 503);
    await assert.rejects(
      result,
      /service\/score\?code=\*\*\* was not ready within 10 s \(\d+ × 503\): it answered 503/,
    );
    assert.equal(limits[0], 10_000);
    assert.ok(limits.every((each, index) => index === 0 || each! < limits[index - 1]!));
    await assert.rejects(wait(0, 'ECONNREFUSED').result, /within 0 s \(1 × ECONNREFUSED\)/);
  });

  it('ends the task where something else goes wrong', async () => {
    const broken = new TypeError('broken');
    const client = { send: () => Promise.reject(broken) } as unknown as ScoringClient;
    const clock = { now: () => 0, sleep: () => Promise.resolve() };
    const waiting = waitUntilReady(client, request, 1, taskContext(tmpdir(), { clock }).context);
    await assert.rejects(waiting, broken);
  });
});
