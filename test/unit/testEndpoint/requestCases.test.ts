import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { stringifyExact } from '../../../tasks/common/json/exactJson';
import { readRequestCases } from '../../../tasks/TestEndpoint/requests/requestCases';

describe('Test-Endpoint: a requests file that training wrote', () => {
  let directory: string;
  let folder: string;
  before(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'requests-'));
    folder = path.join(directory, 'mlops');
  });
  before(() => {
    fs.mkdirSync(path.join(folder, 'images'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'images', 'cat.png'), 'a cat');
    fs.writeFileSync(path.join(directory, 'agent-file'), 'of the agent');
    fs.mkdirSync(path.join(directory, 'mlops-other'));
    fs.writeFileSync(path.join(directory, 'mlops-other', 'file'), 'of a neighbour');
  });
  after(() => fs.rmSync(directory, { recursive: true }));

  const readText = (text: string | Buffer) => {
    const file = path.join(folder, 'golden_requests.json');
    fs.writeFileSync(file, text);
    return readRequestCases(file, { absolute: 0, relative: 0.5 });
  };
  const read = async (entry: object) => (await readText(JSON.stringify([entry])))[0]!;

  it('sends requests to routes of the endpoint', async () => {
    for (const route of ['/score', 'other?x=1', '/v1//twice', '?version=3']) {
      assert.equal((await read({ path: route, request: {} })).path, route);
    }
    assert.equal((await read({ request: {} })).path, undefined);
  });

  for (const route of [
    'https://evil.example/score',
    'http://evil.example/',
    '//evil.example/score',
    '\\\\evil.example/score',
    '/\\evil.example',
    'http:evil.example',
    'https:evil.example',
    ' //evil.example',
    '/\t/evil.example',
    'file:///etc/passwd',
    'http://',
  ]) {
    it(`sends no key elsewhere by the path ${JSON.stringify(route)}`, async () => {
      await assert.rejects(read({ path: route, request: {} }), /in request 1, "path" is .* not a path at the endpoint/);
    });
  }

  it('sends files of its own folder, and no others', async () => {
    assert.equal((await read({ requestFile: 'images/cat.png' })).body.toString(), 'a cat');
    for (const file of [
      '../agent-file',
      path.join(directory, 'agent-file'),
      'images/../../agent-file',
      '../mlops-other/file',
    ]) {
      await assert.rejects(read({ requestFile: file }), /does not lie in the folder of the requests file/, file);
    }
  });

  it('is a JSON array, or JSON Lines, with or without a byte order mark', async () => {
    const entries = [{ name: 'a', request: [1] }, { request: { b: 2 } }];
    const lines = entries.map((each) => JSON.stringify(each));
    for (const text of [JSON.stringify(entries, null, 2), lines.join('\n'), `${lines.join('\r\n\r\n')}\r\n`]) {
      for (const start of ['', '\uFEFF']) {
        const cases = await readText(start + text);
        assert.deepEqual(
          cases.map(({ name, json }) => [name, stringifyExact(json)]),
          [
            ['a', '[1]'],
            ['request 2', '{"b":2}'],
          ],
        );
      }
    }
  });

  const written =
    '{ "b" : 1.0,\n  "10":9007199254740993, "9": [1e2, -0.0, 0.10000000000000000001], "ü\\u00e9": "a\\/b" }';
  for (const [what, text] of [
    ['a JSON array', `[\n  {"name": "a", "request": ${written} , "expected": 1},\n  {"request":1.50}]`],
    ['JSON Lines', `{"name": "a", "request": ${written.replace('\n', ' ')} , "expected": 1}\r\n{"request":1.50}`],
    ['UTF-16, as PowerShell writes it', Buffer.from(`\uFEFF[{"request": ${written}}, {"request":1.50}]`, 'utf16le')],
    ['a request whose field stands twice', `[{"request": 0, "request": ${written}}, {"request":1.50}]`],
  ] as const) {
    it(`sends each request byte for byte as it stands in ${what}`, async () => {
      const [first, second] = await readText(text);
      assert.equal(first!.body.toString(), what === 'JSON Lines' ? written.replace('\n', ' ') : written);
      assert.equal(second!.body.toString(), '1.50');
    });
  }

  it('says what goes into the load, and takes a request of many megabytes', async () => {
    assert.deepEqual(
      (
        await readText('[{"request": 1, "load": false}, {"request": 1, "load": true, "name": "b"}, {"request": 1}]')
      ).map(({ load }) => load),
      [false, true, undefined],
    );
    const large = JSON.stringify({ image: 'x'.repeat(12_000_000) });
    assert.equal((await readText(`[{"request": ${large}}]`))[0]!.body.toString(), large);
  });

  it('sends raw bytes as they are, of any content type', async () => {
    const image = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x00, 0xff, 0xfe]);
    fs.writeFileSync(path.join(folder, 'images', 'raw.png'), image);
    const { body, headers, method, json } = await read({ requestFile: 'images/raw.png', contentType: 'image/png' });
    assert.deepEqual([body, headers, method, json], [image, { 'content-type': 'image/png' }, 'POST', undefined]);
    const csv = await read({ requestText: 'a,b\n1,2\n', contentType: 'text/csv', method: 'put' });
    assert.deepEqual(
      [csv.body.toString(), csv.headers, csv.method],
      ['a,b\n1,2\n', { 'content-type': 'text/csv' }, 'PUT'],
    );
    const bare = await read({ requestFile: 'images/raw.png' });
    assert.deepEqual(bare.headers, {});
    const picture = await read({ requestBase64: 'iVBORwD/\ngA==', contentType: 'image/png' });
    assert.deepEqual([...picture.body], [0x89, 0x50, 0x4e, 0x47, 0x00, 0xff, 0x80]);
    assert.equal(picture.method, 'POST');
    const asText = await read({ requestText: '{"a": 1}', contentType: 'application/json' });
    assert.deepEqual(
      [asText.body.toString(), stringifyExact(asText.json)],
      ['{"a": 1}', '{"a":1}'],
      'bad requests are made from it too',
    );
    const get = await read({ path: '/health' });
    assert.deepEqual([get.method, get.body.length], ['GET', 0]);
  });

  it('sends headers of its own', async () => {
    const { headers } = await read({ request: 1, headers: { 'Azureml-Model-Deployment': 'blue', 'X-Count': 3 } });
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      'azureml-model-deployment': 'blue',
      'x-count': '3',
    });
    const other = await read({ request: 1, headers: { 'Content-Type': 'application/vnd.x+json' } });
    assert.deepEqual(other.headers, { 'content-type': 'application/vnd.x+json' });
  });

  it('expects 2xx unless it says something else, and values within its own tolerance, else within the one of the input', async () => {
    assert.equal((await read({ request: 1 })).expectStatus, '2xx');
    assert.equal((await read({ request: 1, expectStatus: 404 })).expectStatus, 404);
    assert.equal((await read({ request: 1, expectStatus: '4xx' })).expectStatus, '4xx');
    assert.deepEqual((await read({ request: 1 })).assertions, []);
    const faults = async (tolerance: unknown) =>
      (await read({ request: 1, expected: 10, tolerance })).assertions.map((holds) => holds(14.9).length);
    assert.deepEqual(await faults(undefined), [0], 'half of it, by the input');
    assert.deepEqual(await faults(0.1), [1]);
    assert.deepEqual(await faults({ absolute: 5 }), [0]);
    assert.deepEqual(await faults({ relative: 0.1, absolute: 1 }), [1]);
    const all = await read({ request: 1, expected: 1, expectedSchema: {}, expectedPaths: { '$.a': 1, '$.b': 2 } });
    assert.equal(all.assertions.length, 4);
  });

  const wrong: Array<[string, RegExp]> = [
    ['[]', /has no request/],
    ['', /has no request/],
    ['[{"request": 1},]', /is not valid JSON/],
    ['{"request": 1}\n{"request": ', /is not valid at line 2/],
    ['[1]', /in request 1, it is not a JSON object/],
    ['[{"request": 1, "expect": 2}]', /has the unknown field "expect"; known are name, request, /],
    ['[{"request": 1}, {"request": 1, "requestText": "x"}]', /in request 2, it has both "request" and "requestText"/],
    ['[{"method": "POST"}]', /none of "request", "requestFile", "requestText", "requestBase64"/],
    ['[{"request": 1, "name": 5}]', /"name" is not a text/],
    ['[{"name": "a", "request": 1}, {"name": "a", "request": 2}]', /the name "a" appears twice/],
    ['[{"request": 1, "tolerance": -1}]', /"tolerance" is neither/],
    ['[{"request": 1, "tolerance": {"abs": 1}}]', /"tolerance" is neither/],
    ['[{"request": 1, "expectStatus": "ok"}]', /"expectStatus" is neither/],
    ['[{"request": 1, "headers": ["a"]}]', /"headers" is not a JSON object/],
    ['[{"request": 1, "headers": {"a b": "c"}}]', /"a b" is a header that HTTP does not allow/],
    ['[{"request": 1, "headers": {"a": "c\\r\\nx: y"}}]', /"a" is a header that HTTP does not allow/],
    ['[{"request": 1, "load": "no"}]', /"load" is neither true nor false/],
    ['[{"requestText": 5}]', /"requestText" is not a text/],
    ['[{"requestBase64": 5}]', /"requestBase64" is not base64/],
    ['[{"requestBase64": "iVB*Rw0="}]', /"requestBase64" is not base64/],
    ['[{"requestBase64": "aGk=", "requestText": "hi"}]', /has both "requestText" and "requestBase64"/],
    [
      `[{"request": ${'['.repeat(20_000)}${']'.repeat(20_000)}}]`,
      /not valid JSON: it is nested more than 1000 levels deep/,
    ],
    ['[{"requestFile": "gone.png"}]', /gone\.png cannot be read/],
    ['[{"request": 1, "expectedSchema": {"type": "nonsense"}}]', /"expectedSchema" is not a JSON Schema/],
    ['[{"request": 1, "expectedPaths": {"predictions": 1}}]', /in "expectedPaths", "predictions" is not a JSONPath/],
  ];
  it('is refused where its bytes are not text', () =>
    assert.rejects(readText(Buffer.from([0x5b, 0xff, 0x5d])), /is not UTF-8 text\. Save it as UTF-8/));
  for (const [text, message] of wrong) {
    it(`is refused, with request and field: ${text.slice(0, 80) || 'an empty file'}`, () =>
      assert.rejects(readText(text), message));
  }
});
