import assert from 'node:assert/strict';
import { parseExact } from '../../../tasks/common/json/exactJson';
import { pathAssertion, schemaAssertion, valueAssertion } from '../../../tasks/TestEndpoint/requests/assertions';
import { judge } from '../../../tasks/TestEndpoint/requests/answerVerdict';

const exact = { absolute: 0, relative: 0 };
const reply = (status: number, body: string | Buffer, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(body as string),
  milliseconds: 1,
});
const expecting = (expectStatus: number | string, expected?: unknown) => ({
  expectStatus,
  expected,
  expectedPaths: [],
  assertions: expected === undefined ? [] : [valueAssertion(expected, exact)],
});
const problems = (...[request, answer]: Parameters<typeof judge>) => judge(request, answer).problems;
const right = { problems: [], warnings: [] };

describe('the judgement on a reply', () => {
  it('looks at the status first', () => {
    assert.deepEqual(problems(expecting('2xx'), reply(500, '1')), ['The status is 500, expected 2xx.']);
    assert.deepEqual(problems(expecting(200, 1), reply(201, '1')), ['The status is 201, expected 200.']);
    assert.deepEqual(problems(expecting('2xx'), reply(302, '')), ['The status is 302, expected 2xx.']);
    assert.deepEqual(problems(expecting('4xx'), reply(200, '1')), ['The status is 200, expected 4xx.']);
    assert.deepEqual(judge(expecting('2xx', 1), reply(201, '1')), right);
  });

  it('says where a redirection leads, without what is secret in it', () => {
    const to = (location: string) => problems(expecting('2xx'), reply(307, '', { location })).join();
    assert.match(
      to('https://other.example/score/?sig=abc&x=1'),
      /307, expected 2xx: it redirects to https:\/\/other\.example\/score\/\?sig=\*\*\*&x=1, and redirects are not followed/,
    );
    assert.match(to('/score/?code=abc'), /redirects to \/score\/\?\*\*\*, and/);
  });

  it('finds what a success hides, and takes error text for right where an error is expected', () => {
    assert.match(problems(expecting('2xx'), reply(200, '"ValueError: x"')).join(), /is error text/);
    assert.deepEqual(judge(expecting('4xx'), reply(400, '"ValueError: x"')), right);
    assert.deepEqual(judge(expecting(400, { error: 'x' }), reply(400, '{"error":"x"}')), right);
    const marked = reply(200, '[1]', { 'x-ms-run-function-failed': 'true' });
    assert.match(problems(expecting('2xx'), marked).join(), /scoring script/);
  });

  it('puts what the user expects above all that it thinks of a reply', async () => {
    for (const [expected, text] of [
      ['ValueError: x', '"ValueError: x"'],
      [{ error: 'none of it' }, '{"error":"none of it"}'],
      [['NaN'], '["NaN"]'],
      ['[16.768081032248897]', '"[16.768081032248897]"'],
    ] as const)
      assert.deepEqual(judge(expecting('2xx', expected), reply(200, text)), right, text);
    const byPath = { ...expecting('2xx'), expectedPaths: [['$.error', 'x']] as const };
    const assertions = [await pathAssertion('$.error', 'x', exact)];
    assert.deepEqual(judge({ ...byPath, assertions }, reply(200, '{"error":"x"}')), right);
    const bySchema = { ...expecting('2xx'), assertions: [await schemaAssertion({})] };
    assert.match(
      problems(bySchema, reply(200, '"ValueError: x"')).join(),
      /is error text/,
      'a schema says nothing of it',
    );
  });

  it('warns of JSON within a JSON text, and judges what is within', () => {
    const twice = (value: unknown) => reply(200, JSON.stringify(JSON.stringify(value)));
    for (const request of [expecting('2xx'), expecting('2xx', [16.5])]) {
      const { problems: none, warnings } = judge(request, twice([16.5]));
      assert.deepEqual(none, []);
      assert.match(warnings.join(), /encoded twice.*"expected" that is this text/s);
    }
    assert.match(
      problems(expecting('2xx', [17]), twice([16.5])).join(),
      /Within the JSON text of the reply: \$\[0\]: expected 17/,
    );
    assert.match(problems(expecting('2xx'), twice({ error: 'no' })).join(), /its "error" says: "no"/);
  });

  it('says of text in the place of a value what it most likely is', () => {
    const said = problems(expecting('2xx', [1]), reply(200, '"the model was not loaded"')).join();
    assert.match(said, /is a text and not the expected value: the model was not loaded\. .*returns str\(error\)/);
  });

  it('compares only JSON, and reads it as other clients do', () => {
    assert.match(problems(expecting('2xx', 1), reply(200, 'one')).join(), /not JSON, so that it cannot be compared/);
    assert.deepEqual(judge(expecting('2xx'), reply(200, 'one')), right);
    assert.deepEqual(judge(expecting('2xx', ['ü']), reply(200, '\uFEFF["ü"]')), right);
    const latin = reply(200, Buffer.from('["ü"]', 'latin1'), {
      'content-type': 'application/json; charset=ISO-8859-1',
    });
    assert.deepEqual(judge(expecting('2xx', ['ü']), latin), right);
    assert.deepEqual(judge(expecting('2xx', 1), reply(200, '1', { 'content-type': 'x; charset=none-such' })), right);
  });

  it('loses no digit of a number', () => {
    const id = expecting('2xx', parseExact('{"id": 9007199254740993}'));
    assert.deepEqual(judge(id, reply(200, '{"id":9007199254740993}')), right);
    assert.match(problems(id, reply(200, '{"id":9007199254740992}')).join(), /expected 9007199254740993/);
  });

  const hostile: Array<[string, string | Buffer, RegExp]> = [
    ['lists within lists', '['.repeat(20_000) + ']'.repeat(20_000), /nested more than 1000 levels deep/],
    ['objects within objects', '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000), /nested more than 1000/],
    ['the same within a JSON text', JSON.stringify('['.repeat(20_000) + ']'.repeat(20_000)), /nested more than 1000/],
    ['an endless number', `{"predictions":[${'9'.repeat(1_000_000)}]}`, /expected 1, got 9999/],
    ['a number without end', '{"predictions":[1e999999999]}', /expected 1, got 1e999999999/],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00, 0x5b]), /is not JSON/],
    ['another prototype', '{"__proto__":{"predictions":[1]}}', /\$\.predictions: it is missing/],
    ['other names', '{"constructor":1,"toString":2}', /\$\.predictions: it is missing/],
  ];
  for (const [what, body, message] of hostile) {
    it(`fails ${what}, and nothing worse`, () => {
      assert.match(problems(expecting('2xx', { predictions: [1] }), reply(200, body)).join(), message);
    });
  }
});
