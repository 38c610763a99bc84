import assert from 'node:assert/strict';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { groupOrigin, mainContainer, probedPath } from '../../../tasks/common/deployment/containers';
import { definitionOf } from './fakeContainerInstances';

const container = (name: string, more: object = {}) => ({
  name,
  image: name,
  resources: { requests: { cpu: 1, memoryInGB: 1 } },
  ...more,
});

describe('A container group', () => {
  it('scores by the container of that name, else by its first one', () => {
    const of = (...names: string[]) =>
      mainContainer({ containers: names.map((name) => container(name)), osType: 'Linux' });
    assert.equal(of('gateway', 'scoring')?.name, 'scoring');
    assert.equal(of('mine', 'other')?.name, 'mine');
    assert.equal(of(), undefined);
  });

  const addresses: Array<[ContainerGroup['ipAddress'], string | undefined]> = [
    [undefined, undefined],
    [{ type: 'Public', ports: [{ port: 80 }] }, undefined],
    [{ type: 'Public', ports: [], fqdn: 'a.example.net' }, undefined],
    [JSON.parse('{"type":"Public","fqdn":"a.example.net"}') as ContainerGroup['ipAddress'], undefined],
    [{ type: 'Public', ports: [{ port: 5001 }], ip: '10.0.0.4' }, 'http://10.0.0.4:5001'],
    [{ type: 'Public', ports: [{ port: 5001 }], ip: '10.0.0.4', fqdn: 'a.example.net' }, 'http://a.example.net:5001'],
    [{ type: 'Public', ports: [{ port: 80 }, { port: 81 }], fqdn: 'a.example.net' }, 'http://a.example.net'],
    [{ type: 'Public', ports: [{ port: 81 }, { port: 80 }], fqdn: 'a.example.net' }, 'http://a.example.net:81'],
    [{ type: 'Public', ports: [{ port: 80 }, { port: 443 }], fqdn: 'a.example.net' }, 'https://a.example.net'],
  ];
  for (const [ipAddress, origin] of addresses) {
    it(`is called at ${origin ?? 'no address'} with ${JSON.stringify(ipAddress)}`, () => {
      assert.equal(groupOrigin({ ...definitionOf('x'), ipAddress }), origin);
    });
  }

  it('is probed where Azure probes it', () => {
    const probe = (path?: string) => ({ httpGet: path === undefined ? undefined : { path, port: 1 } });
    const of = (probes: object) => probedPath({ containers: [container('scoring', probes)], osType: 'Linux' });
    assert.equal(of({ readinessProbe: probe('/ready'), livenessProbe: probe('/live') }), '/ready');
    assert.equal(of({ readinessProbe: probe(), livenessProbe: probe('/live') }), '/live');
    assert.equal(of({ livenessProbe: probe() }), '/');
    assert.equal(of({}), '/');
    assert.equal(probedPath({ containers: [], osType: 'Linux' }), '/');
  });
});
