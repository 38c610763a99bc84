import assert from 'node:assert/strict';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import sinon from 'sinon';
import { traitsOf } from '../../../../tasks/common/azure/http/requestTraits';
import type { ServiceConnection } from '../../../../tasks/common/azure/http/serviceConnection';
import { AzureSession, type AzureRequest } from '../../../../tasks/common/azure/http/session';

describe('a session with Azure', () => {
  const session = new AzureSession({ resourceManagerUrl: 'https://management.example' } as ServiceConnection);
  for (const url of ['//evil.example/x', '/\\evil.example/x', '\\\\evil.example/x', 'ftp://evil.example/x', '//']) {
    it(`shows its token to no other host for the resource ${url}`, async () => {
      await assert.rejects(
        session.request({ url }),
        /is not a resource of the resource manager management\.example: it leads to/,
      );
    });
  }

  const isKnown = async (request: Omit<AzureRequest, 'url'>): Promise<boolean | undefined> => {
    let isThere: boolean | undefined;
    const answer = { status: 200, headers: { get: () => undefined, toJSON: () => ({}) } };
    const send = (sent: PipelineRequest) => Promise.resolve(((isThere = traitsOf(sent).isThere), answer));
    const stub = sinon.stub(session as unknown as { send(): Promise<unknown> }, 'send').resolves(send);
    await session.request({ url: '/x', ...request }).finally(() => stub.restore());
    return isThere;
  };
  it('takes what is read for known to be there, unless 404 is an answer', async () => {
    assert.equal(await isKnown({}), true);
    assert.equal(await isKnown({ method: 'POST', repeatable: true }), true);
    assert.equal(await isKnown({ accept: [404] }), false);
    assert.equal(await isKnown({ accept: [404], isThere: true }), true);
    assert.equal(await isKnown({ isThere: false }), false);
    assert.equal(await isKnown({ method: 'PUT' }), false);
  });
});
