import assert from 'node:assert/strict';
import { ClassDictionary } from '../../../tasks/Evaluate/confidence/classDictionary';
import { formulaOf } from '../../../tasks/Evaluate/confidence/formulas';
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { surenessOf } from '../../../tasks/Evaluate/confidence/sureness';
import { judge } from '../../../tasks/common/criteria/judge';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';

/** Rows of which the models know a part of what decides the class; their probabilities are what that part warrants. */
function rowsOf(rows: number, share: number, random: Random) {
  const uniform = () => (random.next() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const label = Float64Array.from({ length: rows }, () => (uniform() < share ? 1 : 0));
  const knowing = (distance: number) =>
    label.map((truth) => {
      const score = distance * truth + normal();
      return 1 / (1 + Math.exp(distance ** 2 / 2 - distance * score - Math.log(share / (1 - share))));
    });
  return { label, candidate: knowing(1.7), champion: knowing(1) };
}

async function verdictOf(metric: string, { label, candidate, champion }: ReturnType<typeof rowsOf>) {
  const criterion = parseCriteria(`${metric} < champion with 95% confidence`).criteria[0]!;
  const columns = [
    { candidate: label, champion: label },
    { candidate, champion },
  ];
  const built = formulaOf(metric).build(columns, new ClassDictionary());
  assert.ok(!('why' in built));
  return judge(criterion, {}, { kind: 'champion', version: '1', metrics: {} }, await surenessOf(built, criterion.limit, 0.95)); // prettier-ignore
}

describe('Evaluate: losses of probabilities', () => {
  for (const metric of ['log_loss', 'brier']) {
    it(`approves by ${metric} a model that knows more, though where it errs it was surer`, async () => {
      const random = new Random(12);
      for (let time = 0; time < 5; time++) {
        const { passed, explanation } = await verdictOf(metric, rowsOf(500, 1 / 3, random));
        assert.ok(passed, explanation);
      }
    });

    it(`refuses ${metric} where too few rows are of the rarer class, and says how many it takes`, async () => {
      const rows = rowsOf(40, 0.5, new Random(3));
      rows.label.fill(0);
      rows.label.set([1, 1, 1], 4);
      const { passed, explanation } = await verdictOf(metric, rows);
      assert.equal(passed, false);
      assert.match(explanation, /there are 3 rows of class 1; at 95% confidence it takes at least 5/);
    });
  }
});
