import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { runBuiltTask } from '../support/agent';

/** Doubles `a`; refuses what is not a list of records with the columns a and b; wants the key, if there is one. */
function scoring(options: { key?: string; mangle?: (predictions: number[]) => unknown } = {}): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (options.key && request.headers.authorization !== `Bearer ${options.key}`) return answer(401, 'key');
      if (request.method !== 'POST') return answer(405, 'method');
      try {
        const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: Array<{ a: number; b: string }> };
        const wrong = data.some((row) => Object.keys(row).join() !== 'a,b' || typeof row.a !== 'number');
        if (wrong) return answer(400, 'columns');
        const predictions = data.map(({ a }) => 2 * a);
        return answer(200, options.mangle ? options.mangle(predictions) : { predictions });
      } catch {
        return answer(400, 'body');
      }
    });
  };
}

const requests = JSON.stringify([
  { name: 'one row', request: { data: [{ a: 1, b: 'x' }] }, expected: { predictions: [2] } },
  {
    name: 'two rows',
    request: {
      data: [
        { a: 1, b: 'x' },
        { a: 2.5, b: 'y' },
      ],
    },
    expected: { predictions: [2, 5] },
  },
  { name: 'by path', request: { data: [{ a: 3, b: 'x' }] }, expectedPaths: { '$.predictions[0]': 6 } },
  {
    name: 'by schema',
    request: { data: [{ a: 3, b: 'x' }] },
    expectedSchema: { type: 'object', required: ['predictions'], properties: { predictions: { type: 'array' } } },
  },
  { name: 'refused', request: { data: 'none' }, expectStatus: 400 },
]);

describe('MLOpsTestEndpoint', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/score`;
  }
  const run = (
    scoringUri: string,
    inputs: Record<string, string> = {},
    more: Parameters<typeof runBuiltTask>[1] = {},
  ) =>
    runBuiltTask('TestEndpoint', {
      files: { 'requests.json': requests },
      inputs: { scoringUri, requestsFile: 'requests.json', loadDurationInSeconds: '0', ...inputs },
      ...more,
    });

  it('passes a service that answers rightly, refuses bad requests and keeps the thresholds', async () => {
    const result = await run(
      await serve(scoring({ key: 'the-key-1234' })),
      {
        apiKey: '$(key)',
        loadDurationInSeconds: '1',
        thresholds: 'errors < 1%\nthroughput > 1/s',
      },
      { secretVariables: { key: 'the-key-1234' } },
    );
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.equal(result.outputs.testsPassed, 'true');
    assert.ok(Number(result.outputs.latencyP95) > 0);
    const [suite] = result.testRuns;
    assert.ok(suite, 'JUnit was published');
    const written = JSON.parse(
      readFileSync(path.join(result.job.folders.artifacts, 'mlops', 'test_results.json'), 'utf8'),
    );
    assert.equal(written.passed, true);
    assert.deepEqual(
      written.cases
        .filter((each: { kind: string }) => each.kind === 'negative')
        .map((each: { name: string }) => each.name),
      [
        'malformedJson',
        'wrongType',
        'missingColumn',
        'extraColumn',
        'emptyBody',
        'oversizedBody',
        'wrongMethod',
        'wrongKey',
        'missingKey',
        'still answers afterwards',
      ],
    );
    assert.match(result.summaries[0]!.text, /✅ Endpoint tests: 17 passed, 0 failed/);
  });

  const faults: Array<[string, (predictions: number[]) => unknown, RegExp]> = [
    ['wrong predictions', (p) => ({ predictions: p.map((each) => each + 0.1) }), /expected 2, got 2\.1/],
    ['error text with status 200', () => 'ValueError: could not convert string to float', /error text/],
    ['JSON in JSON', (p) => JSON.stringify(p), /encoded twice/],
    ['a logging command', () => ({ error: '##vso[task.setvariable variable=x]y' }), /its "error" says/],
  ];
  for (const [what, mangle, message] of faults) {
    it(`fails a service that answers ${what}`, async () => {
      const result = await run(await serve(scoring({ mangle })), { negativeTests: 'none' });
      assert.equal(result.result, 'failed');
      assert.equal(result.outputs.testsPassed, 'false');
      assert.match(result.issues.map((issue) => issue.message).join('\n'), message);
      assert.ok(
        !result.commands.some(
          ({ event }) => event === 'setvariable' && JSON.stringify(result.commands).includes('"variable":"x"'),
        ),
      );
    });
  }

  it('fails a service that answers bad requests with success, or breaks on them', async () => {
    const uri = await serve((request, response) => {
      if (request.method === 'DELETE') return void response.writeHead(500).end('boom');
      response.end(JSON.stringify({ predictions: [2] }));
    });
    const result = await run(
      uri,
      { negativeTests: 'malformedJson, wrongMethod' },
      {
        files: {
          'requests.json': JSON.stringify([
            { name: 'one', request: { data: [{ a: 1 }] }, expected: { predictions: [2] } },
          ]),
        },
      },
    );
    assert.match(
      result.issues.map(({ message }) => message).join(),
      /malformedJson \(The status is 200.*wrongMethod \(The status is 500/,
    );
  });

  it('fails, with what it met, when the service never comes up', async () => {
    const uri = await serve((_request, response) => void response.writeHead(503).end());
    const result = await run(uri, { startupTimeoutInSeconds: '1' });
    assert.equal(result.result, 'failed');
    assert.match(result.issues.map(({ message }) => message).join(), /was not ready within 1 s \(\d × 503\)/);
  });

  it('reports every wrong input at once, and sends nothing', async () => {
    let got = 0;
    const uri = await serve((_request, response) => {
      got++;
      response.end();
    });
    const result = await run(uri, {
      thresholds: 'p95 < fast',
      negativeTests: 'rudeWords',
      tolerance: 'some',
      rollbackOnFailure: 'true',
      requestsFile: 'gone.json',
    });
    const [issue] = result.issues;
    for (const name of ['thresholds', 'negativeTests', 'tolerance', 'rollbackOnFailure', 'requestsFile']) {
      assert.match(issue!.message, new RegExp(`Input ${name}: `));
    }
    assert.equal(got, 0);
  });

  it('says what there is not when there is neither a URI nor a record', async () => {
    const result = await run('');
    assert.match(result.issues[0]!.message, /nothing to test: .* Give a scoringUri, or run Deploy-ACI/);
  });
});
