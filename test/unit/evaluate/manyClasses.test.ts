import assert from 'node:assert/strict';
import { ClassDictionary } from '../../../tasks/Evaluate/confidence/classDictionary';
import { averageScore, confusionMetric } from '../../../tasks/Evaluate/confidence/confusionMetric';
import { formulaOf } from '../../../tasks/Evaluate/confidence/formulas';
import { mostBlocks } from '../../../tasks/Evaluate/confidence/jackknife';
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { swapTest } from '../../../tasks/Evaluate/confidence/randomisation';

describe('Evaluate: many rows of many classes', () => {
  const random = new Random(8);
  const codes = (rows: number, classes: number) => Float64Array.from({ length: rows }, () => random.below(classes));

  it('leaves out each block of rows in as much memory as the rows take', () => {
    const [rows, classes] = [50_000, 100];
    const [label, candidate, champion] = [codes(rows, classes), codes(rows, classes), codes(rows, classes)];
    const score = averageScore('f1', 'macro');
    let most = 0;
    const metric = confusionMetric(classes, label, candidate, champion, (confusion) => {
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      return score(confusion);
    });
    const before = process.memoryUsage().arrayBuffers;
    const ofRow = Uint16Array.from({ length: rows }, (_, row) => row % mostBlocks);
    const found = metric.withoutEach({ count: mostBlocks, ofRow });
    assert.equal(found.length, mostBlocks);
    // Nearly each row is a cell of its own, and a count of each cell in each block took 160 MB.
    assert.ok(most - before < 16 * 2 ** 20, `${(most - before) / 2 ** 20} MB`);
    const rest = Uint8Array.from(ofRow, (block) => Number(block !== 17));
    assert.deepEqual(found[17], metric.values(rest));
  });

  it('refuses more classes than a matrix can hold, and says what can be had', () => {
    const [label, said] = [codes(5000, 1000), codes(5000, 1000)];
    const classes = new ClassDictionary(Array.from({ length: 1000 }, (_, code) => `class ${code}`));
    const columns = [
      { candidate: label, champion: label },
      { candidate: said, champion: said },
    ];
    const refused = formulaOf('f1_macro').build(columns, classes);
    assert.ok('why' in refused);
    assert.match(refused.why, /^there are \d+ classes, and .* at most 100; accuracy has no such limit$/);
    assert.ok(!('why' in formulaOf('accuracy').build(columns, classes)));
  });
});

describe('Evaluate: mse, rmse and r2 of the same rows', () => {
  it('decide alike: what changes places leaves the sum of both models as it is', async () => {
    const random = new Random(5);
    const column = () => Float64Array.from({ length: 60 }, () => random.below(1000) / 100);
    const [label, candidate, champion] = [column(), column(), column()];
    const pValues = await Promise.all(
      ['mse', 'rmse', 'r2'].map(async (name) => {
        const metric = formulaOf(name).build(
          [
            { candidate: label, champion: label },
            { candidate, champion },
          ],
          new ClassDictionary(),
        );
        assert.ok(!('why' in metric));
        return (await swapTest(metric, new Float64Array(0), 2000)).pValue;
      }),
    );
    assert.equal(new Set(pValues).size, 1, pValues.join(', '));
  });
});
