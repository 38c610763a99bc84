import assert from 'node:assert/strict';
import { generatedRequests } from '../../../tasks/TestEndpoint/swagger';
import type { HttpRequest, ScoringClient } from '../../../tasks/TestEndpoint/scoringClient';

const good: HttpRequest = {
  url: new URL('http://localhost:5001/score'),
  method: 'POST',
  headers: { authorization: 'Bearer k' },
  body: Buffer.from('{}'),
};
const serving = (status: number, body: unknown): { client: ScoringClient; asked: HttpRequest[] } => {
  const asked: HttpRequest[] = [];
  const client: ScoringClient = {
    send: async (request) => {
      asked.push(request);
      return { status, headers: {}, body: Buffer.from(JSON.stringify(body)), milliseconds: 1 };
    },
    connection: () => assert.fail(),
    close: async () => {},
  };
  return { client, asked };
};
const generate = (status: number, description: unknown) =>
  generatedRequests(serving(status, description).client, good, new AbortController().signal);

/** As Azure ML's inference server describes a script whose run() is not decorated. */
const anyObject = {
  openapi: '3.0.1',
  paths: {
    '/score': {
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ServiceInput' } } } },
      },
    },
  },
  components: { schemas: { ServiceInput: { type: 'object', example: {} } } },
};

/** As Azure ML's inference server describes a script with @input_schema. */
const description = {
  openapi: '3.0.3',
  paths: {
    '/score': {
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ServiceInput' } } } },
      },
    },
  },
  components: {
    schemas: {
      ServiceInput: {
        type: 'object',
        required: ['data', 'gone'],
        properties: {
          data: { type: 'array', items: { $ref: '#/components/schemas/Row' } },
          mode: { type: 'string', enum: ['fast', 'exact'] },
        },
      },
      Row: {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: 'number', example: 2.5 }, c: { type: 'boolean' } },
      },
    },
  },
};

describe("requests from a service's description", () => {
  it('follow its schema, and leave out each required property in turn', async () => {
    const made = await generate(200, description);
    assert.deepEqual(JSON.parse(made!.valid.body!.toString()), { data: [{ a: 0, b: 2.5, c: false }], mode: 'fast' });
    assert.deepEqual(
      made!.incomplete.map(({ property, request }) => [property, JSON.parse(request.body!.toString())]),
      [['data', { mode: 'fast' }]],
    );
    assert.equal(made!.valid.headers.authorization, 'Bearer k');
  });
  it('are asked for with the key', async () => {
    const { client, asked } = serving(200, description);
    await generatedRequests(client, good, new AbortController().signal);
    assert.deepEqual(
      [asked[0]!.url.href, asked[0]!.headers],
      ['http://localhost:5001/swagger.json?version=3', good.headers],
    );
  });
  for (const [what, status, body] of [
    ['has none', 404, 'no'],
    ['has one of version 2', 200, { swagger: '2.0', paths: {} }],
    ['speaks of another route', 200, { ...description, paths: {} }],
    ['answers something else', 200, 'Healthy'],
    ['describes any object, as of a run() without a schema', 200, anyObject],
  ] as const) {
    it(`are not made where the service ${what}`, async () => assert.equal(await generate(status, body), undefined));
  }
});
