import assert from 'node:assert/strict';
import { evaluate, isTrue, textOf, type Value } from '../../../local/agent/pipeline/expression';
import { fixed } from '../../../local/agent/pipeline/expressionFunctions';
import { Moment, Version } from '../../../local/agent/pipeline/expressionValue';

const variables = { 'Build.Reason': 'Manual', size: 'Large', empty: '', 'app.one': '1', 'app.two': '2' };
const dependencies = { Train: { result: 'Succeeded', outputs: { 'train.modelVersion': '2' } } };
const parameters: Value = {
  steps: [
    { script: 'a', env: { x: '1' } },
    { bash: 'b', env: { x: '2' } },
    { script: 'c', env: { y: '3' } },
  ],
};
const pipeline = { startTime: new Moment(new Date('2026-03-04T05:06:07.089Z')) };
const things: Value[] = [{}, [], { a: 'b' }];

function valueOf(expression: string, thing: Value = null): Value {
  const values = { variables, dependencies, parameters, pipeline };
  return evaluate(expression, { values, functions: { thing: fixed(0, () => thing) } });
}

/** Each line holds expressions that are true; they follow the rules of the agent's own expression tests. */
const truths: Record<string, string[]> = {
  'casts to a boolean': [
    'true',
    'TRUE',
    'not(false)',
    'not(FALSE)',
    '1',
    '.5',
    '0.5',
    '2',
    '-1',
    '-.5',
    '-0.5',
    '-2',
    'not(0)',
    'not(0.0)',
    'not(-0)',
    'not(-0.0)',
    "'a'",
    "'false'",
    "'0'",
    "' '",
    "not('')",
    '1.2.3',
    '1.2.3.4',
    '0.0.0',
    "not(not(' '))",
  ],
  'casts to a number': [
    'eq(1, true)',
    'eq(0, false)',
    'not(eq(2, true))',
    "eq(0, '')",
    "eq(123456.789, ' 123,456.789 ')",
    "eq(123456.789, ' +123,456.7890 ')",
    "eq(-123456.789, ' -123,456.789 ')",
    "eq(123000, ' 123,000.000 ')",
    "ne(1, 'not a number')",
    "ne(0, 'not a number')",
    'ne(1.2, 1.2.0)',
    'ne(0, 0.0.0)',
    'ne(1.2, 1.2.0.0)',
    'gt(1, false)',
    'not(gt(1, true))',
    'lt(0, true)',
    "gt(123456.789, ' +123,456.788 ')",
    "not(gt(123456.789, ' +123,456.7899 '))",
    "gt(-123456.789, ' -123,456.7899 ')",
    "lt(-123456.7899, ' -123,456.789 ')",
  ],
  'casts to text': [
    "eq('true', true)",
    "eq('TRue', true)",
    "eq('FALse', false)",
    "eq('1', 1)",
    "eq('0.5', .5)",
    "eq('-0.5', -.5)",
    "eq('-2', -2.0)",
    "eq('0', 0.0)",
    "eq('0', -0)",
    "eq('0', -0.0)",
    "eq('123456.789', 123456.789)",
    "ne('123456.000', 123456.000)",
    "eq('1.2.3', 1.2.3)",
    "ne('1.2.3.0', 1.2.3)",
    "eq('0.0.0', 0.0.0)",
    "gt('UUU', true)",
    "not(gt('SSS', true))",
    "gt('123456.789', 123456.78)",
    "gt('1.2.3', 1.2.2)",
    "lt('SSS', true)",
    "eq('', variables.nosuch)",
    "contains(true, 'ru')",
    'contains(123456789, 456)',
    'contains(1.2.3.4, 2.3)',
    'endsWith(1.2.3.4, 3.4)',
    'not(endsWith(1.2.3.4, 3))',
    'startsWith(1.2.3.4, 1.2)',
    'startsWith(123456789, 123)',
    'not(contains(123456789, 321))',
    "endsWith(true, 'ue')",
    "startsWith(true, 'tr')",
  ],
  'casts to a version': [
    'ne(0.0.0.0, false)',
    'ne(1.2.3, true)',
    "eq(1.2.3.4, '1.2.3.4')",
    "eq(1.2.0, ' 1.2.0 ')",
    "ne(1.2.0, '1.2')",
    'ne(1.2.0, 1.2)',
    'gt(1.2.0, 1.1)',
    'not(gt(1.2.0, 1.3))',
    "gt(1.2.1, ' 1.2.0 ')",
    "not(gt(1.2.1, ' 1.2.1 '))",
    "not(gt(1.2.1, ' 1.2.2 '))",
    'lt(1.1.0, 1.2)',
    'not(lt(1.3.0, 1.2))',
    "lt(1.2.0, ' 1.2.1 ')",
    'ne(1.2.3, variables.nosuch)',
  ],
  compare: [
    'eq(1.2.3, 1.2.3)',
    'ne(1.2.3, 1.2.3.0)',
    'ne(1.2.3, 4.5.6)',
    'gt(1.10.0, 1.9.0)',
    'gt(1.2.10, 1.2.9)',
    'ge(1.10.0, 1.9.0)',
    'gt(4.5.6, 1.2.3)',
    'not(gt(1.2.3, 1.2.3))',
    'le(1.2.3, 1.2.3)',
    'not(le(4.5.6, 1.2.3))',
    'gt(true, false)',
    'not(gt(true, true))',
    'not(gt(false, true))',
    'gt(true, 0)',
    "gt(true, '')",
    "not(gt(true, ' '))",
    "not(gt(true, 'a'))",
    'not(gt(true, 0.0.0))',
    'lt(false, true)',
    'lt(false, 1)',
    'not(lt(false, 0))',
    "lt(false, 'a')",
    "lt(false, ' ')",
    "not(lt(false, ''))",
    'lt(false, 1.2.3)',
    'lt(false, 0.0.0)',
    'not(lt(true, 1.2.3))',
    "gt('DEF', 'abc')",
    "gt('def', 'ABC')",
    "not(gt('a', 'a'))",
    "lt('abc', 'DEF')",
    "le('ABC', 'def')",
    "ge('a', 'a')",
    'eq(true, 2)',
    "eq(true, ' ')",
    'eq(true, 0.0.0)',
    "eq('insensITIVE', 'INSENSitive')",
    "eq(variables.nosuch, '')",
    "gt('b_', 'Aa')",
    'lt(variables.nosuch, 1)',
  ],
  combine: [
    'and(true, 1)',
    'not(and(true, 0))',
    "and(true, 'a')",
    "not(and(true, ''))",
    'and(true, 0.0.0.0)',
    'or(false, 1.2.3)',
    "not(or(false, ''))",
    'xor(false, 1)',
    "xor(false, 'a')",
    "not(xor(false, ''))",
    'not(xor(true, true))',
    'xor(false, 0.0.0)',
    "not(and(false, gt(1, 'not a number')))",
    "or(true, gt(1, 'not a number'))",
    "in(true, true, gt(1, 'not a number'))",
    "not(notIn(true, true, gt(1, 'not a number')))",
    'in(true, false, false, true)',
    'in(2, 1, 2, 3)',
    "in('A', 'b', 'a')",
    'in(1.2.3, 1.1.1, 1.2.3)',
    'not(in(1.2.3, false))',
    "notIn('a', 'b', 'c')",
    "not(notIn(1.2.0, ' 1.2.0 '))",
    "notIn('123456.000', 123456.000)",
    "iif(true, true, gt(1, 'x'))",
  ],
  'work on text': [
    "contains('case insensITIVE match', 'INSENSitive')",
    "not(contains('does not match', 'zzz'))",
    "endsWith('case insensITIVE', 'INSENSitive')",
    "startsWith('insensITIVE case', 'INSENSitive')",
    "startsWith('refs/heads/main', 'REFS/')",
    "eq(length(split('a;b,c', ';,')), 3)",
  ],
};

