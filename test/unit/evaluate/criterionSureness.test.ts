import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassDictionary } from '../../../tasks/Evaluate/confidence/classDictionary';
import { surenessOfCriterion, type Question } from '../../../tasks/Evaluate/confidence/criterionSureness';
import { alone } from '../../../tasks/Evaluate/confidence/crew';
import type { Readable } from '../../../tasks/Evaluate/confidence/predictionColumns';
import { proportionInterval } from '../../../tasks/Evaluate/confidence/proportion';
import { uncertainties } from '../../../tasks/Evaluate/confidence/uncertainty';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';

const rows = 60;
const classes = new ClassDictionary(['0', '1', 'eu', 'us', 'f', 'm']);
type Columns = Record<string, (row: number) => string | number>;
const roles = ['label', 'prediction', 'score'];

/** A model's rows, each column as numbers and as classes; others than label, prediction and score by their own names. */
function modelOf(columns: Columns): Readable {
  const all = Object.entries(columns).flatMap(([name, cell]) =>
    (['number', 'class'] as const).map((as) => ({
      request: roles.includes(name) ? { role: name as 'label', as } : { role: 'own' as const, name, as },
      values: Float64Array.from({ length: rows }, (_, row) => as === 'class' ? classes.code(String(cell(row))) : Number(cell(row))), // prettier-ignore
    })),
  );
  return { kind: 'rows', rows, columns: all.map(({ request, values }) => ({ request, values })) };
}

const label = (row: number) => row % 2;
const wrongIn = (share: number) => (row: number) => (row % share === 0 ? 1 - label(row) : label(row));
const region = (row: number) => (row % 3 === 0 ? 'eu' : 'us');
const sex = (row: number) => (row % 4 < 2 ? 'f' : 'm');
const first = (row: number) => Number(row < 5);
const candidate = modelOf({ label, prediction: wrongIn(20), region, sex, first, loss: (row) => row % 7 });
const champion = modelOf({ label, prediction: wrongIn(5), region, sex, loss: (row) => 1 + (row % 7) });

const ask = (text: string, more: Partial<Question> = {}) => {
  const { criteria, problems } = parseCriteria(`${text} with 90% confidence`);
  assert.deepEqual(problems, []);
  const criterion = criteria[0]!;
  const against = criterion.limit.kind === 'champion' ? { champion, pairing: { kind: 'paired' } as const } : {};
  return surenessOfCriterion({ criterion, candidate, ...against, classNames: classes.names, ...more });
};
const interval = async (...given: Parameters<typeof ask>) => {
  const sure = await ask(...given);
  assert.ok(sure.kind === 'interval', JSON.stringify(sure));
  return sure;
};

describe('Evaluate: a criterion by the rows', () => {
  it('of a share of right answers against a number: by the exact interval of Clopper and Pearson', async () => {
    const sure = await interval('accuracy >= 0.8');
    const [lower, upper] = proportionInterval(57, 60, 0.9);
    assert.deepEqual([sure.method, sure.candidate, sure.champion], ['exact', 57 / 60, undefined]);
    assert.deepEqual([sure.lower, sure.upper], [lower - 0.8, upper - 0.8]);
  });

  it("of two shares of right answers as they are: by McNemar's test in place of the randomisation test", async () => {
    const sure = await interval('accuracy > champion');
    assert.deepEqual([sure.mcNemar!.onlyCandidate, sure.mcNemar!.onlyChampion], [9, 0]);
    assert.equal(sure.mcNemar!.pValue, 2 / 2 ** 9);
    assert.deepEqual([sure.swapPValue, sure.method], [undefined, 'randomisation']);
  });

  it('of two shares by a margin, or of another metric: by neither', async () => {
    for (const text of ['accuracy >= champion - 0.3', 'balanced_accuracy > champion', 'balanced_accuracy >= 0.5']) {
      const sure = await interval(text);
      assert.deepEqual([sure.mcNemar, sure.method === 'exact'], [undefined, false], text);
    }
  });

  it('of a slice: by only those rows, of one column or of several', async () => {
    const mean = (kept: (row: number) => boolean) => {
      const own = Array.from({ length: rows }, (_, row) => row).filter(kept);
      return { rows: own.length, mean: own.reduce((sum, row) => sum + (row % 7), 0) / own.length };
    };
    const eu = mean((row) => region(row) === 'eu');
    const both = mean((row) => region(row) === 'us' && sex(row) === 'f');
    for (const [text, expected] of [['loss[region=eu] < 50', eu], ['loss[region=us, sex=f] < 50', both]] as const) {
      const sure = await interval(text);
      assert.equal(sure.rows, expected.rows);
      assert.ok(Math.abs(sure.candidate - expected.mean) < 1e-12);
    }
    const compared = await interval('loss[region=eu] < champion');
    assert.ok(Math.abs(compared.champion! - compared.candidate - 1) < 1e-12);
  }); // prettier-ignore

  it('takes the champion’s rows in the order of the candidate’s', async () => {
    const back = Uint32Array.from({ length: rows }, (_, row) => rows - 1 - row);
    const turned: Readable = { ...champion, columns: champion.columns.map(({ request, values }) => ({ request, values: values.slice().reverse() })) }; // prettier-ignore
    const pairing = { kind: 'paired', championRow: back } as const;
    assert.deepEqual(await ask('accuracy > champion', { champion: turned, pairing }), await ask('accuracy > champion'));
  });

  for (const [text, more, why] of [
    ['loss[region=uk] < 5', {}, 'no row of the predictions has region=uk.'],
    ['loss[region=eu, sex=x] < 5', {}, 'no row of the predictions has region=eu and sex=x.'],
    ['accuracy[first=1] >= 0.1', {}, 'there are 5 rows; at 90% confidence it takes at least 10.'],
    ['accuracy[first=1] > champion', {}, 'there are 5 rows; at 90% confidence it takes at least 10.'],
    ['loss[planet=mars] < 5', {}, 'the candidate\'s predictions have no column "planet".'],
    ['auc > 0.5', {}, 'the candidate\'s predictions have no column "score".'],
    ['profit > 0.5', {}, 'the candidate\'s predictions have no column "profit".'],
    ['loss < champion', { champion: modelOf({ label }) }, 'the champion\'s predictions have no column "loss".'],
    ['accuracy > champion', { champion: modelOf({ label }) }, 'the champion\'s predictions have no column "prediction".'],
    ['accuracy > champion', { champion: modelOf({ label: wrongIn(60), prediction: label }) }, 'the two files of predictions have different labels, so that they are not of the same rows.'],
    ['f1 > 0.5', { candidate: modelOf({ label: region, prediction: region }) }, 'f1 is computed for the classes 0 and 1 (or false and true) only, not for eu, us; for several classes write f1_macro or f1_weighted.'],
    ['max difference of loss over planet <= 0.5', {}, 'the candidate\'s predictions have no column "planet".'],
    ['max difference of auc over region <= 0.5', {}, 'the candidate\'s predictions have no column "score".'],
    ['max difference of profit over region <= 0.5', {}, 'the candidate\'s predictions have no column "profit".'],
    ['max difference of f1 over region <= 0.5', { candidate: modelOf({ label: region, prediction: region, region }) }, 'in the group eu, f1 is computed for the classes 0 and 1 (or false and true) only, not for eu; for several classes write f1_macro or f1_weighted.'],
  ] as Array<[string, Partial<Question>, string]>) {
    it(`is not judged: ${text}, as ${why.slice(0, 70)}`, async () =>
      assert.deepEqual(await ask(text, more), { kind: 'unavailable', why }));
  } // prettier-ignore

  it('of groups: names the value of each', async () => {
    const sure = await interval('max difference of loss over region <= 6');
    assert.deepEqual([...sure.groups!.keys()], ['eu', 'us']);
    assert.equal(sure.rows, rows);
  });
});

