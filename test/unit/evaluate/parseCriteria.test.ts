import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';

const one = (text: string) => {
  const { criteria, problems } = parseCriteria(text);
  assert.deepEqual(problems, []);
  assert.equal(criteria.length, 1);
  return criteria[0]!;
};

/** "line:column message" of each mistake. */
const mistakes = (text: string) =>
  parseCriteria(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('Evaluate: criteria', () => {
  it('reads what a release approver would write', () => {
    assert.deepEqual(one('rmse <= 5.0'), {
      text: 'rmse <= 5.0',
      line: 1,
      metric: 'rmse',
      slice: [],
      operator: '<=',
      limit: { kind: 'number', value: 5 },
    });
    assert.deepEqual(one('auc >= champion + 0.005').limit, { kind: 'champion', factor: 1, offset: 0.005 });
    assert.deepEqual(one('auc >= champion-.01').limit, { kind: 'champion', factor: 1, offset: -0.01 });
    assert.deepEqual(one('rmse <= champion * 0.98').limit, { kind: 'champion', factor: 0.98, offset: 0 });
    assert.deepEqual(one('rmse < champion').limit, { kind: 'champion', factor: 1, offset: 0 });
    assert.deepEqual(one('r2 > -1.5e-3').limit, { kind: 'number', value: -0.0015 });
    assert.equal(one('errors == 0').operator, '==');
  });

  it('shares the level out among the looks at the same rows', () => {
    assert.equal(one('rmse < champion with 95% confidence over 5 looks').confidence, 0.99);
    assert.equal(one('rmse < champion with 95% confidence over 1 looks').confidence, 0.95);
    assert.deepEqual(mistakes('rmse < champion with 95% confidence over 1.5 looks'), [
      '1:42 looks are counted in whole numbers from 1 on.',
    ]);
    assert.deepEqual(mistakes('rmse < champion with 95% confidence over 5 times'), [
      '1:44 after "over 5" comes the word looks, not "times".',
    ]);
    assert.deepEqual(mistakes('rmse < champion with 95% confidence over 501 looks'), [
      '1:37 each look would need more than 99.99% confidence; take fewer looks or less confidence.',
    ]);
  });

  it('reads slices and confidence', () => {
    const { metric, slice, confidence } = one('accuracy[region=eu, age=18-25] >= 0.9 with 95% confidence');
    assert.equal(metric, 'accuracy');
    assert.deepEqual(slice, [
      { key: 'region', value: 'eu' },
      { key: 'age', value: '18-25' },
    ]);
    assert.equal(confidence, 0.95);
    assert.deepEqual(one('f1["grade level" = "very good"] > 0.5').slice, [{ key: 'grade level', value: 'very good' }]);
  });

  it('takes a metric called max, and the ends of what is allowed', () => {
    assert.equal(one('max > 0').metric, 'max');
    assert.equal(one('min[a=b] > 0').metric, 'min');
    for (const [percent, confidence] of [
      ['50', 0.5],
      ['99.9', 0.999],
    ] as const) {
      assert.ok(Math.abs(one(`a > 0 with ${percent}% confidence`).confidence! - confidence) < 1e-12);
    }
    assert.equal(one('a > 0 with 95% confidence over 500 looks').confidence, 0.9999);
  });

  it('reads names as MLflow allows them', () => {
    for (const name of ['val/rmse', 'test.f1-score', 'mean_absolute_error', 'a:b', 'précision']) {
      assert.equal(one(`${name} > 0`).metric, name);
    }
    assert.equal(one('"my metric" > 0').metric, 'my metric');
    // In quotes each sign stands for itself; a backslash takes the next one as it is.
    for (const [written, meant] of [
      ['a \\"b\\"', 'a "b"'],
      ['a\\\\b', 'a\\b'],
      ['a # b', 'a # b'],
      ['champion', 'champion'],
      ['[', '['],
    ] as const) {
      assert.equal(one(`"${written}" > 0`).metric, meant);
      assert.equal(one(`a["${written}"="${written}"] > 0`).slice[0]!.key, meant);
    }
  });

  it('reads a sign before a number', () => {
    assert.deepEqual(one('a > +0.5').limit, { kind: 'number', value: 0.5 });
    assert.deepEqual(one('a > - 0.5').limit, { kind: 'number', value: -0.5 });
    assert.ok(Object.is((one('a > -0').limit as { value: number }).value, 0));
    assert.ok(Object.is((one('a > champion - 0').limit as { offset: number }).offset, 0));
  });

  it('passes over comments and blank lines, and counts lines as the user sees them', () => {
    const { criteria, problems } = parseCriteria('# what we want\r\n\r\n  rmse <= 5 # dollars\n\n\tr2 > 0.9  ');
    assert.deepEqual(problems, []);
    assert.deepEqual(
      criteria.map(({ line, text }) => [line, text]),
      [
        [3, 'rmse <= 5'],
        [5, 'r2 > 0.9'],
      ],
    );
  });

  it('names line and column of every mistake at once', () => {
    assert.deepEqual(mistakes('rmse <= \nauc => 0.5\nr2 > 0.9\n5 > rmse'), [
      '1:8 after the operator comes a number or "champion", but the line ends.',
      '2:5 "=" is not an operator; write == for equality, <= or >= for a limit.',
      '4:1 a criterion starts with a metric\'s name, not "5".',
    ]);
  });

  for (const [text, expected] of [
    ['rmse 5', '1:6 after the metric comes one of < <= > >= ==, not "5".'],
    ['rmse', '1:5 after the metric comes one of < <= > >= ==, but the line ends.'],
    ['rmse <= 5,0', '1:10 decimals are written with a point, e.g. 0.95.'],
    ['rmse <= 5 dollars', '1:11 "dollars" is not expected here; the criterion should end before it.'],
    ['rmse <= NaN', '1:9 NaN is not a limit: every comparison with it is refused.'],
    ['rmse <= champion * 0', '1:20 a factor must be above zero; for a margin write champion + x.'],
    ['rmse <= champion *', '1:19 here should stand a number such as 0.95, but the line ends.'],
    ['rmse <= 0.98 * champion', '1:14 write the champion first: champion * 0.98.'],
    ['rmse <= champion * 0.98 + 1', '1:25 "+" is not expected here; the criterion should end before it.'],
    [
      'champion >= auc',
      '1:1 the metric comes first and the champion after the operator, e.g. rmse <= champion * 0.98.',
    ],
    ['acc[region] > 1', '1:11 after "region" comes "=" and a value, as in [region=eu].'],
    ['acc[region=eu > 1', '1:15 ">" has no meaning in a criterion.'],
    ['acc[region=eu', '1:14 the slice is not closed: "]" is missing, but the line ends.'],
    ['acc[a=1, a=2] > 1', '1:13 the slice names "a" twice.'],
    ['auc > 0.9 with 95 confidence', '1:19 after 95 comes "%", as in with 95% confidence, not "confidence".'],
    ['auc > 0.9 with 100% confidence', '1:16 a confidence lies between 50% and 99.9%.'],
    ['auc == 0.9 with 95% confidence', '1:12 equality cannot be had with a confidence; use < <= > or >=.'],
    ['auc ≥ 0.9', '1:5 "≥" has no meaning in a criterion. Write >=.'],
    [
      'rmse <= $(metricThreshold)',
      '1:9 "$" has no meaning in a criterion. Is it a variable that the pipeline does not set?',
    ],
    ['"auc > 1', '1:1 the quoted name is not closed: a second " is missing.'],
    ['rmse <= 1e999', '1:9 1e999 is too large.'],
    ['rmse <= -infinity', '1:10 infinity is not a limit: every comparison with it is refused.'],
    ['rmse <= info', '1:9 after the operator comes a number or "champion", not "info".'],
    ['rmse <= xinf', '1:9 after the operator comes a number or "champion", not "xinf".'],
    // What is quoted is a name, never a word of the language.
    ['"" > 1', '1:1 a criterion starts with a metric\'s name, not """".'],
    ['acc[""=eu] > 1', '1:5 here should stand a column, as in [region=eu], not """".'],
    ['rmse <= "champion"', '1:9 after the operator comes a number or "champion", not ""champion"".'],
    ['rmse <= "nan"', '1:9 after the operator comes a number or "champion", not ""nan"".'],
    ['rmse <= 5 "with" 95% confidence', '1:11 ""with"" is not expected here; the criterion should end before it.'],
    ['rmse <= + - 5', '1:11 after the operator comes a number or "champion", not "-".'],
    ['rmse <= - + 5', '1:11 after the operator comes a number or "champion", not "+".'],
    ['max', '1:4 after the metric comes one of < <= > >= ==, but the line ends.'],
    ['maximum difference of a over b <= 1', '1:9 after the metric comes one of < <= > >= ==, not "difference".'],
    ['climax difference of a over b <= 1', '1:8 after the metric comes one of < <= > >= ==, not "difference".'],
    ['acc "[" region=eu] > 1', '1:5 after the metric comes one of < <= > >= ==, not ""["".'],
    ['acc[=eu] > 1', '1:5 here should stand a column, as in [region=eu], not "=".'],
    ['acc[region=] > 1', '1:12 here should stand a value, as in [region=eu], not "]".'],
    ['auc > 0.9 with 95% sureness', '1:20 after "%" comes the word confidence, not "sureness".'],
    ['auc > 0.9 with 95%', '1:19 after "%" comes the word confidence, but the line ends.'],
    ['auc > 0.9 with 49.9% confidence', '1:16 a confidence lies between 50% and 99.9%.'],
    ['auc > 0.9 with 95% confidence over 0 looks', '1:36 looks are counted in whole numbers from 1 on.'],
    ['auc ≤ 0.9', '1:5 "≤" has no meaning in a criterion. Write <=.'],
    ['auc != 0.9', '1:5 "!" has no meaning in a criterion. "Not equal" is not a criterion.'],
    ['auc & 0.9', '1:5 "&" has no meaning in a criterion.'],
    [
      'min ratio of auc over a <= 1 with 95% confidence',
      '1:30 confidence in a ratio between groups takes >= or > and a number, as in >= 0.8.',
    ],
    [
      'max difference of auc over a > 1 with 95% confidence',
      '1:34 confidence in a difference between groups takes <= or < and a number, as in <= 0.05.',
    ],
  ] as const) {
    // prettier-ignore
    it(`refuses ${text}`, () => assert.deepEqual(mistakes(text), [expected]));
  }

  it('never throws, and finds in each line a criterion, a mistake or nothing', () => {
    const piece = fc.constantFrom('rmse', '<=', '>', '5', '.5', 'champion', '*', '+', '-', '[', ']', 'a=b', 'with', '95', '%', 'confidence', '"', '#', ' ', '\n', '∞'); // prettier-ignore
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join(' ')),
    );
    fc.assert(
      fc.property(text, (input) => {
        const { criteria, problems } = parseCriteria(input);
        const lines = input.split(/\r\n|\n|\r/);
        for (const { line, column } of problems) {
          assert.ok(column >= 1 && column <= lines[line - 1]!.length + 1);
        }
        assert.ok(criteria.length + problems.length <= lines.length);
      }),
    );
  });
});
