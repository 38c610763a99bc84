import assert from 'node:assert/strict';
import dns from 'node:dns';
import sinon from 'sinon';
import { openServices } from '../../../tasks/TestEndpoint/services';
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
});
