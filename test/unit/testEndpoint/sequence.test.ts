import assert from 'node:assert/strict';
import { Secrets } from '../../../tasks/common/secrets';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import type { Inputs } from '../../../tasks/TestEndpoint/inputs';
import { parseThresholds } from '../../../tasks/TestEndpoint/load/thresholds';
import { CaseLedger } from '../../../tasks/TestEndpoint/report/caseLedger';
import type { RequestCase } from '../../../tasks/TestEndpoint/requests/requestCases';
import type { HttpRequest, Reply } from '../../../tasks/TestEndpoint/requests/scoringClient';
import { NoReply } from '../../../tasks/TestEndpoint/requests/scoringClient';
import type { Target } from '../../../tasks/TestEndpoint/requests/target';
import { runTests } from '../../../tasks/TestEndpoint/sequence';
import { taskContext } from '../../support/taskContext';

const requestCase = (changes: Partial<RequestCase> = {}): RequestCase => ({
  name: 'one',
  method: 'POST',
  headers: {},
  body: Buffer.from('{}'),
  expectStatus: '2xx',
  expectedPaths: [],
  assertions: [],
  ...changes,
});

const reply = (status: number): Reply => ({ status, headers: {}, body: Buffer.from('[1]'), milliseconds: 5 });
const refused = new NoReply('Nobody listens.', 'ECONNREFUSED');

describe('Test-Endpoint: the tests in their order', () => {
  /** Tests a service that answers so, by the number of the request. */
  async function test(
    answer: (request: HttpRequest, index: number) => Reply | Error,
    inputs: Partial<Inputs> = {},
    { requests = [requestCase()], target = {}, signal }: { requests?: RequestCase[]; target?: Partial<Target>; signal?: AbortSignal } = {}, // prettier-ignore
  ) {
    const sent: HttpRequest[] = [];
    const client = {
      send: async (request: HttpRequest) => {
        const found = answer(request, sent.push(request) - 1);
        if (found instanceof Error) throw found;
        return found;
      },
      connection: () => assert.fail('no load is wanted'),
      close: () => Promise.resolve(),
    };
    let now = 0;
    const clock = { now: () => now, sleep: async (milliseconds: number) => void (now += milliseconds) };
    const { context, traces } = taskContext('.', { clock, ...(signal && { signal }) });
    const secrets = new Secrets([]);
    const ledger = new CaseLedger(context.log, secrets);
    const findings = await runTests({
      inputs: {
        thresholds: [],
        loadDurationMs: 0,
        robustness: 'off',
        negativeTests: [],
        startupTimeoutMs: 10_000,
        requestTimeoutMs: 1000,
        ...inputs,
      } as unknown as Inputs,
      subject: { target: { scoringUri: new URL('http://x/score'), ...target }, requests, secrets },
      azure: undefined,
      client,
      ledger,
      context,
    });
    const cases = findings.cases.map(({ kind, name, outcome }) => `${kind} ${name}: ${outcome}`);
    return { findings, cases, sent, lines: traces.lines };
  }

  it('fail where the service never comes up, which says something against the deployment', async () => {
    const { findings, cases } = await test(() => refused, {
      thresholds: parseThresholds([{ line: 1, text: 'p95 < 1s' }], assert.fail),
    });
    assert.deepEqual(cases, ['request ready: failed']);
    assert.match(findings.cases[0]!.message!, /was not ready within 10 s/);
    assert.ok(!findings.cases[0]!.isInconclusive);
    assert.equal(findings.startup, undefined);
  });

  it('ask the health route until it is ready, where one is known, and then send each request', async () => {
    const key = { authorization: 'Bearer k' };
    const { sent, cases, findings } = await test(
      (_request, index) => reply(index < 2 ? 503 : 200),
      {},
      { target: { readinessPath: '/health' }, requests: [requestCase({ headers: key })] },
    );
    assert.deepEqual(
      sent.map(({ method, url, body, headers }) => [method, url.href, body?.toString(), headers.authorization]),
      [
        ['GET', 'http://x/health', undefined, 'Bearer k'],
        ['GET', 'http://x/health', undefined, 'Bearer k'],
        ['GET', 'http://x/health', undefined, 'Bearer k'],
        ['POST', 'http://x/score', '{}', 'Bearer k'],
      ],
    );
    assert.deepEqual(findings.startup!.retries, { 503: 2 });
    assert.deepEqual(cases, ['request one: passed']);
    assert.equal((await test(() => reply(200))).sent[0]!.method, 'POST', 'else the first request asks');
  });

  it('that are broken off are a failed one; a bug says something against nobody but us, what Azure refuses nothing', async () => {
    for (const [error, isInconclusive, message] of [
      [new TaskFailure('Azure refused.'), true, /^Azure refused\.$/],
      [new RangeError('too deep'), undefined, /failed unexpectedly: too deep Please report this bug/],
    ] as const) {
      const { findings, cases, lines } = await test((_request, index) => (index === 0 ? reply(200) : error));
      assert.deepEqual(cases, ['request the tests came to their end: failed']);
      assert.equal(findings.cases[0]!.isInconclusive, isInconclusive);
      assert.match(findings.cases[0]!.message!, message);
      assert.equal(
        lines.some((line) => line.includes('RangeError: too deep\n')),
        !isInconclusive,
      );
    }
  });

  it('begin with the evidence where it is asked for, and fail with it', async () => {
    const { cases, sent } = await test(() => reply(200), { trustedKeys: [] });
    assert.deepEqual(cases, ['model signed evidence: failed', 'request one: passed']);
    assert.ok(sent.length > 0, 'the requests are sent all the same');
  });

  it('end with the step that was cancelled, without a verdict', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(
      test(() => new Error('cancelled'), {}, { signal }),
      /cancelled/,
    );
  });

  it('fail every threshold, and skip bad requests that were to decide, where no request was answered well', async () => {
    const thresholds = parseThresholds(
      ['p95 < 1s', 'errors < 1%'].map((text, index) => ({ line: index + 1, text })),
      assert.fail,
    );
    const wanted = { thresholds, loadDurationMs: 1000, negativeTests: ['emptyBody'] } as const;
    const failed = ['request one: failed', 'threshold p95 < 1s: failed', 'threshold errors < 1%: failed'];
    const { cases, findings } = await test(() => reply(500), { ...wanted, robustness: 'fail' });
    assert.deepEqual(cases, [...failed, 'negative emptyBody: skipped']);
    assert.equal(findings.load, undefined);
    assert.deepEqual((await test(() => reply(500), { ...wanted, robustness: 'report' })).cases, failed);
    // A refusal that is expected is right, and no answer to measure either.
    const refusal = { requests: [requestCase({ expectStatus: 400 })] };
    const { cases: expected } = await test(() => reply(400), { ...wanted, robustness: 'report' }, refusal);
    assert.deepEqual(expected, ['request one: passed', ...failed.slice(1)]);
  });

  it('try bad requests with one that was answered well', async () => {
    const requests = [requestCase({ name: 'wrong', expectStatus: 404 }), requestCase({ name: 'right' })];
    const inputs = { robustness: 'report', negativeTests: ['emptyBody'] } as const;
    const { cases, sent } = await test(({ body }) => reply(body?.length ? 200 : 400), inputs, { requests });
    assert.deepEqual(cases, [
      'request wrong: failed',
      'request right: passed',
      'request right, again after the bad requests: passed',
    ]);
    assert.ok(sent.some(({ body }) => body?.length === 0));
  });
});
