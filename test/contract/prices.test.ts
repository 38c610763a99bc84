import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { priceIn, type PriceList } from '../../tasks/common/azure/ml/prices/priceList';
import { specificationsDirectory } from './validateTraffic';

describe('The prices of the official specification', () => {
  it('are read from its example', function () {
    const specifications = specificationsDirectory();
    const example = path.join(
      specifications ?? '',
      'specification/machinelearningservices/resource-manager/Microsoft.MachineLearningServices/stable/2024-04-01/examples/VirtualMachineSize/list.json',
    );
    if (!specifications || !existsSync(example)) return this.skip();
    const { responses } = JSON.parse(readFileSync(example, 'utf8')) as {
      responses: { 200: { body: { value: PriceList } } };
    };
    const price = priceIn(responses[200].body.value, { os: 'Linux', isLowPriority: false, size: 'standard_ds5_v2' });
    assert.deepEqual(price, { size: 'Standard_DS5_v2', os: 'Linux', tier: 'Standard', perHour: 1.17, currency: 'USD' });
  });
});
