import assert from 'node:assert/strict';
import { parseExact } from '../../../tasks/common/json/exactJson';
import { badRequests, negativeKinds } from '../../../tasks/TestEndpoint/robustness/badRequests';

const good = {
  url: new URL('http://localhost:5001/score'),
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
  body: Buffer.from('{}'),
};
const bodies = (json: unknown, hasKey = false) =>
  Object.fromEntries(
    badRequests(negativeKinds, good, json, hasKey).map(({ kind, request, why }) => {
      const text = request?.body?.toString();
      return [
        kind,
        why ??
          (text && text.length < 1000 && kind !== 'malformedJson' ? (JSON.parse(text || 'null') as unknown) : text),
      ];
    }),
  );

describe('bad requests', () => {
  it('are made from a list of records', () => {
    const made = bodies({ data: [{ a: 1, b: 'x' }] });
    assert.equal(made.malformedJson, '{"data":[{"a":1,"b":"x"}]');
    assert.deepEqual(made.missingColumn, { data: [{ b: 'x' }] });
    assert.deepEqual(made.extraColumn, { data: [{ a: 1, b: 'x', unexpected_column: 1 }] });
    assert.deepEqual(made.wrongType, { data: [{ a: 'not a number', b: 'x' }] });
  });
  it("are made from pandas' split form, whose index is left alone", () => {
    const made = bodies({ input_data: { index: [0], columns: ['a', 'b'], data: [[1, 2]] } });
    assert.deepEqual(made.missingColumn, { input_data: { index: [0], columns: ['b'], data: [[2]] } });
    assert.deepEqual(made.extraColumn, {
      input_data: { index: [0], columns: ['a', 'b', 'unexpected_column'], data: [[1, 2, 1]] },
    });
    assert.deepEqual(made.wrongType, { input_data: { index: [0], columns: ['a', 'b'], data: [['not a number', 2]] } });
  });
  it('are made from a single record, and only in it', () => {
    assert.deepEqual(bodies({ a: 1, b: 2 }).missingColumn, { b: 2 });
  });
  it('say why they cannot be made', () => {
    assert.match(String(bodies([[1, 2]]).missingColumn), /no named columns/);
    assert.match(String(bodies('text').wrongType), /no number/);
    assert.match(String(bodies(undefined).malformedJson), /not JSON/);
    assert.match(String(bodies({}).wrongKey), /takes no key/);
  });
  it('try a wrong key and none where the endpoint takes one', () => {
    const byKind = new Map(
      badRequests(['wrongKey', 'missingKey'], good, {}, true).map((each) => [each.kind, each.request]),
    );
    assert.equal(byKind.get('wrongKey')?.headers.authorization, 'Bearer not-the-key');
    assert.equal(byKind.get('missingKey')?.headers.authorization, undefined);
  });
  it('say what is sent', () => {
    const names = (json: unknown) => badRequests(negativeKinds, good, json, true).map(({ name }) => name);
    assert.deepEqual(names({ data: [{ age: 1, b: 'x' }] }), [
      'JSON that is cut off',
      'text instead of the number at data[0].age',
      'without the column "age"',
      'with an additional column',
      'an empty body',
      'a body of 16 MB',
      'DELETE instead of POST',
      'a wrong key',
      'without the key',
    ]);
    assert.equal(names([[1, 2]])[1], 'text instead of the number at [0][0]');
  });
  it('keep every other number as it is written', () => {
    const made = badRequests(['extraColumn', 'wrongType'], good, parseExact('{"a":1.0,"b":2.50}', 'all'), false);
    assert.deepEqual(
      made.map(({ request }) => request!.body!.toString()),
      ['{"a":1.0,"b":2.50,"unexpected_column":1}', '{"a":"not a number","b":2.50}'],
    );
  });
  it('do not change the good request', () => {
    const json = { data: [{ a: 1 }] };
    badRequests(negativeKinds, good, json, true);
    assert.deepEqual(json, { data: [{ a: 1 }] });
  });
});
