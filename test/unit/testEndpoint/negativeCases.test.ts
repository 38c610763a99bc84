import assert from 'node:assert/strict';
import { negativeCases, negativeKinds } from '../../../tasks/TestEndpoint/robustness/negativeCases';

const good = {
  url: new URL('http://localhost:5001/score'),
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
  body: Buffer.from('{}'),
};
const bodies = (json: unknown, hasKey = false) =>
  Object.fromEntries(
    negativeCases(negativeKinds, good, json, hasKey).map(({ kind, request, why }) => {
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
      negativeCases(['wrongKey', 'missingKey'], good, {}, true).map((each) => [each.kind, each.request]),
    );
    assert.equal(byKind.get('wrongKey')?.headers.authorization, 'Bearer not-the-key');
    assert.equal(byKind.get('missingKey')?.headers.authorization, undefined);
  });
  it('do not change the good request', () => {
    const json = { data: [{ a: 1 }] };
    negativeCases(negativeKinds, good, json, true);
    assert.deepEqual(json, { data: [{ a: 1 }] });
  });
});