describe('Evaluate: the rows that a candidate was judged by', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdout-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  const { criteria } = parseCriteria('loss < 5 with 90% confidence');
  const holdoutOf = async (...lines: string[]) => {
    const file = join(directory, 'rows.csv');
    writeFileSync(file, lines.join('\n'));
    return (await uncertainties(criteria, { candidate: file }, alone())).holdout;
  };

  it('are known again by their ids and labels, in any order, whatever else the file holds', async () => {
    const holdout = await holdoutOf('id,label,loss', 'a,1,3', 'b,0,4');
    assert.equal(holdout!.rows, 2);
    assert.match(holdout!.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(await holdoutOf('id,label,loss', 'b,0,1', 'a,1,9'), holdout);
    assert.deepEqual(await holdoutOf('loss,score,y_true,row_id', '1,1,false,b', '2,2,1.0,a'), holdout);
    for (const other of [['a,1,3', 'b,1,4'], ['a,1,3', 'c,0,4'], ['a,1,3'], ['a,0,3', 'b,1,4']]) {
      assert.notEqual((await holdoutOf('id,label,loss', ...other))!.sha256, holdout!.sha256, other.join(' '));
    }
  }); // prettier-ignore

  it('are known by the same hash from release to release, as earlier candidates carry it in their tags', async () => {
    const { sha256 } = (await holdoutOf('id,label,loss', 'row 1,cat,3', 'row 2,0,4'))!;
    assert.equal(sha256, '4bb1b929b47353f107ad207c33aab522e34a05177447479fb3584dfe468d81fc');
    assert.equal(
      (await holdoutOf('label,loss', 'cat,3', '0,4'))!.sha256,
      '74edc1d0e6e924f7b8ee45026f588bc01a81fb48ea6a8416c9c76a708e0e3194',
    );
  });

  it('are known by their labels in this order where they have no ids, or by their ids where they have no labels', async () => {
    const labels = await holdoutOf('label,loss', '1,3', '0,4');
    assert.deepEqual(await holdoutOf('label,loss', 'true,1', '0.0,1'), labels);
    assert.notEqual((await holdoutOf('label,loss', '0,4', '1,3'))!.sha256, labels!.sha256);
    const ids = await holdoutOf('id,loss', 'a,3', 'b,4');
    assert.deepEqual(await holdoutOf('id,loss', 'b,3', 'a,4'), ids);
    assert.notDeepEqual(await holdoutOf('id,loss', 'b,3', 'c,4'), ids);
  });

  it('are not known without either, or without predictions', async () => {
    assert.equal(await holdoutOf('loss', '3', '4'), undefined);
    assert.equal((await uncertainties(criteria, {}, alone())).holdout, undefined);
  });
});
