import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { serverCertificate } from '../../../local/azure/certificates/serverCertificate';
import { runBuiltTask, temporaryFolder, TestJob } from '../../support/agent';

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

  async function serve(listener: RequestListener, at = createServer(listener)): Promise<string> {
    server = at;
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
        robustness: 'fail',
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
        'JSON that is cut off',
        'text instead of the number at data[0].a',
        'without the column "a"',
        'with an additional column',
        'an empty body',
        'a body of 16 MB',
        'DELETE instead of POST',
        'a wrong key',
        'without the key',
      ],
    );
    assert.match(result.summaries[0]!.text, /✅ Endpoint tests: 17 of 17 passed\n/);
  });

  const faults: Array<[string, (predictions: number[]) => unknown, RegExp]> = [
    ['wrong predictions', (p) => ({ predictions: p.map((each) => each + 0.1) }), /expected 2, got 2\.1/],
    ['error text with status 200', () => 'ValueError: could not convert string to float', /error text/],
    [
      'JSON in JSON that is wrong',
      () => JSON.stringify({ predictions: [9] }),
      /Within the JSON text of the reply: \$\.predictions/,
    ],
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
      { robustness: 'fail', negativeTests: 'malformedJson, wrongMethod' },
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
      /is cut off \(Answered 200\. Expected: a status of 400.*DELETE instead of POST \(Answered 500/,
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

  /** What the task left of its tests, by name. */
  const casesOf = (result: Awaited<ReturnType<typeof run>>) => {
    const file = path.join(result.job.folders.artifacts, 'mlops', 'test_results.json');
    const { cases, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as {
      cases: Array<{ name: string; kind: string; passed: boolean; message?: string }>;
      startup?: { retries: Record<string, number> };
      latency?: { requests: number; p95: number; perSecond: number };
    };
    return { ...rest, cases: new Map(cases.map((each) => [each.name, each])) };
  };

  it('tests over HTTPS, with the authority that the agent trusts, and not without', async () => {
    const { caFile, key, certificate } = await serverCertificate(temporaryFolder());
    const uri = await serve(scoring(), createSecureServer({ key, cert: certificate }, scoring()));
    const secure = uri.replace('http:', 'https:');
    const inputs = { negativeTests: 'none', loadDurationInSeconds: '0.5', startupTimeoutInSeconds: '1' };
    for (const trust of [{ environment: { NODE_EXTRA_CA_CERTS: caFile } }, { variables: { 'Agent.CAInfo': caFile } }]) {
      const trusted = await run(secure, inputs, trust);
      assert.equal(trusted.result, 'succeeded', trusted.log.join('\n'));
      assert.ok(casesOf(trusted).latency!.requests > 0);
    }
    const refused = await run(secure, inputs);
    assert.match(refused.issues[0]!.message, /was not ready within 1 s \(\d × \w*CERT\w*|UNABLE_TO_VERIFY/);
  });

  it('sends JSON Lines, raw bytes and headers, and judges each answer', async () => {
    const image = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff]);
    const got: Array<{ type?: string; deployment?: string | string[]; body: Buffer }> = [];
    const uri = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { 'content-type': type, 'azureml-model-deployment': deployment } = request.headers;
        got.push({ type, deployment, body: Buffer.concat(chunks) });
        if (type === 'image/png') return void response.end(JSON.stringify({ label: 'cat', score: 0.912 }));
        if (type === 'text/csv') return void response.end('[3]');
        response.writeHead(415).end('{"error": "what is that?"}');
      });
    });
    const job = new TestJob('build');
    mkdirSync(path.join(job.root, 'golden'));
    writeFileSync(path.join(job.root, 'golden', 'cat.png'), image);
    const lines = [
      {
        name: 'an image',
        requestFile: 'cat.png',
        contentType: 'image/png',
        headers: { 'azureml-model-deployment': 'blue' },
        expected: { label: 'cat', score: 0.91 },
        tolerance: 0.01,
      },
      { name: 'a table', requestText: 'a\n3\n', contentType: 'text/csv', expected: [3] },
      { name: 'of no type that it knows', request: {}, expectStatus: 415 },
      {
        name: 'a wrong score',
        requestFile: 'cat.png',
        contentType: 'image/png',
        expected: { label: 'cat', score: 0.8 },
        tolerance: { relative: 0.01 },
      },
    ];
    const result = await run(
      uri,
      { requestsFile: 'golden/requests.jsonl', negativeTests: 'none' },
      { job, files: { 'golden/requests.jsonl': lines.map((each) => JSON.stringify(each)).join('\n') } },
    );
    const { cases } = casesOf(result);
    assert.deepEqual(
      [...cases.values()].map(({ passed }) => passed),
      [true, true, true, false],
    );
    assert.match(
      cases.get('a wrong score')!.message!,
      /\$\.score: expected 0\.8, got 0\.912 \(differs by 0\.112, allowed 0\.008\)/,
    );
    assert.deepEqual(got[1], { type: 'image/png', deployment: 'blue', body: image });
    assert.equal(got.find(({ type }) => type === 'text/csv')?.body.toString(), 'a\n3\n');
  });

  it('waits for a cold start, and says what it met', async () => {
    let asked = 0;
    const uri = await serve((request, response) => {
      asked++;
      if (asked <= 2) return void response.writeHead(503).end();
      if (asked === 3) return void response.writeHead(502).end();
      scoring()(request, response);
    });
    const result = await run(uri, { negativeTests: 'none' });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.deepEqual(casesOf(result).startup!.retries, { 503: 2, 502: 1 });
    for (const text of [result.log.join('\n'), result.summaries[0]!.text])
      assert.match(
        text,
        /ready after \d+\.\d s; before that: 2 × 50\d, 1 × 50\d|ready after \d+\.\d s; before that: 1 × 502, 2 × 503/,
      );
  });

  it('fails a service that hangs on a bad request, or does not survive one', async () => {
    const listener = scoring();
    let isBroken = false;
    const uri = await serve((request, response) => {
      if (request.method === 'DELETE') return;
      if (Number(request.headers['content-length']) > 1_000_000) isBroken = true;
      if (isBroken) return void request.socket.destroy();
      listener(request, response);
    });
    const result = await run(uri, {
      robustness: 'fail',
      negativeTests: 'wrongMethod, oversizedBody',
      requestTimeoutInSeconds: '2',
      startupTimeoutInSeconds: '1',
    });
    const { cases } = casesOf(result);
    assert.match(cases.get('DELETE instead of POST')!.message!, /gave no whole answer within 2 s/);
    assert.match(cases.get('a body of 16 MB')!.message!, /connection was closed/);
    assert.equal(cases.get('one row, again after the bad requests')!.passed, false);
    assert.equal(result.result, 'failed');
  });

  it('fails a service that takes any key', async () => {
    const result = await run(
      await serve(scoring()),
      { apiKey: '$(key)', robustness: 'fail', negativeTests: 'wrongKey missingKey' },
      { secretVariables: { key: 'the-key-1234' } },
    );
    const { cases } = casesOf(result);
    assert.deepEqual([cases.get('a wrong key')!.passed, cases.get('without the key')!.passed], [false, false]);
  });

  it('makes requests of the description that the service gives', async () => {
    const listener = scoring();
    const row = { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string' } } };
    const schema = {
      type: 'object',
      required: ['data'],
      properties: { data: { type: 'array', items: row } },
      example: { data: [{ a: 3, b: 'x' }] },
    };
    const description = {
      openapi: '3.0.3',
      paths: { '/score': { post: { requestBody: { content: { 'application/json': { schema } } } } } },
    };
    const uri = await serve((request, response) =>
      request.url === '/swagger.json?version=3'
        ? void response.end(JSON.stringify(description))
        : listener(request, response),
    );
    const result = await run(uri, { robustness: 'fail', negativeTests: 'emptyBody' });
    const { cases } = casesOf(result);
    assert.deepEqual(
      [...cases.values()].filter(({ kind }) => kind === 'swagger').map(({ name, message }) => [name, message]),
      [
        ['the example in its description', 'answered 200'],
        ['made from its description: without "data"', 'answered 400'],
      ],
    );
  });

  it('loads at a constant rate, holds it against the thresholds, and shows it', async () => {
    const result = await run(await serve(scoring()), {
      negativeTests: 'none',
      loadDurationInSeconds: '2',
      loadRate: '50',
      // One for each request: a machine that stands still for a moment lets none go unsent.
      loadConnections: '100',
      thresholds: 'throughput > 20/s\nthroughput > 60/s\nerrors <= 0%\np99.9 < 1us',
    });
    const { cases, latency } = casesOf(result);
    // 50 a second in 2 s, of which the first fifth is the warm-up.
    assert.equal(latency!.requests, 80);
    // To a ten-thousandth, as seconds are not whole numbers.
    assert.ok(latency!.perSecond < 50.0001, `${latency!.perSecond}/s`);
    assert.deepEqual(
      [...cases.values()].filter(({ kind }) => kind === 'threshold').map(({ name, passed }) => [name, passed]),
      [
        ['throughput > 20/s', true],
        ['throughput > 60/s', false],
        ['errors <= 0%', true],
        ['p99.9 < 1us', false],
      ],
    );
    assert.equal(result.outputs.latencyP95, String(latency!.p95));
    const pictures = result.attachments.filter(({ type }) => type === 'mlops.picture');
    assert.deepEqual(
      pictures.map(({ name }) => name),
      ['latency.svg', 'latency-percentiles.svg'],
    );
    for (const { path: file } of pictures) assert.match(readFileSync(file, 'utf8'), /^<svg /);
    assert.match(result.summaries[0]!.text, /\| p99 \|.*█/);
    const [suite] = result.testRuns;
    assert.equal(suite!.cases.length, cases.size);
    assert.equal(suite!.cases.filter(({ outcome }) => outcome === 'failed').length, 2);
  });

  it('attaches its pictures to a release too, which has no artifacts', async () => {
    const load = { negativeTests: 'none', loadDurationInSeconds: '0.5' };
    const result = await run(await serve(scoring()), load, { hostType: 'release' });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.deepEqual(result.artifacts, []);
    const names = result.attachments.map(({ path: file }) => path.basename(file));
    for (const name of ['latency.svg', 'latency-percentiles.svg']) assert.ok(names.includes(name), names.join());
  });

  it('shows request and answer of what failed, cut, without keys and unable to command the agent', async () => {
    const secrets = { key: 'the-key-1234', other: 'functions-key-5678' };
    const uri = await serve((request, response) => {
      // A service that tells what it was given is not rare.
      const told = `##vso[task.complete result=Succeeded]${request.headers.authorization} ${String(request.headers['x-functions-key'])}`;
      response.writeHead(200, { 'content-type': 'application/json', 'x-told': told });
      response.end(JSON.stringify({ error: told, filler: 'x'.repeat(5_000) }));
    });
    const requestsFile = JSON.stringify([
      {
        name: '##vso[task.setvariable variable=name]x',
        request: { data: 1 },
        headers: { 'x-functions-key': secrets.other },
      },
    ]);
    const result = await run(
      `${uri}?code=query-secret-9`,
      { apiKey: '$(key)', negativeTests: 'none' },
      { files: { 'requests.json': requestsFile }, secretVariables: { key: secrets.key } },
    );
    assert.equal(result.result, 'failed');
    const shown = [
      result.log.join('\n'),
      result.summaries[0]!.text,
      readFileSync(result.testRuns[0]!.files[0]!, 'utf8'),
      JSON.stringify([...casesOf(result).cases.values()]),
      readFileSync(path.join(result.job.folders.artifacts, 'mlops', 'test_results.json'), 'utf8'),
      JSON.stringify(result.issues),
    ];
    for (const text of shown)
      for (const secret of [...Object.values(secrets), 'query-secret-9'])
        assert.ok(!text.includes(secret), `${secret} shows in ${text}`);
    for (const text of shown.slice(0, 3)) {
      assert.match(text, /POST http:\/\/127\.0\.0\.1:\d+\/score\?code=\*\*\*/);
      assert.match(text, /… \(5\d\d\d bytes\)/);
      assert.ok(!text.includes('x'.repeat(1_001)), 'the body is cut');
    }
    const events = result.commands.map(({ area, event }) => `${area}.${event}`);
    assert.equal(events.filter((each) => each === 'task.complete').length, 1, 'only the task ends itself');
    assert.equal(result.job.variables.get('name'), undefined);
  });

  it('keeps wrong requests and inputs from being sent', async () => {
    let got = 0;
    const uri = await serve((_request, response) => {
      got++;
      response.end();
    });
    const wrongSchema = JSON.stringify([{ request: 1 }, { request: 1, expectedSchema: { type: 'number or so' } }]);
    const schema = await run(uri, {}, { files: { 'requests.json': wrongSchema } });
    assert.match(schema.issues[0]!.message, /in request 2, "expectedSchema" is not a JSON Schema/);
    const inputs = await run(uri.replace('http://', 'http://user:password@'), {
      loadRate: '0.1',
      loadDurationInSeconds: '5',
    });
    assert.match(inputs.issues[0]!.message, /Input scoringUri: it contains a user name or a password/);
    assert.match(inputs.issues[0]!.message, /Input loadRate: within 5 s fewer than two requests would be due/);
    assert.equal(got, 0);
    assert.ok(!existsSync(path.join(inputs.job.folders.artifacts, 'mlops')));
  });
});
