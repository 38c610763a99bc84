import assert from 'node:assert/strict';
import { describedRequests } from '../../../tasks/TestEndpoint/robustness/description';
import type { HttpRequest, ScoringClient } from '../../../tasks/TestEndpoint/requests/scoringClient';

const good: HttpRequest = {
  url: new URL('http://localhost:5001/score'),
  method: 'POST',
  headers: { authorization: 'Bearer k' },
  body: Buffer.from('{}'),
};
/** A service that has these files. */
const serving = (files: Record<string, unknown>): { client: ScoringClient; asked: HttpRequest[] } => {
  const asked: HttpRequest[] = [];
  const client: ScoringClient = {
    send: async (request) => {
      asked.push(request);
      const file = files[request.url.pathname + request.url.search];
      const body = Buffer.from(file === undefined ? 'no' : JSON.stringify(file));
      return { status: file === undefined ? 404 : 200, headers: {}, body, milliseconds: 1 };
    },
    connection: () => assert.fail(),
    close: async () => {},
  };
  return { client, asked };
};
/** What was made: the whole request, and those that lack a property; undefined where nothing was. */
const from = async (files: Record<string, unknown>, request = good, goodJson?: unknown) => {
  const made = await describedRequests(serving(files).client, request, goodJson, new AbortController().signal);
  const [first, ...rest] = made;
  return (
    first && {
      valid: first.request,
      sent: first.sent,
      isExample: first.kind === 'describedExample',
      incomplete: rest.map(({ sent, request: each }) => ({ property: /"(.*)"/.exec(sent)![1], request: each })),
    }
  );
};
const generate = (description: unknown) => from({ '/swagger.json?version=3': description });
const json = (request: HttpRequest | undefined) => JSON.parse(request!.body!.toString()) as unknown;

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

/** As older servers of Azure ML describe one. */
const swagger2 = {
  swagger: '2.0',
  basePath: '/api/v1/service/estimator',
  paths: {
    '/': { get: {} },
    '/score': {
      post: {
        parameters: [{ in: 'body', name: 'serviceInputPayload', schema: { $ref: '#/definitions/ServiceInput' } }],
      },
    },
  },
  definitions: {
    ServiceInput: {
      type: 'object',
      required: ['data'],
      properties: { data: { type: 'array', items: { type: 'object' } } },
      example: { data: [{ a: 1 }] },
    },
  },
};

/** As FastAPI describes one. */
const fastApi = {
  openapi: '3.1.0',
  paths: {
    '/score': {
      post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Trip' } } } } },
    },
  },
  components: {
    schemas: {
      Trip: {
        allOf: [{ $ref: '#/components/schemas/Base' }],
        properties: {
          kind: { const: 'taxi' },
          tip: { anyOf: [{ type: 'number', minimum: 1 }, { type: 'null' }] },
          next: { $ref: '#/components/schemas/Trip' },
        },
        required: ['kind'],
      },
      Base: { type: 'object', properties: { count: { type: ['integer', 'null'], minimum: 2 } }, required: ['count'] },
    },
  },
};

