import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { alone } from '../../../tasks/Evaluate/confidence/crew';
import { uncertainties } from '../../../tasks/Evaluate/confidence/uncertainty';
import { judge } from '../../../tasks/common/criteria/judge';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
// Made by fairness.py beside it, with fairlearn.
import reference from './reference/fairness.json';

const none = { kind: 'none', comparisons: 'skip' } as const;
const parse = (text: string) => {
  const { criteria, problems } = parseCriteria(text);
  assert.deepEqual(problems, []);
  return criteria[0]!;
};
const mistake = (text: string) => parseCriteria(text).problems.map(({ column, message }) => `${column} ${message}`);
const judged = (text: string, metrics: Record<string, number>) => judge(parse(text), metrics, none);

describe('Evaluate: differences between groups', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'disparity-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  const { region, label, prediction } = reference.data;
  const rows = region.map((name, row) => `${label[row]},${prediction[row]},${name}`);
  const write = (lines: string[]) => {
    const file = path.join(directory, `predictions-${Math.random()}.csv`);
    writeFileSync(file, ['label,prediction,region', ...lines].join('\n'));
    return file;
  };
  const sureness = async (text: string, lines = rows) => {
    const criterion = parse(text);
    const { byCriterion } = await uncertainties([criterion], { candidate: write(lines) }, alone());
    return byCriterion.get(criterion)!;
  };

  it('are read from a line', () => {
    const { metric, disparity, slice, operator, limit } = parse(
      'max difference of val/recall over "sales region" <= 0.05',
    );
    assert.deepEqual({ metric, disparity, slice }, { metric: 'val/recall', disparity: { kind: 'difference', over: 'sales region' }, slice: [] }); // prettier-ignore
    assert.deepEqual({ operator, limit }, { operator: '<=', limit: { kind: 'number', value: 0.05 } });
    assert.deepEqual(parse('min ratio of selection_rate over sex >= 0.8 with 95% confidence over 5 looks').looks, 5);
    assert.deepEqual(parse('max difference of recall over region <= champion').limit, {
      kind: 'champion',
      factor: 1,
      offset: 0,
    });
    assert.equal(parse('max <= 5').metric, 'max');
  });

  for (const [text, expected] of [
    ['max spread of recall over region <= 0.05', '5 after "max" comes difference or ratio'],
    ['max ratio of recall over region <= 0.05', '1 write max difference or min ratio'],
    ['max difference recall over region <= 0.05', '16 after "difference" comes the word of, not "recall"'],
    ['max difference of recall <= 0.05', '26 after "recall" comes the word over and a column'],
    ['max difference of recall over <= 0.05', '31 here should stand a column'],
    ['max difference of recall[a=b] over region <= 0.05', '25 after "recall" comes the word over'],
    [
      'max difference of recall over region >= 0.05 with 95% confidence',
      '46 confidence in a difference between groups takes <= or < and a number',
    ],
    [
      'min ratio of recall over region <= 0.8 with 95% confidence',
      '40 confidence in a ratio between groups takes >= or >',
    ],
    [
      'min ratio of recall over region >= champion with 95% confidence',
      '45 confidence in a ratio between groups takes',
    ],
  ] as const) {
    it(`are not read from "${text}"`, () => {
      const [first] = mistake(text);
      assert.ok(first?.startsWith(expected), first);
    });
  }

  for (const [name, expected] of Object.entries(reference.metrics)) {
    it(`of ${name} are what fairlearn says, by the logged slices`, () => {
      const logged = Object.fromEntries(
        Object.entries(expected.groups).map(([group, value]) => [`${name}/region/${group}`, value]),
      );
      const difference = judged(`max difference of ${name} over region <= 1`, logged);
      assert.ok(Math.abs(difference.candidate! - expected.difference) < 1e-12);
      const ratio = judged(`min ratio of ${name} over region >= 0`, logged);
      assert.ok(Math.abs(ratio.candidate! - expected.ratio) < 1e-12);
    });

    it(`of ${name} are what fairlearn says, by the rows`, async () => {
      for (const [text, value] of [
        [`max difference of ${name} over region <= 1 with 90% confidence`, expected.difference],
        [`min ratio of ${name} over region >= 0.01 with 90% confidence`, expected.ratio],
      ] as const) {
        const found = await sureness(text);
        assert.equal(found.kind, 'interval', JSON.stringify(found));
        assert.ok(Math.abs(found.candidate - value) < 1e-12, `${found.candidate} is not ${value}`);
        for (const [group, own] of Object.entries(expected.groups)) {
          assert.ok(Math.abs(found.groups!.get(group)! - own) < 1e-12, group);
        }
      }
    });
  }

  it('are judged by each way in which a slice may be logged, and name the groups at the ends', () => {
    const logged = {
      'recall[region=eu]': 0.9,
      'recall/region/us': 0.84,
      'recall.region.apac': 0.88,
      recall_region_la: 0.87,
    };
    const verdict = judged('max difference of recall over region <= 0.05', logged);
    assert.equal(verdict.passed, false);
    assert.match(
      verdict.explanation,
      /^max difference of recall over region is 0\.06, but must be at most 0\.05\. Lowest: us, 0\.84; highest: eu, 0\.9\.$/,
    );
    assert.equal(judged('max difference of recall over region <= 0.06', logged).passed, true);
  });

  for (const [what, logged, expected] of [
    [
      'one group',
      { 'recall/region/eu': 0.9 },
      /was not measured.* these slices: recall\/region\/eu\. A slice is logged as e\.g\. recall\.region\.a/,
    ],
    ['no group', { recall: 0.9 }, /was not measured/],
    ['a group that is NaN', { 'recall/region/eu': 0.9, 'recall/region/us': NaN }, /is NaN/],
    [
      'two values of one group',
      { 'recall/region/eu': 0.9, 'recall.region.eu': 0.8, 'recall/region/us': 0.9 },
      /several, different values/,
    ],
    ['slices of another column', { 'recall/sex/f': 0.9, 'recall/sex/m': 0.9 }, /was not measured/],
    [
      'groups named like parts of every object',
      { 'recall/region/__proto__': 0.9, 'recall/region/constructor': 0.1 },
      /is 0\.8, but must be/,
    ],
  ] as Array<[string, Record<string, number>, RegExp]>) {
    it(`approve nothing with ${what}`, () => {
      const verdict = judged('max difference of recall over region <= 0.05', logged);
      assert.equal(verdict.passed, false);
      assert.match(verdict.explanation, expected);
    });
  }

  it('have no ratio where values are below zero or all are zero', () => {
    for (const values of [
      [-1, 1],
      [0, 0],
    ]) {
      const verdict = judged('min ratio of r2 over region >= -5', {
        'r2/region/eu': values[0]!,
        'r2/region/us': values[1]!,
      });
      assert.equal(verdict.passed, false);
      assert.match(verdict.explanation, /is NaN/);
    }
  });

  it('are not sure with few rows of a group, in one group, and without the column', async () => {
    const text = 'max difference of accuracy over region <= 0.9 with 95% confidence';
    const why = async (lines: string[], criterion = text) => {
      const found = await sureness(criterion, lines);
      assert.equal(found.kind, 'unavailable');
      return found.why;
    };
    assert.match(
      await why([...rows, '1,1,mars', '0,0,mars']),
      /in the group mars, there are 2 rows; at 95% confidence it takes at least 12/,
    );
    assert.match(await why(rows.filter((row) => row.endsWith('eu'))), /there are rows of 1 group; it takes two/);
    assert.match(await why(rows, text.replace('region', 'planet')), /no column "planet"/);
    assert.match(await why(rows.map((row, at) => `${row.replace(/[a-z]+$/, '')}g${at % 51}`)), /there are 51 groups/);
  });

  it('that are surely within the limit are approved', async () => {
    const text = 'max difference of accuracy over region <= 0.35 with 95% confidence';
    const verdict = judge(parse(text), {}, none, await sureness(text));
    assert.equal(verdict.passed, true, verdict.explanation);
    assert.match(verdict.explanation, /at most 0\.35 with 95% confidence.*Lowest: apac, .*; highest: /);
    const narrow = text.replace('0.35', '0.2');
    assert.match(
      judge(parse(narrow), {}, none, await sureness(narrow)).explanation,
      /but that is not statistically certain/,
    );
  });
});
