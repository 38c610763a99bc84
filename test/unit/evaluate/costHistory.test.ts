import assert from 'node:assert/strict';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import type { Verdict } from '../../../tasks/common/criteria/verdict';
import { costHistory, historyChart, historyLine, metricHistories } from '../../../tasks/Evaluate/history';

/** Versions with what the training of each cost, oldest first; handed over as the registry lists them. */
const versions = (...costs: Array<string | undefined>) =>
  costs
    .map((cost, index) => ({
      version: String(index + 1),
      tags: {},
      properties: cost === undefined ? {} : { 'mlops.estimatedCost': cost },
    }))
    .reverse() as unknown as RegisteredModel[];

describe('Evaluate: what training the last versions cost', () => {
  it('is a history like that of a metric, beside them', () => {
    const [history] = costHistory(versions('0.5 USD', undefined, '0.25 USD', '1.5 USD'));
    assert.deepEqual(history, {
      label: 'estimated training cost (USD)',
      versions: ['1', '2', '3', '4'],
      values: [0.5, undefined, 0.25, 1.5],
      limit: null,
    });
    assert.match(
      historyLine(history),
      /\*\*estimated training cost \\?\(USD\\?\)\*\* .* 0\.5 → 1\.5 \(versions 1 to 4\)/,
    );
    assert.match(historyChart(history), /^<svg[\s\S]*estimated training cost/);
  });

  it('needs two versions that say it, in one currency', () => {
    assert.deepEqual(costHistory(versions()), []);
    assert.deepEqual(costHistory(versions('0.5 USD', undefined)), []);
    assert.deepEqual(costHistory(versions('0.5 EUR', '0.5 USD')), []);
    assert.deepEqual(costHistory(versions('cheap', '0.5', '-1 USD', '1 USD')), []);
    assert.deepEqual(costHistory(versions('1 USD each', 'x1 USD', '1 USD')), []);
    assert.deepEqual(costHistory(versions('12 USD', '3.25 USD'))[0]?.values, [12, 3.25]);
  });
});

describe('Evaluate: the history of a metric', () => {
  const newestFirst = [
    { version: '4', tags: { rmse: '9' }, properties: {} },
    { version: '3', tags: { rmse: 'NaN' }, properties: {} },
    { version: '2', tags: {}, properties: {} },
    { version: '1', tags: { rmse: '3', mae: '1' }, properties: {} },
  ] as unknown as RegisteredModel[];
  const verdicts = (...texts: string[]) =>
    texts.map((text) => ({ criterion: parseCriteria(text).criteria[0], limit: 5 }) as Verdict);
  const candidate = { name: 'm', version: '4' };

  it('is of the tags of the last versions, oldest first, and of the candidate as it was judged', () => {
    assert.deepEqual(metricHistories(verdicts('rmse <= 5', 'rmse < champion'), newestFirst, candidate, { rmse: 2 }), [
      { label: 'rmse', versions: ['1', '2', '3', '4'], values: [3, undefined, NaN, 2], limit: 5 },
    ]);
  });

  it('is none where fewer than two versions have a value', () => {
    assert.deepEqual(metricHistories(verdicts('mae <= 5', 'r2 > 0'), newestFirst, candidate, { r2: 1 }), []);
    assert.equal(metricHistories(verdicts('mae <= 5'), newestFirst, candidate, { mae: 1 }).length, 1);
  });

  it('is drawn with the names of its versions and its limit, and leaves gaps open', () => {
    const [history] = metricHistories(verdicts('rmse <= 5'), newestFirst, candidate, { rmse: 2 });
    const chart = historyChart(history!);
    for (const text of ['rmse of the last 4 versions', 'model version', 'limit 5'])
      assert.ok(chart.includes(text), text);
    assert.doesNotMatch(chart, /NaN|undefined/);
    assert.ok(!historyChart({ ...history!, limit: null }).includes('limit 5'));
    const line = historyLine({ label: 'r*', versions: ['1', '2', '3'], values: [undefined, 3, 2], limit: null });
    assert.match(line, /^\*\*r\\\*\*\* .* 3 → 2 \(versions 1 to 3\)$/);
  });
});