describe("requests from a service's description", () => {
  it('follow its schema, and leave out each required property in turn', async () => {
    const made = await generate(description);
    assert.deepEqual(json(made!.valid), { data: [{ a: 0, b: 2.5, c: false }], mode: 'fast' });
    assert.equal(made!.isExample, false);
    assert.deepEqual(
      made!.incomplete.map(({ property, request }) => [property, json(request)]),
      [['data', { mode: 'fast' }]],
    );
    assert.equal(made!.valid.headers.authorization, 'Bearer k');
  });
  it('are asked for with what lets a caller in', async () => {
    const { client, asked } = serving({ '/swagger.json?version=3': description });
    const headers = { 'content-type': 'image/png', authorization: 'Bearer k', 'azureml-model-deployment': 'blue' };
    await describedRequests(client, { ...good, headers }, undefined, new AbortController().signal);
    assert.deepEqual(
      asked.map(({ url, method, headers, body }) => [method, url.href, headers, body]),
      [
        [
          'GET',
          'http://localhost:5001/swagger.json?version=3',
          { authorization: 'Bearer k', 'azureml-model-deployment': 'blue' },
          undefined,
        ],
      ],
    );
  });
  it('are made of Swagger 2 too, and of its example where it gives one', async () => {
    const made = await from({ '/swagger.json': swagger2 });
    assert.deepEqual([json(made!.valid), made!.isExample], [{ data: [{ a: 1 }] }, true]);
    assert.deepEqual(
      made!.incomplete.map(({ property, request }) => [property, json(request)]),
      [['data', {}]],
    );
  });
  it('are made of the description behind the prefix of a service on AKS', async () => {
    const url = new URL('http://10.0.0.1/api/v1/service/estimator/score');
    const made = await from({ '/api/v1/service/estimator/swagger.json': swagger2 }, { ...good, url });
    assert.deepEqual([made!.valid.url.href, json(made!.valid)], [url.href, { data: [{ a: 1 }] }]);
  });
  it('are made of the description at the root, where there is none beside the route', async () => {
    const url = new URL('http://localhost:5001/v1/score');
    const made = await from({ '/swagger.json': swagger2 }, { ...good, url });
    assert.deepEqual(json(made!.valid), { data: [{ a: 1 }] });
  });
  it('are made of openapi.json, of what its parts say together, and end where it goes round in circles', async () => {
    const made = await from({ '/openapi.json': fastApi });
    const { next, ...trip } = json(made!.valid) as { next: unknown };
    assert.deepEqual([trip, made!.isExample], [{ count: 2, kind: 'taxi', tip: 1 }, false]);
    assert.ok(JSON.stringify(next).length < 2000);
    assert.deepEqual(
      made!.incomplete.map(({ property }) => property),
      ['count', 'kind'],
    );
  });
  it('are named by what they lack beside the good request', async () => {
    const rows = (items: object) => ({
      openapi: '3.1.0',
      paths: {
        '/score': {
          post: {
            requestBody: {
              content: { 'application/json': { schema: { type: 'object', properties: { data: items } } } },
            },
          },
        },
      },
    });
    const matrix = { type: 'array', items: { type: 'array', items: { type: 'number' } } };
    const features = Array.from({ length: 30 }, () => 1);
    const sent = async (schema: object, json: unknown) =>
      (await from({ '/openapi.json': rows(schema) }, good, json))!.sent;
    assert.equal(await sent(matrix, { data: [features] }), 'made from its description: one feature instead of 30');
    assert.equal(await sent(matrix, { data: [[1]] }), 'made from its description: values of its types');
    assert.equal(await sent(matrix, undefined), 'made from its description: values of its types');
  });
  it('are not made of a description that would fill the memory, or has another shape', async () => {
    const props = (of: object) => Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`p${n}`, of]));
    const bomb = {
      ...fastApi,
      components: { schemas: { Trip: { type: 'object', properties: props({ $ref: '#/components/schemas/Trip' }) } } },
    };
    assert.ok((await from({ '/openapi.json': bomb }))!.valid.body!.length < 10_000_000);
    const long = { ...fastApi, components: { schemas: { Trip: { type: 'array', minItems: 1e9, items: {} } } } };
    assert.ok((await from({ '/openapi.json': long }))!.valid.body!.length < 10_000);
    for (const paths of [
      7,
      { '/score': null },
      { '/score': { post: { parameters: 5 } } },
      {
        '/score': { post: { requestBody: { content: { 'application/json': { schema: { required: 5, allOf: 7 } } } } } },
      },
    ])
      assert.equal(await from({ '/openapi.json': { openapi: '3.1.0', paths } }), undefined);
  });
  it('are not made where the service has none', async () => assert.equal(await from({}), undefined));
  for (const [what, body] of [
    ['has one of an unknown form', { paths: description.paths }],
    ['speaks of another route', { ...description, paths: { '/other': description.paths['/score'] } }],
    ['answers something else', 'Healthy'],
    ['describes any object, as of a run() without a schema', anyObject],
  ] as const) {
    it(`are not made where the service ${what}`, async () => assert.equal(await generate(body), undefined));
  }
});
