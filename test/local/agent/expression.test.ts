import assert from 'node:assert/strict';
import { evaluate, textOf, type Value } from '../../../local/agent/pipeline/expression';

const variables = { 'Build.Reason': 'Manual', size: 'Large', empty: '' };
const dependencies = { Train: { result: 'Succeeded', outputs: { 'train.modelVersion': '2' } } };

const table: Array<[expression: string, value: Value]> = [
  ["'it''s'", "it's"],
  ['1.50', 1.5],
  ['-2', -2],
  ['TRUE', true],
  ["eq(variables['Build.Reason'], 'manual')", true],
  ['eq(variables.size, variables.nosuch)', false],
  ["eq(variables.nosuch, '')", true],
  ["eq(2, '2.0')", true],
  ["eq(true, 'x')", true],
  ["ne('a', 'A')", false],
  ["and(eq(1, 1), not(eq(1, 2)), 'text')", true],
  ["and('', nosuch())", false],
  ["or(false, eq(dependencies.Train.outputs['train.modelVersion'], '2'))", true],
  ['dependencies.Other.outputs.x', null],
  ["in('b', 'a', 'B')", true],
  ["notIn('c', 'a', 'b')", true],
  ["startsWith('refs/heads/main', 'REFS/')", true],
  ["endsWith('a.md', '.txt')", false],
  ["contains('abc', 'B')", true],
  ["coalesce(variables.nosuch, '', 'x')", 'x'],
  ["format('{0}-{1} {{}}', variables.size, 3)", 'Large-3 {}'],
  ["iif(eq(1, 2), 'a', 'b')", 'b'],
  ["gt(3, '20')", false],
  ["le('a', 'b')", true],
  ["length('abc')", 3],
  ["replace(lower('A-B'), '-', '_')", 'a_b'],
  ["join(',', split('a;b', ';'))", 'a,b'],
];

describe('expressions', () => {
  for (const [expression, value] of table) {
    it(`evaluate ${expression}`, () => {
      assert.deepEqual(evaluate(expression, { values: { variables, dependencies } }), value);
    });
  }

  const faults: Array<[expression: string, message: RegExp]> = [
    ["eq(1, 'a", /Unexpected ''a' in the expression/],
    ['eq(1, 2))', /Unexpected '\)'/],
    ['', /Unexpected end/],
    ['nosuch(1)', /Unrecognized function: 'nosuch'/],
    ['stages.x', /Unrecognized value: 'stages'/],
  ];
  for (const [expression, message] of faults) {
    it(`refuse ${JSON.stringify(expression)}`, () => {
      assert.throws(() => evaluate(expression, { values: { variables } }), message);
    });
  }

  it('are written into text as Azure Pipelines writes them', () => {
    assert.deepEqual([true, null, 1.5, 'a', ['b']].map(textOf), ['True', '', '1.5', 'a', '["b"]']);
  });
});
