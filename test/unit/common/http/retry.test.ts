import assert from 'node:assert/strict';
import { retry, type RetryOptions } from '../../../../tasks/common/azure/http/policies/retry';
import { setTraits } from '../../../../tasks/common/azure/http/requestTraits';
import { tryPolicy, type Step } from './policy';

describe('sending again', () => {
  let waits: number[];
  beforeEach(() => (waits = []));
  const clock = {
    now: () => 0,
    sleep: (milliseconds: number) => Promise.resolve(void waits.push(milliseconds)),
  };
  const send = (method: string, steps: Step[], options: RetryOptions = {}, repeatable?: boolean) =>
    tryPolicy(retry({ clock, random: () => 0.5, ...options }), steps, { method: method as 'GET' }, (request) =>
      setTraits(request, { repeatable }),
    );
  const busy = (status: number, headers: Record<string, string>) => ({ status, headers });
  const other = { status: 409, body: '{"error":{"code":"Conflict","message":"another operation is in progress"}}' };

  // Nothing was sent, or the service says that it has done nothing.
  for (const step of ['EAI_AGAIN', 'ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 408, 429, 503, other]) {
    const name = typeof step === 'object' ? '409, another operation' : String(step);
    for (const method of ['GET', 'PUT', 'DELETE', 'POST', 'PATCH']) {
      it(`repeats ${method} after ${name}`, async () => {
        const { answer, sent } = await send(method, [step, step, 200]);
        assert.deepEqual([answer?.status, sent.length], [200, 3]);
      });
    }
  }
  // It may have been carried out.
  for (const step of ['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'UNREADABLE_ANSWER', 500, 502, 504]) {
    for (const [method, repeats] of [
      ['GET', true],
      ['HEAD', true],
      ['PUT', true],
      ['DELETE', true],
      ['POST', false],
      ['PATCH', false],
    ] as const) {
      // prettier-ignore
      it(`${repeats ? 'repeats' : 'never repeats'} ${method} after ${step}`, async () => {
        const { answer, sent } = await send(method, [step, 200]);
        assert.deepEqual([answer?.status === 200, sent.length], repeats ? [true, 2] : [false, 1]);
      });
    }
    it(`repeats a POST after ${step} that changes nothing`, async () => {
      assert.equal((await send('POST', [step, 200], {}, true)).answer?.status, 200);
      assert.equal((await send('POST', [step, 200], { fetchesTokens: true })).answer?.status, 200);
    });
  }
  for (const step of [
    200,
    301,
    400,
    401,
    403,
    404,
    409,
    412,
    501,
    505,
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ]) {
    it(`hands on ${step}`, async () => {
      const { sent } = await send('GET', [step, 200]);
      assert.equal(sent.length, 1);
    });
  }

  it('takes a 404 of the service that gives tokens for a moment', async () => {
    assert.equal((await send('GET', [404, 404, 200], { fetchesTokens: true })).answer?.status, 200);
  });

  it('believes a 404 of what is known to be there only when it repeats', async () => {
    const ask = (steps: Step[]) =>
      tryPolicy(retry({ clock, random: () => 0.5 }), steps, { method: 'GET' }, (request) =>
        setTraits(request, { isThere: true }),
      );
    assert.equal((await ask([404, 404, 200])).answer?.status, 200);
    const gone = await ask([404, 404, 404, 404, 200]);
    assert.deepEqual([gone.answer?.status, gone.sent.length], [404, 4]);
    assert.equal((await send('GET', [404, 200])).answer?.status, 404);
  });

  it('believes storage that a permission does not hold only when it says so again', async () => {
    const refused = { status: 403, headers: { 'x-ms-error-code': 'AuthenticationFailed' } };
    assert.equal((await send('PUT', [refused, refused, 200])).answer?.status, 200);
    assert.equal((await send('PUT', [refused])).sent.length, 4);
    const firewall = { status: 403, headers: { 'x-ms-error-code': 'AuthorizationFailure' } };
    assert.equal((await send('PUT', [firewall, 200])).sent.length, 1);
  });

  it('repeats what broke off before the connection was secure, as nothing was sent', async () => {
    const text = 'Client network socket disconnected before secure TLS connection was established';
    const { sent } = await send('POST', [Object.assign(new Error(text), { code: 'ECONNRESET' }), 200]);
    assert.equal(sent.length, 2);
  });

  it('waits longer and longer, and gives up at last with what it met last', async () => {
    const { answer, sent } = await send('GET', [503]);
    assert.deepEqual([answer?.status, sent.length], [503, 9]);
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000, 8_000]);
    assert.equal((await send('GET', ['EAI_AGAIN'])).error?.code, 'EAI_AGAIN');
  });

  it('waits up to minutes for another operation', async () => {
    const { answer, sent } = await send('PUT', [other]);
    assert.deepEqual([answer?.status, sent.length], [409, 9]);
    assert.deepEqual(waits.slice(0, 5), [2_000, 4_000, 8_000, 16_000, 30_000]);
  });

  it('leaves another operation to a caller who waits for it', async () => {
    assert.equal((await send('PUT', [other, 200], { waitsForOthers: false })).sent.length, 1);
  });

  it('waits as long as it is told', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString();
    await send('GET', [busy(429, { 'retry-after': '7' }), busy(503, { 'retry-after-ms': '30' }), busy(503, { 'x-ms-retry-after-ms': '40' }), busy(429, { 'retry-after': date }), 200]); // prettier-ignore
    assert.deepEqual(waits.slice(0, 3), [7_000, 30, 40]);
    assert.ok(waits[3]! > 80_000 && waits[3]! <= 90_000, String(waits[3]));
  });

  it('hands on an answer that asks for more patience than five minutes', async () => {
    assert.equal((await send('GET', [busy(429, { 'retry-after': '301' }), 200])).sent.length, 1);
  });

  it('sends nothing more once it is cancelled', async () => {
    const stop = new AbortController();
    const policy = retry({ clock });
    const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const prepare = () => stop.abort();
    const { sent } = await tryPolicy(policy, [error, 200], { abortSignal: stop.signal }, prepare);
    assert.equal(sent.length, 1);
  });
});
