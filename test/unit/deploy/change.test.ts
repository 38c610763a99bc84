import assert from 'node:assert/strict';
import { differences } from '../../../tasks/common/deployment/definitionChange';
import { definitionOf } from './fakeContainerInstances';

describe('The differences of two container groups', () => {
  it('are none where Azure only fills in its defaults, and writes ids in its own way', () => {
    const wanted = definitionOf('one', { subnetIds: [{ id: '/subscriptions/S/subnets/a' }] });
    const { sku: _sku, priority: _priority, ...rest } = wanted;
    const current = {
      ...rest,
      location: 'East US',
      subnetIds: [{ id: '/subscriptions/s/subnets/A', name: 'A' }],
      zones: [],
      provisioningState: 'Succeeded',
      ipAddress: { ...wanted.ipAddress!, ip: '10.0.0.4', fqdn: 'estimator.eastus.azurecontainer.io' },
    };
    assert.deepEqual(differences(current, wanted), []);
  });

  for (const [what, current, wanted] of [
    ['cpu of the container scoring', definitionOf('one'), definitionOf('one', {}, 2)],
    ['restart policy', definitionOf('one'), definitionOf('one', { restartPolicy: 'Never' })],
    ['operating system', definitionOf('one'), definitionOf('one', { osType: 'Windows' })],
    ['subnets', definitionOf('one'), definitionOf('one', { subnetIds: [{ id: '/s' }] })],
    ['location', definitionOf('one'), definitionOf('one', { location: 'westus' })],
  ] as const) {
    it(`need a deletion for ${what}`, () => {
      const found = differences(current, wanted);
      assert.deepEqual(
        found.map((each) => [each.what, each.needsDeletion]),
        [[what, true]],
      );
    });
  }

  it('tell a secret variable by its name alone', () => {
    const wanted = definitionOf('one');
    wanted.containers[0]!.environmentVariables = [{ name: 'LEVEL', secureValue: 'hidden' }];
    const [found] = differences(definitionOf('one'), wanted);
    assert.deepEqual(found, {
      what: 'environment variable LEVEL of the container scoring',
      from: '"info"',
      to: 'secret',
      needsDeletion: false,
    });
  });
});