const table: Array<[expression: string, value: Value]> = [
  ["'it''s'", "it's"],
  ['1.50', 1.5],
  ['-2', -2],
  ["eq(variables['Build.Reason'], 'manual')", true],
  ['eq(variables.size, variables.nosuch)', false],
  ["or(false, eq(dependencies.Train.outputs['train.modelVersion'], '2'))", true],
  ['dependencies.Other.outputs.x', null],
  ["coalesce(variables.nosuch, '', 'x')", 'x'],
  ["format('{0}-{1} {{}}', variables.size, 3)", 'Large-3 {}'],
  ["format('{0:yyyyMMdd-HHmm} {0:yy.M.d}', pipeline.startTime)", '20260304-0506 26.3.4'],
  ["iif(eq(1, 2), 'a', 'b')", 'b'],
  ["length('abc')", 3],
  ['length(parameters.steps)', 3],
  ["replace(lower('A-B'), '-', '$&')", 'a$&b'],
  ["join(',', split('a;b', ';'))", 'a,b'],
  ["join(',', parameters.steps.*.script)", 'a,c'],
  ["join(',', parameters.steps.*.env.x)", '1,2'],
  ["join(',', parameters.steps[*]['script'])", 'a,c'],
  ['parameters.steps[1].bash', 'b'],
  ["containsValue(variables.*, 'large')", true],
  ["containsValue(parameters.steps.*.script, 'z')", false],
  ["containsValue(variables, 'MANUAL')", true],
  ['Variables.SIZE', 'Large'],
  ["convertToJson(split('a', ','))", '[\n  "a"\n]'],
];

