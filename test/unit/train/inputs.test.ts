import assert from 'node:assert/strict';
import { readInputs } from '../../../tasks/Train/inputs';
import { readTaskInputs } from '../../support/readTaskInputs';

describe('Train: the input maxCost', () => {
  const read = (maxCost: string) =>
    readTaskInputs('Train', readInputs, {
      azureSubscription: 'connection',
      resourceGroup: 'g',
      workspace: 'w',
      command: 'python train.py',
      environment: 'azureml:e:1',
      maxCost,
    });

  for (const [text, amount] of [
    ['', undefined],
    ['25', 25],
    [' 0.50 ', 0.5],
    ['0.0001', 0.0001],
  ] as const) {
    it(`takes "${text}"`, async () => {
      const { inputs, problems } = await read(text);
      assert.deepEqual([inputs.maxCost, problems], [amount, []]);
    });
  }

  for (const text of [
    '0',
    '0.0',
    '-5',
    '$5',
    '5 USD',
    '1,50',
    '1.000,00',
    'abc',
    'NaN',
    'Infinity',
    '1e3',
    '0x10',
    '.5',
  ]) {
    it(`refuses "${text}"`, async () => {
      const { inputs, problems } = await read(text);
      assert.equal(inputs.maxCost, undefined);
      assert.deepEqual(problems, [
        `maxCost: "${text}" is not an amount above 0 in US dollars. Write only digits and a point, such as 25 or 0.50.`,
      ]);
    });
  }
});
