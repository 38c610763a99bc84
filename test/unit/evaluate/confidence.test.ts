import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alone } from '../../../tasks/Evaluate/confidence/crew';
import { uncertainties } from '../../../tasks/Evaluate/confidence/uncertainty';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import reference from './reference/reference.json';

const { label, candidate, champion } = reference.data.regression;
const rows = label.map((_, index) => index);
const csv = (values: number[], order = rows, ids = true) =>
  [
    ids ? 'id,label,prediction' : 'label,prediction',
    ...order.map((row) => `${ids ? `row ${row},` : ''}${label[row]},${values[row]}`),
  ].join('\n');

describe('Evaluate: confidence from predictions', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'predictions-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  let count = 0;
  const write = (text: string, ending = 'csv') => {
    const file = join(directory, `${count++}.${ending}`);
    writeFileSync(file, text);
    return file;
  };
  const judge = async (criterion: string, own: string | undefined, other?: string) => {
    const { criteria } = parseCriteria(criterion);
    const found = await uncertainties(criteria, { candidate: own, champion: other }, alone());
    return found.byCriterion.get(criteria[0]!)!;
  };
  const interval = async (...given: Parameters<typeof judge>) => {
    const result = await judge(...given);
    assert.equal(result.kind, 'interval', JSON.stringify(result));
    return result;
  };
  const why = async (...given: Parameters<typeof judge>) => {
    const result = await judge(...given);
    assert.equal(result.kind, 'unavailable');
    return result.why;
  };
  const criterion = 'rmse < champion with 95% confidence';

  it('is not sure of an accuracy by a few rows that are all right', async () => {
    const perfect = (count: number) =>
      write(['label,prediction', ...Array.from({ length: count }, (_, row) => `${row % 2},${row % 2}`)].join('\n'));
    const few = await interval('accuracy >= 0.9 with 95% confidence', perfect(12));
    assert.ok(few.lower < 0, `12 rows allow an accuracy of ${0.9 + few.lower}`);
    const many = await interval('accuracy >= 0.9 with 95% confidence', perfect(100));
    assert.ok(many.lower > 0 && many.upper < 0.1 + 1e-12);
  });

  it('reads a column once as numbers and once as classes', async () => {
    const lines = Array.from({ length: 100 }, (_, row) => `${row % 2},${row % 2},${row / 200 + (row % 2) / 2}`);
    const { criteria } = parseCriteria('accuracy >= 0.9 with 95% confidence\nauc >= 0.8 with 95% confidence');
    for (const file of [
      write(['label,prediction,score', ...lines].join('\n')),
      write(lines.map((line) => JSON.stringify(Object.fromEntries(line.split(',').map((cell, at) => [['label', 'prediction', 'score'][at], cell])))).join('\n'), 'jsonl'), // prettier-ignore
    ]) {
      const found = await uncertainties(criteria, { candidate: file }, alone());
      assert.deepEqual([...found.byCriterion.values()].map(({ kind }) => kind), ['interval', 'interval'], JSON.stringify([...found.byCriterion.values()])); // prettier-ignore
    }
  });

  it('is what scipy says of the same rows, whatever the form of the file', async () => {
    const expected = reference.metrics.rmse;
    const jsonl = (values: number[]) => label.map((y_true, row) => JSON.stringify({ y_true, y_pred: values[row] })).join('\n') + '\n\n'; // prettier-ignore
    const forms: Array<[string, string]> = [
      [write(csv(candidate)), write(csv(champion))],
      [write(csv(candidate, rows, false)), write(csv(champion, rows, false))],
      [write(`\uFEFF${csv(candidate).replaceAll('\n', '\r\n')}\r\n`), write(csv(champion))],
      [write(jsonl(candidate), 'jsonl'), write(jsonl(champion), 'ndjson')],
      [write(csv(candidate).replaceAll(/row (\d+)/g, '"row ""$1"",\n"')), write(csv(champion).replaceAll(/row (\d+)/g, '"row ""$1"",\n"'))], // prettier-ignore
    ];
    for (const [own, other] of forms) {
      const result = await interval(criterion, own, other);
      assert.equal(result.rows, label.length);
      assert.equal(result.resamples, 2000);
      assert.ok(Math.abs(result.candidate - expected.candidate) < 1e-9);
      assert.ok(Math.abs(result.champion! - expected.champion) < 1e-9);
      assert.equal(result.method, 'randomisation');
      assert.ok(Math.abs(result.swapPValue! - expected.permutationPValue) < 0.01);
      // The test's interval lies evenly about the difference, and holds 0 just where the test does not confirm it.
      const difference = result.candidate - result.champion!;
      assert.ok(Math.abs((result.lower + result.upper) / 2 - difference) < 1e-9);
      assert.equal(result.lower > 0 || result.upper < 0, result.swapPValue! < 0.05);
      // Of so regular errors it is as wide as that of the bootstrap, but for chance.
      const [lower, upper] = expected.interval95 as [number, number];
      assert.ok(Math.abs((result.upper - result.lower) / (upper - lower) - 1) < 0.1);
    }
  });

  it('pairs rows by their ids, in whatever order they were written', async () => {
    const own = write(csv(candidate));
    const inOrder = await interval(criterion, own, write(csv(champion)));
    const shuffled = await interval(criterion, own, write(csv(champion, [...rows].reverse())));
    assert.deepEqual(shuffled, inOrder);
  });

  it('judges a number by the candidate only', async () => {
    const own = write(csv(candidate));
    const { lower, upper, champion: none } = await interval('rmse < 3.5 with 95% confidence', own);
    const value = reference.metrics.rmse.candidate;
    assert.ok(lower < value - 3.5 && value - 3.5 < upper);
    assert.equal(none, undefined);
  });

  it('judges a slice by its rows, and any metric by a column of its name', async () => {
    const text = (shift: number) =>
      ['id,region,pinball', ...rows.map((row) => `${row},${row % 4 ? 'us' : 'eu'},${(row % 7) + shift}`)].join('\n');
    const files = [write(text(0)), write(text(0.5))] as const;
    const all = await interval('pinball < champion with 99% confidence', ...files);
    assert.equal(all.rows, 160);
    const slice = await interval('pinball[region=eu] < champion with 99% confidence', ...files);
    assert.equal(slice.rows, 40);
    assert.ok(slice.lower < -0.5 && slice.upper > -0.5 && slice.upper < 0);
    assert.match(await why('pinball[region=uk] < champion with 95% confidence', ...files), /no row .* region=uk/);
    assert.match(await why('pinball[sex=f] < champion with 95% confidence', ...files), /no column "sex"/);
  });

  it("adds McNemar's test where accuracies are compared as they are", async () => {
    const text = (right: (row: number) => boolean) =>
      ['label,prediction', ...rows.map((row) => `cat,${right(row) ? 'cat' : 'dog'}`)].join('\n');
    const own = write(text((row) => row % 10 !== 0));
    const other = write(text((row) => row % 10 < 8 && row % 10 !== 1));
    const result = await interval('accuracy > champion with 95% confidence', own, other);
    assert.deepEqual([result.candidate, result.champion], [0.9, 0.7]);
    assert.deepEqual([result.mcNemar!.onlyCandidate, result.mcNemar!.onlyChampion], [48, 16]);
    assert.ok(Math.abs(result.mcNemar!.pValue - 7.8e-5) < 1e-5);
    const margin = await interval('accuracy > champion + 0.1 with 95% confidence', own, other);
    assert.equal(margin.mcNemar, undefined);
  });

  it('takes more resamples for a higher confidence', async () => {
    const own = write(csv(candidate));
    assert.equal((await interval('mae < 50 with 99% confidence', own)).resamples, 2000);
    assert.equal((await interval('mae < 50 with 99.9% confidence', own)).resamples, 20_000);
  });

  describe('cannot be had, with the reason,', () => {
    const own = () => write(csv(candidate));
    it('without predictions', async () => {
      assert.match(await why(criterion, undefined), /the candidate's job left no predictions; write predictions.csv/);
      assert.match(await why(criterion, own()), /the champion's job left no predictions/);
    });
    it('of other rows', async () => {
      assert.match(await why(criterion, own(), write(csv(champion, rows.slice(1)))), /160 rows .* the champion 159/);
      assert.match(await why(criterion, own(), write(csv(champion).replace('row 7,', 'row x,'))), /different ids/);
      assert.match(await why(criterion, own(), write(csv(champion, [...rows].reverse()).replace('row 7,', 'row 8,'))), /an id appears in more than one row/); // prettier-ignore
      assert.match(await why(criterion, own(), write(csv(champion, rows, false))), /only one .* has ids/);
      assert.match(await why(criterion, own(), write(csv(champion).replace(`${label[3]}`, '1'))), /different labels/);
    });
    it('from cells that are not numbers', async () => {
      assert.match(await why(criterion, write('label,prediction\n1,2\n1,nan')), /line 3: its prediction, "nan"/);
      assert.match(await why(criterion, write('label,prediction\n1,\n')), /line 2: it has no prediction/);
      assert.match(await why(criterion, own(), write('label,prediction\n1,Infinity')), /line 2.*\(champion\)/);
      assert.match(await why(criterion, write('label,prediction\n')), /no rows/);
    });
    it('from a file of another form', async () => {
      assert.match(await why(criterion, write('label,prediction\n1,2,3')), /line 2: it has 3 cells/);
      assert.match(await why(criterion, write('label,label\n1,2')), /two columns are named "label"/);
      assert.match(await why(criterion, write('label,prediction\n1,"2\n')), /not closed/);
      assert.match(await why(criterion, write('{"label": 1}\n{"label": ', 'jsonl')), /line 2: it is not JSON/);
      assert.match(await why('rmse < 5 with 95% confidence', write('a,b\n1,2')), /no column "label"/);
    });
    it('of too few rows, or of too few of a class, for the level', async () => {
      const few = (count: number, positives: number) =>
        write(['label,score', ...rows.slice(0, count).map((row) => `${row < positives ? 1 : 0},${(row % 9) / 9}`)].join('\n')); // prettier-ignore
      assert.match(
        await why('auc > 0.5 with 95% confidence', few(11, 6)),
        /there are 11 rows; at 95% .* at least 12\./,
      );
      assert.match(await why('auc > 0.5 with 95% confidence', few(60, 5)), /5 rows of class 1; .* at least 6\./);
      assert.match(await why('auc > 0.5 with 99% confidence', few(60, 7)), /7 rows of class 1; .* at least 8\./);
      assert.equal((await judge('auc > 0.5 with 95% confidence', few(60, 6))).kind, 'interval');
    });
    it('where the metric does not fit the rows', async () => {
      const classes = write('label,prediction\ncat,dog\ndog,dog');
      assert.match(await why('f1 > 0.5 with 95% confidence', classes), /f1 is computed for the classes 0 and 1/);
      const scores = (text: string) => write(`label,score\n${text}`);
      assert.match(
        await why('auc > 0.5 with 95% confidence', scores('0,0.1\n2,0.3')),
        /labels of 0 and 1, but one is 2/,
      );
      assert.match(
        await why('log_loss < 1 with 95% confidence', scores('0,0.1\n1,1.3')),
        /between 0 and 1, but one is 1.3/,
      );
    });
  });
});
