import assert from 'node:assert/strict';
import dns from 'node:dns';
import sinon from 'sinon';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import { parseKeyId } from '../../../tasks/common/azure/keyVault/keyId';
import { openServices } from '../../../tasks/TestEndpoint/services';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';

describe('Test-Endpoint: what it speaks with', () => {
  afterEach(() => sinon.restore());

  for (const [what, addresses] of [
    ['one address of a metadata service', ['169.254.169.254']],
    ['an address of a metadata service beside one of its own', ['127.0.0.1', '168.63.129.16']],
  ] as const) {
    it(`sends nothing to a name of the record that leads to ${what}`, async () => {
      const found = addresses.map((address) => ({ address, family: 4 }));
      const lookup = sinon.stub(dns, 'lookup').callsFake(((_name: string, _options: object, answer: (error: null, found: object) => void) => answer(null, found)) as never); // prettier-ignore
      const services = openServices({ requestTimeoutMs: 5000 }, taskContext('.').context);
      const client = services.scoringClient({ isOfRecord: true });
      const request = {
        url: new URL('http://serving.example:1/score'),
        method: 'GET',
        headers: { authorization: 'k' },
      };
      await assert.rejects(client.send(request, new AbortController().signal), { code: 'EADDRFORBIDDEN' });
      sinon.assert.called(lookup);
      await client.close();
    });
  }

  describe('a key that may not be used', () => {
    const id = parseKeyId('https://v.vault.azure.net/keys/release')!;

    /** @returns the warnings */
    async function required(
      keys: Parameters<NonNullable<ReturnType<typeof openServices>['azure']>['requireRights']>[1],
    ) {
      const challenge = new Map([['www-authenticate', 'Bearer resource="https://vault.azure.net"']]);
      const error = { code: 'Forbidden', message: "The user, group or application 'oid=1' does not have keys get permission." }; // prettier-ignore
      const send = ({ headers }: { headers: { get(name: string): string | undefined } }) =>
        Promise.resolve(
          headers.get('authorization')
            ? { status: 403, headers: new Map(), bodyAsText: JSON.stringify({ error }) }
            : { status: 401, headers: challenge, bodyAsText: '' },
        );
      const session = {
        connection: serviceConnection,
        sender: () => Promise.resolve(send),
        token: () => Promise.resolve({ token: 'a.b.c' }),
      };
      const { context, traces } = taskContext('.', { azure: () => session as unknown as AzureSession });
      const { azure } = openServices({ connection: serviceConnection, requestTimeoutMs: 5000 }, context);
      await azure!.requireRights([], keys);
      return traces.warnings;
    }

    const signingKey = { kind: 'keyVault', id } as const;
    const missing = /lacks a role:\n {2}- Key permissions in the key vault v: get sign, to sign with the key release/;

    it('to sign is a warning where a deployment that fails its tests is rolled back', async () => {
      const [warning] = await required({ rollbackOnFailure: true, signingKey });
      assert.match(warning!, missing);
    });

    it('ends the step before the tests where nothing is rolled back, or where the tests need it', async () => {
      await assert.rejects(required({ rollbackOnFailure: false, signingKey }), missing);
      const tested = { rollbackOnFailure: true, signingKey, trustedKeys: [signingKey] };
      await assert.rejects(
        required(tested),
        /the key vault v: get sign, to sign .* and to verify with the key release/,
      );
    });
  });
});