describe('expressions', () => {
  for (const [rule, expressions] of Object.entries(truths)) {
    it(`${rule} as those of the agent`, () => {
      for (const expression of expressions) assert.equal(isTrue(valueOf(expression)), true, expression);
    });
  }

  for (const [expression, value] of table) {
    it(`evaluate ${expression}`, () => assert.deepEqual(valueOf(expression), value));
  }

  it('take a list or a mapping for true, and equal to nothing else', () => {
    for (const thing of things) {
      assert.ok(isTrue(valueOf('thing()', thing)));
      for (const other of ['0', '-1', "''", '1.2.3'])
        assert.equal(valueOf(`ne(${other}, thing())`, thing), true, other);
    }
    assert.equal(valueOf('eq(thing(), 1.2)', new Version([1, 2])), true);
    assert.equal(valueOf("eq(thing(), '1.2')", new Version([1, 2])), true);
    assert.equal(valueOf('eq(thing(), 1.0)', new Version([1, 0])), false);
  });

  const faults: Array<[expression: string, message: RegExp]> = [
    ["eq(1, 'a", /Unexpected ''a' in the expression/],
    ['eq(1, 2))', /Unexpected '\)'/],
    ['', /Unexpected end/],
    ['nosuch(1)', /Unrecognized function: 'nosuch'/],
    ["and('', nosuch())", /Unrecognized function: 'nosuch'/],
    ['stages.x', /Unrecognized value: 'stages'/],
    ['eq(1.2, 3.4a)', /Unrecognized value: '3.4a'/],
    ['eq(1.2.3, 4.5.6.7a)', /Unrecognized value: '4.5.6.7a'/],
    ['1.2.3.4.5', /Unrecognized value: '1.2.3.4.5'/],
    ['and(true)', /Function 'and' takes at least 2 arguments, and has 1/],
    ['or(true)', /Function 'or' takes at least 2/],
    ['eq(1)', /Function 'eq' takes 2 arguments, and has 1/],
    ['eq(1, 2, 3)', /Function 'eq' takes 2 arguments, and has 3/],
    ['not()', /Function 'not' takes 1 arguments, and has 0/],
    ["in('a')", /Function 'in' takes at least 2/],
    ['iif(true)', /Function 'iif' takes 3 arguments, and has 1/],
    ["format('{1}', 1)", /format has no argument \{1\}/],
    ["gt(1, 'not a number')", /Unable to convert 'not a number' to a number/],
    ['gt(1.2, 1.2.0.0)', /Unable to convert '1\.2\.0\.0' to a number/],
    ['gt(1.2.3, false)', /Unable to convert 'False' to a version/],
    ['lt(1.2.0, 2147483648.1)', /Unable to convert '2147483648\.1' to a version/],
    ["lt(1.2.1, 'not a version')", /Unable to convert 'not a version' to a version/],
    ['lt(parameters.steps, 1)', /Unable to convert a list to a number/],
    ['upper(parameters)', /Unable to convert a mapping to text/],
  ];
  for (const [expression, message] of faults) {
    it(`refuse ${JSON.stringify(expression)}`, () => {
      assert.throws(() => valueOf(expression), message);
    });
  }

  it('are written into text as Azure Pipelines writes them', () => {
    const values = [true, null, 1.5, -0, 'a', new Version([1, 2, 3]), ['b']];
    assert.deepEqual(values.map(textOf), ['True', '', '1.5', '0', 'a', '1.2.3', '["b"]']);
  });
});
