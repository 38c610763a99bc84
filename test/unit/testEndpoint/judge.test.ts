import assert from 'node:assert/strict';
import { valueAssertion } from '../../../tasks/TestEndpoint/requests/assertions';
import { judge } from '../../../tasks/TestEndpoint/requests/answerVerdict';

const reply = (status: number, body: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(body),
  milliseconds: 1,
});
const expecting = (expectStatus: number | string, expected?: unknown) => ({
  expectStatus,
  assertions: expected === undefined ? [] : [valueAssertion(expected, { absolute: 0, relative: 0 })],
});

describe('the judgement on a reply', () => {
  it('looks at the status first', () => {
    assert.deepEqual(judge(expecting('2xx'), reply(500, '1')), ['The status is 500, expected 2xx.']);
    assert.deepEqual(judge(expecting(200, 1), reply(201, '1')), ['The status is 201, expected 200.']);
    assert.deepEqual(judge(expecting('2xx'), reply(302, '')), ['The status is 302, expected 2xx.']);
    assert.deepEqual(judge(expecting('4xx'), reply(200, '1')), ['The status is 200, expected 4xx.']);
    assert.deepEqual(judge(expecting('2xx', 1), reply(201, '1')), []);
  });
  it('finds what a success hides, and takes error text for right where an error is expected', () => {
    assert.match(judge(expecting('2xx'), reply(200, '"ValueError: x"'))[0] ?? '', /is error text/);
    assert.deepEqual(judge(expecting('4xx'), reply(400, '"ValueError: x"')), []);
    assert.deepEqual(judge(expecting(400, { error: 'x' }), reply(400, '{"error":"x"}')), []);
    assert.match(
      judge(expecting('2xx'), reply(200, '[1]', { 'x-ms-run-function-failed': 'true' }))[0] ?? '',
      /scoring script/,
    );
  });
  it('compares only JSON', () => {
    assert.match(judge(expecting('2xx', 1), reply(200, 'one'))[0] ?? '', /not JSON, so that it cannot be compared/);
    assert.deepEqual(judge(expecting('2xx'), reply(200, 'one')), []);
  });
});
