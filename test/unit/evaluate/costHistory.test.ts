import assert from 'node:assert/strict';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { costHistory, historyChart, historyLine } from '../../../tasks/Evaluate/history';

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
  });
});
