import assert from 'node:assert/strict';
import { hiddenFaults } from '../../../tasks/TestEndpoint/requests/hiddenFaults';
import { plainJson } from '../../../tasks/TestEndpoint/requests/replyText';

describe('faults that a success status hides', () => {
  const hidden: Array<[string, string, RegExp | undefined]> = [
    ['a prediction', '{"predictions":[1.5]}', undefined],
    ['a word', '"setosa"', undefined],
    ['a label that ends like an error', '"terror"', undefined],
    ['a sentence about errors', '"Error handling in Python is done by exceptions."', undefined],
    ['a text that is not JSON', 'setosa', undefined],
    ['nothing', '', undefined],
    ['a number', '1.5', undefined],
    ['a number in a text', '"1.5"', undefined],
    ['an empty error list', '{"errors":[],"predictions":[1]}', undefined],
    ['an empty error object', '{"errors":{},"predictions":[1]}', undefined],
    ['how far a prediction may be off', '{"prediction":3.2,"error":0.4}', undefined],
    ["an error's code", '{"error":17,"message":"no such column"}', /its "error" says: 17/],
    ['no error', '{"error":null,"predictions":[1]}', undefined],
    ["the quickstart's exception text", '"could not convert string to float: \'x\'"', /error text/],
    ['a KeyError as text', '"\'data\'"', /error text/],
    ['a traceback', 'Traceback (most recent call last):\n  File', /error text/],
    ['an exception name', '"ValueError: X has 12 features"', /error text/],
    ["an exception's repr", '"builtins.KeyError(\'data\')"', /error text/],
    [
      "scikit-learn's complaint",
      '"X has 2 features, but LinearRegression is expecting 3 features as input."',
      /error text/,
    ],
    ["Python's complaint", "\"'NoneType' object has no attribute 'predict'\"", /error text/],
    ["json's complaint", '"Expecting value: line 1 column 1 (char 0)"', /error text/],
    ['a word of excuse', '"An unexpected error occurred"', /error text/],
    ["a web server's page", 'Internal Server Error', /error text/],
    ['an error field', '{"error":"no such column"}', /its "error" says/],
    ['an error field by another name', '{"Traceback":"File 1"}', /its "Traceback" says/],
    ['NaN as Python writes it', '{"predictions":[NaN]}', /not JSON/],
    ['an infinity as Python writes it', '[-Infinity]', /not JSON/],
    ['a bare NaN', 'NaN', /not JSON/],
    ['NaN as text', '{"predictions":["NaN"]}', /"NaN" at \$\.predictions\[0\]/],
    ['an infinity as text', '[{"cost":"-inf"}]', /"-inf" at \$\[0\]\.cost/],
  ];
  for (const [what, text, message] of hidden) {
    it(`${message ? 'finds' : 'accepts'} ${what}`, () => {
      const found = hiddenFaults(text, plainJson(text));
      if (message) assert.match(found[0] ?? '', message);
      else assert.deepEqual(found, []);
    });
  }

  it('finds JSON that is none', () => {
    const of = (contentType: string) =>
      hiddenFaults('{"predictions": [1,]}', undefined, { 'content-type': contentType });
    assert.match(of('application/json; charset=utf-8')[0] ?? '', /says that it is JSON .* and is not/);
    assert.deepEqual(of('text/plain'), []);
  });

  it("finds the mark of Azure ML's inference server", () => {
    assert.match(hiddenFaults('[1]', [1], { 'x-ms-run-function-failed': 'True' })[0] ?? '', /scoring script failed/);
    assert.deepEqual(hiddenFaults('[1]', [1], { 'x-ms-run-function-failed': 'False' }), []);
  });
});
