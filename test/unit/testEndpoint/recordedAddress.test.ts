import assert from 'node:assert/strict';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import type { DeploymentSection, ModelRecord } from '../../../tasks/common/record/record';
import { isForbiddenAddress, requireOwnAddress } from '../../../tasks/TestEndpoint/recordedAddress';
import type { RequestCase } from '../../../tasks/TestEndpoint/requests/requestCases';
import { Secret } from '../../../tasks/common/secret';

const deployment = { containerGroup: 'serving', resourceGroup: 'group' } as DeploymentSection;
const record = { deployment } as ModelRecord;

describe('an address that only a record names', () => {
  async function allowed(
    scoringUri: string,
    {
      apiKey,
      headers = {},
      signedIn = true,
    }: { apiKey?: string; headers?: Record<string, string>; signedIn?: boolean },
    ipAddress?: Partial<NonNullable<ContainerGroup['ipAddress']>> | null,
  ): Promise<void> {
    const group = ipAddress === null ? undefined : ({ ipAddress } as ContainerGroup);
    const azure = { groups: () => ({ find: async () => group }) };
    const requests = [{ headers } as unknown as RequestCase];
    const target = { scoringUri: new URL(scoringUri), apiKey: apiKey === undefined ? undefined : new Secret(apiKey) };
    const { signal } = new AbortController();
    const clock = { sleep: () => Promise.resolve() };
    await requireOwnAddress(target, requests, record, signedIn ? azure : undefined, clock, signal);
  }
  const apiKey = 'the-key-1234';

  for (const uri of [
    'http://169.254.169.254/metadata',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://169.254.1.1:5001/score',
    'http://[fe80::1]/score',
    'http://[::ffff:169.254.169.254]/score',
    'http://[fd00:ec2::254]/score',
    'http://168.63.129.16/score',
    'http://100.100.100.200/score',
    'http://metadata.google.internal/score',
    'http://metadata/score',
  ]) {
    it(`gets nothing at all, key or none, if it is ${uri}`, async () => {
      await assert.rejects(allowed(uri, {}), /link-local address or a metadata service, and nothing is sent there/);
      await assert.rejects(allowed(uri, { apiKey }, { ip: new URL(uri).hostname }), /nothing is sent there/);
    });
  }

  it('gets requests without a key, wherever else it is', async () => {
    await allowed('http://127.0.0.1:5001/score', { signedIn: false });
    await allowed('http://anything.example/score', {}, null);
  });

  it("gets the key if it is the group's by Azure's word, by name or address, private ones too", async () => {
    await allowed(
      'http://Mine.eastus.azurecontainer.io:5001/score',
      { apiKey },
      { fqdn: 'mine.eastus.azurecontainer.io' },
    );
    await allowed('http://10.0.0.4:5001/score', { apiKey }, { ip: '10.0.0.4' });
    await allowed('https://mine.example./score', { apiKey }, { fqdn: 'mine.example', ip: '1.2.3.4' });
  });

  it('gets no key if it is another, if there is no such group, or if nobody can ask', async () => {
    const evil = 'http://evil.example/score';
    await assert.rejects(
      allowed(evil, { apiKey }, { fqdn: 'mine.example', ip: '1.2.3.4' }),
      /The key is not sent to http:\/\/evil\.example, .*Azure reports mine\.example and 1\.2\.3\.4 for the container group serving/,
    );
    await assert.rejects(allowed(evil, { apiKey }, { ip: undefined }), /Azure reports no address/);
    await assert.rejects(allowed(evil, { apiKey }, null), /Azure has no container group serving in group/);
    await assert.rejects(
      allowed(evil, { apiKey, signedIn: false }),
      /Choose a service connection in azureSubscription/,
    );
    for (const name of ['authorization', 'x-functions-key', 'cookie'])
      await assert.rejects(allowed(evil, { headers: { [name]: 'x' } }, { ip: '1.2.3.4' }), /The key is not sent/);
  });

  it('is no name that leads to such an address', () => {
    for (const address of ['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254'])
      assert.ok(isForbiddenAddress(address));
    for (const address of ['10.0.0.1', '127.0.0.1', '::1', '1.2.3.4', 'name']) assert.ok(!isForbiddenAddress(address));
  });
});
