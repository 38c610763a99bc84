import assert from 'node:assert/strict';
import { valueAssertion } from '../../../tasks/TestEndpoint/requests/assertions';
import type { NegativeKind } from '../../../tasks/TestEndpoint/robustness/negativeCases';
import { testRobustness } from '../../../tasks/TestEndpoint/robustness/robustness';
import { NoReply, type HttpRequest, type ScoringClient } from '../../../tasks/TestEndpoint/requests/scoringClient';

const good = {
  name: 'good',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"data":[{"a":1}]}'),
  json: { data: [{ a: 1 }] },
  expectStatus: '2xx',
  assertions: [valueAssertion([2], { absolute: 0, relative: 0 })],
};
type Answer = number | [number, unknown] | NoReply;

/** Runs these kinds against a service that answers the good request well and all others as told. */
async function robustness(kinds: readonly NegativeKind[], answer: (request: HttpRequest) => Answer | undefined) {
  const client = {
    send: async (request: HttpRequest) => {
      const isGood = request.method === 'POST' && request.body?.equals(good.body) === true;
      const given = answer(request) ?? (request.method === 'GET' ? 404 : isGood ? [200, [2]] : 400);
      if (given instanceof NoReply) throw given;
      const [status, body] = [given].flat() as [number, unknown];
      return { status, headers: {}, body: Buffer.from(JSON.stringify(body ?? null)), milliseconds: 3 };
    },
  } as unknown as ScoringClient;
  const target = { scoringUri: new URL('http://service/score') };
  const cases = await testRobustness(client, target, good, kinds, new AbortController().signal);
  return cases.map(({ kind, name, outcome, message }) => [`${kind} ${name}`, outcome, message]);
}
const isEmpty = ({ body, method }: HttpRequest) => method === 'POST' && body?.length === 0;
const after = ['negative still answers afterwards', 'passed', undefined];

describe('robustness', () => {
  it('wants a refusal of each bad request, and an answer afterwards', async () => {
    assert.deepEqual(await robustness(['malformedJson', 'emptyBody', 'wrongMethod', 'wrongKey'], () => undefined), [
      ['negative malformedJson', 'passed', 'answered 400'],
      ['negative emptyBody', 'passed', 'answered 400'],
      ['negative wrongMethod', 'passed', 'answered 400'],
      ['negative wrongKey', 'skipped', 'The endpoint takes no key (input apiKey is empty).'],
      after,
    ]);
  });
  for (const [what, answer, message] of [
    ['success', 200, 'The status is 200, expected 4xx.'],
    ['a redirection', 302, 'The status is 302, expected 4xx.'],
    ['an error of its own', 500, 'The status is 500, expected 4xx.'],
    ['nothing within its time', new NoReply('no whole answer within 1 s', 'ETIMEDOUT'), 'no whole answer within 1 s'],
    ['the end of the connection', new NoReply('reset', 'ECONNRESET'), 'reset'],
  ] as Array<[string, Answer, string]>) {
    it(`fails a service that answers a bad request by ${what}`, async () => {
      const found = await robustness(['emptyBody'], (request) => (isEmpty(request) ? answer : undefined));
      assert.deepEqual(found, [['negative emptyBody', 'failed', message], after]);
    });
  }
  it('lets a service close the connection on a body that is too large, but not hang', async () => {
    const isLarge = ({ body }: HttpRequest) => (body?.length ?? 0) > 1_000_000;
    const by = (code: string) =>
      robustness(['oversizedBody'], (request) => (isLarge(request) ? new NoReply(code, code) : undefined));
    for (const code of ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
      assert.deepEqual((await by(code))[0], [
        'negative oversizedBody',
        'passed',
        'the connection was closed before all was read',
      ]);
    assert.deepEqual((await by('ETIMEDOUT'))[0], ['negative oversizedBody', 'failed', 'ETIMEDOUT']);
  });
  it('fails a service that a bad request broke', async () => {
    let broken = false;
    const found = await robustness(['emptyBody'], (request) => {
      if (isEmpty(request)) broken = true;
      else if (broken && request.method === 'POST') return new NoReply('refused', 'ECONNREFUSED');
      return undefined;
    });
    assert.deepEqual(found[1], ['negative still answers afterwards', 'failed', 'refused']);
  });
  it('fails a service that answers wrongly afterwards', async () => {
    let calls = 0;
    const found = await robustness(['emptyBody'], () => (++calls === 2 ? [200, [3]] : undefined));
    assert.deepEqual(found[1]!.slice(0, 2), ['negative still answers afterwards', 'failed']);
  });

  describe('by the service’s own description', () => {
    const description = (schema: object) => ({
      openapi: '3.0.3',
      paths: { '/score': { post: { requestBody: { content: { 'application/json': { schema } } } } } },
    });
    const schema = { type: 'object', required: ['data'], properties: { data: { type: 'number' } } };
    const described = async (schemaOf: object, valid: number, incomplete: number) =>
      (
        await robustness([], ({ method, body }) => {
          if (method === 'GET') return [200, description(schemaOf)];
          if (body?.equals(good.body)) return undefined;
          return body?.includes('data') ? valid : incomplete;
        })
      ).slice(1);
    const example = { ...schema, example: { data: 7 } };
    it('wants its example answered, and a refusal without what it requires', async () => {
      assert.deepEqual(await described(example, 200, 422), [
        ['swagger its own example', 'passed', 'answered 200'],
        ['swagger without data', 'passed', 'answered 422'],
      ]);
      assert.deepEqual(await described(example, 400, 200), [
        ['swagger its own example', 'failed', 'The status is 400, expected 2xx.'],
        ['swagger without data', 'failed', 'The status is 200, expected 4xx.'],
      ]);
    });
    it('lets it refuse values that we made up, but not break on them', async () => {
      assert.deepEqual((await described(schema, 422, 422))[0], ['swagger made by its types', 'passed', 'answered 422']);
      assert.deepEqual((await described(schema, 500, 422))[0], [
        'swagger made by its types',
        'failed',
        'The status is 500, expected 2xx or 4xx.',
      ]);
    });
  });
});
