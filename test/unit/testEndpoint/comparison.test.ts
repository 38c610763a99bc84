import assert from 'node:assert/strict';
import { parseExact } from '../../../tasks/common/json/exactJson';
import { differences } from '../../../tasks/common/comparison/differences';

const exact = { absolute: 0, relative: 0 };

describe('comparison of replies', () => {
  const table: Array<[string, unknown, unknown, { absolute: number; relative: number }, RegExp | undefined]> = [
    ['equal values', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }, exact, undefined],
    ['a number within the absolute bound', 1.05, 1, { absolute: 0.1, relative: 0 }, undefined],
    ['a number within the relative bound', 101, 100, { absolute: 0, relative: 0.01 }, undefined],
    ['a negative number within the relative bound', -101, -100, { absolute: 0, relative: 0.01 }, undefined],
    ['a number outside both', 102, 100, { absolute: 0.5, relative: 0.01 }, /differs by 2, allowed 1\.5/],
    ['NaN in place of a number', NaN, 1, { absolute: 1e9, relative: 0 }, /expected 1/],
    ['a number that became text', '5', 5, exact, /expected 5 \(number\), got "5" \(string\)/],
    ['a boolean that became text', 'True', true, exact, /expected true \(boolean\), got "True" \(string\)/],
    ['null for a value', null, 0, exact, /expected 0 \(number\), got null \(null\)/],
    ['a list that is too short', [1], [1, 2], exact, /expected 2 elements, got 1/],
    ['a missing field', { a: 1 }, { a: 1, b: 2 }, exact, /\$\.b: it is missing/],
    ['a field too many', { a: 1, b: 2 }, { a: 1 }, exact, /\$\.b: it was not expected/],
    [
      'a difference far inside',
      { p: [{ x: 1 }, { x: 3 }] },
      { p: [{ x: 1 }, { x: 2 }] },
      exact,
      /^\$\.p\[1\]\.x: expected 2, got 3/,
    ],
    ['an object for a list', {}, [], exact, /expected a list/],
  ];
  for (const [what, actual, expected, tolerance, message] of table) {
    it(`${message ? 'finds' : 'accepts'} ${what}`, () => {
      const found = differences(actual, expected, tolerance);
      if (message) assert.match(found[0] ?? '', message);
      else assert.deepEqual(found, []);
    });
  }

  const loose = { absolute: 1e-6, relative: 1e-6 };
  const numbers: Array<
    [actual: string, expected: string, { absolute: number; relative: number; ofRequest?: boolean }, RegExp?]
  > = [
    ['9007199254740993', '9007199254740993', loose],
    ['9007199254740992', '9007199254740993', loose, /expected 9007199254740993, got 9007199254740992 \(whole numbers/],
    ['9007199254740992', '9007199254740993', exact, /expected 9007199254740993/],
    ['9007199254740992', '9007199254740993', { ...loose, ofRequest: true }],
    ['{"id": 12345678901234567890}', '{"id": 12345678901234567891}', loose, /^\$\.id: expected 12345678901234567891/],
    ['1.0', '1', exact],
    ['1e2', '100.0', exact],
    ['0.1000000000000000055', '0.1', exact, /differs by 5\.5e−18, allowed 0/],
    ['0.1000000000000000055', '0.1', loose],
    ['1e400', '1e400', exact],
    ['1.0000001e400', '1e400', loose],
    ['2e400', '1e400', loose, /expected 1e400, got 2e400/],
    ['1e999999999', '1', loose, /expected 1, got 1e999999999/],
    [`1${'0'.repeat(100_000)}1`, '1', exact, /expected 1, got 1000/],
    ['"9007199254740993"', '9007199254740993', exact, /got "9007199254740993" \(string\)/],
    ['{}', '9007199254740993', exact, /expected 9007199254740993 \(number\), got \{\} \(object\)/],
    ['9007199254740993', '{}', exact, /expected an object, got 9007199254740993 \(number\)/],
    ['{"__proto__": 1}', '{"__proto__": 2}', exact, /__proto__: expected 2, got 1/],
  ];
  for (const [actual, expected, tolerance, message] of numbers) {
    it(`${message ? 'tells' : 'takes'} ${actual.slice(0, 40)} ${message ? 'from' : 'for'} ${expected}`, () => {
      const found = differences(parseExact(actual), parseExact(expected), tolerance);
      if (message) assert.match(found[0] ?? '', message);
      else assert.deepEqual(found, []);
    });
  }

  it('stops at five differences', () => {
    assert.equal(differences([1, 2, 3, 4, 5, 6, 7], [0, 0, 0, 0, 0, 0, 0], exact).length, 5);
  });
});
