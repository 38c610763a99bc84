import assert from 'node:assert/strict';
import { valueAssertion } from '../../../tasks/TestEndpoint/requests/assertions';
import { NoReply, type HttpRequest, type ScoringClient } from '../../../tasks/TestEndpoint/requests/scoringClient';
import type { NegativeKind } from '../../../tasks/TestEndpoint/robustness/badRequests';
import { serverOf } from '../../../tasks/TestEndpoint/robustness/remedies';
import { probeRobustness, robustnessCases } from '../../../tasks/TestEndpoint/robustness/robustnessReport';

const good = {
  name: 'good',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"data":[{"a":1}]}'),
  json: { data: [{ a: 1 }] },
  expectStatus: '2xx',
  expected: [2],
  expectedPaths: [],
  assertions: [valueAssertion([2], { absolute: 0, relative: 0 })],
};
type Answer = number | [number, unknown] | NoReply;
type Packaging = Parameters<typeof probeRobustness>[4];

/** Runs these kinds against a service that answers the good request well and all others as told. */
async function report(
  kinds: readonly NegativeKind[],
  answer: (request: HttpRequest) => Answer | undefined,
  packaging?: Packaging,
) {
  const client = {
    send: async (request: HttpRequest) => {
      const given = answer(request) ?? (request.method === 'GET' ? 404 : 400);
      if (given instanceof NoReply) throw given;
      const [status, body] = [given].flat() as [number, unknown];
      return { status, headers: {}, body: Buffer.from(JSON.stringify(body ?? null)), milliseconds: 3 };
    },
  } as unknown as ScoringClient;
  const target = { scoringUri: new URL('http://service/score') };
  return probeRobustness(client, target, good, kinds, packaging, new AbortController().signal);
}
const said = async (...given: Parameters<typeof report>) =>
  (await report(...given)).probes.map(({ sent, isHeld, answered }) => [sent, isHeld, answered]);
const isEmpty = ({ body, method }: HttpRequest) => method === 'POST' && body?.length === 0;

describe('robustness', () => {
  it('wants a refusal of each bad request', async () => {
    const kinds = ['malformedJson', 'emptyBody', 'wrongMethod', 'wrongKey'] as const;
    assert.deepEqual(await said(kinds, ({ method }) => (method === 'DELETE' ? 501 : undefined)), [
      ['JSON that is cut off', true, 'answered 400'],
      ['an empty body', true, 'answered 400'],
      ['DELETE instead of POST', true, 'answered 501'],
      ['a wrong key', undefined, 'The endpoint takes no key (input apiKey is empty).'],
    ]);
  });
  for (const [what, answer, answered] of [
    ['success', 200, 'answered 200'],
    ['a redirection', 302, 'answered 302'],
    ['an error of its own', 500, 'answered 500'],
    ['nothing within its time', new NoReply('no whole answer within 1 s', 'ETIMEDOUT'), 'no whole answer within 1 s'],
    ['the end of the connection', new NoReply('reset', 'ECONNRESET'), 'reset'],
  ] as Array<[string, Answer, string]>) {
    it(`finds that a service answers a bad request by ${what}`, async () => {
      const found = await report(['emptyBody'], (request) => (isEmpty(request) ? answer : undefined));
      assert.deepEqual(
        found.findings.map((each) => [each.sent, each.answered, each.wanted]),
        [['an empty body', answered, 'a status of 400 to 499']],
      );
      const [test] = robustnessCases(found);
      assert.deepEqual([test!.kind, test!.name, test!.outcome], ['negative', 'an empty body', 'failed']);
      assert.match(test!.message!, /Expected: a status of 400 to 499\. Check the request before/);
      assert.match(test!.details!, /^POST http:\/\/service\/score/);
    });
  }
  it('lets a service close the connection on a body that is too large, but not hang', async () => {
    const isLarge = ({ body }: HttpRequest) => (body?.length ?? 0) > 1_000_000;
    const by = async (code: string) =>
      (await said(['oversizedBody'], (request) => (isLarge(request) ? new NoReply(code, code) : undefined)))[0];
    for (const code of ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
      assert.deepEqual(await by(code), ['a body of 16 MB', true, 'the connection was closed before all was read']);
    assert.deepEqual(await by('ETIMEDOUT'), ['a body of 16 MB', false, 'ETIMEDOUT']);
  });
  it('lets a service ignore an extra column, as MLflow does by design, as long as its answer is the same', async () => {
    const by = async (answer: Answer) =>
      (await said(['extraColumn'], ({ method }) => (method === 'POST' ? answer : undefined)))[0];
    assert.deepEqual(await by([200, [2]]), ['with an additional column', true, 'answered 200, as without it']);
    assert.deepEqual(await by([200, [3]]), ['with an additional column', false, 'answered 200']);
    assert.deepEqual(await by(422), ['with an additional column', true, 'answered 422']);
  });

  it('says how to mend a finding in what serves', async () => {
    const code = async (kind: NegativeKind, packaging: Packaging) =>
      (await report([kind], ({ method }) => (method === 'POST' ? 500 : undefined), packaging)).findings[0]!.remedy;
    for (const kind of ['malformedJson', 'wrongType', 'missingColumn', 'emptyBody', 'oversizedBody'] as const) {
      assert.match((await code(kind, 'scoringScript')).code!, /AMLResponse\(.*400, json_str=True\)/);
      assert.match((await code(kind, 'mlflow')).code!, /signature=infer_signature/);
      assert.match((await code(kind, 'dockerfile')).advice, /answer 400/);
    }
    assert.equal(serverOf('dockerfile', [{ server: 'uvicorn' }]), 'fastApi');
    assert.equal(serverOf(undefined, [{}, { 'x-ms-server-version': 'azmlinfsrv/1.4.0' }]), 'scoringScript');
    assert.equal(serverOf('mlflow', [{ server: 'gunicorn' }]), 'mlflow');
    assert.equal(serverOf(undefined, [{ server: 'nginx' }]), 'other');
  });

  describe('by the service’s own description', () => {
    const description = (schema: object) => ({
      openapi: '3.0.3',
      paths: { '/score': { post: { requestBody: { content: { 'application/json': { schema } } } } } },
    });
    const schema = { type: 'object', required: ['data'], properties: { data: { type: 'number' } } };
    const described = (schemaOf: object, valid: number, incomplete: number) =>
      said([], ({ method, body }) => {
        if (method === 'GET') return [200, description(schemaOf)];
        return body?.includes('data') ? valid : incomplete;
      });
    const example = { ...schema, example: { data: 7 } };
    it('wants its example answered, and a refusal without what it requires', async () => {
      assert.deepEqual(await described(example, 200, 422), [
        ['the example in its description', true, 'answered 200'],
        ['made from its description: without "data"', true, 'answered 422'],
      ]);
      assert.deepEqual(await described(example, 400, 200), [
        ['the example in its description', false, 'answered 400'],
        ['made from its description: without "data"', false, 'answered 200'],
      ]);
    });
    it('lets it refuse values that we made up, but not break on them', async () => {
      const sent = 'made from its description: values of its types';
      assert.deepEqual((await described(schema, 422, 422))[0], [sent, true, 'answered 422']);
      assert.deepEqual((await described(schema, 500, 422))[0], [sent, false, 'answered 500']);
    });
  });
});
