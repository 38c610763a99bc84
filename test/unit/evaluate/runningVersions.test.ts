import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import { runningVersions } from '../../../tasks/Evaluate/runningVersions';

describe('Evaluate: what runs', () => {
  const log = { info: sinon.stub() };
  afterEach(() => log.info.reset());

  const ask = (request: sinon.SinonStub) => {
    const session = { connection: { subscriptionId: 's' }, request } as unknown as AzureSession;
    return runningVersions(session, 'cost', log);
  };
  const group = (name: string, model: string, version: string, more = {}) => ({
    name,
    tags: { 'mlops-model': model, 'mlops-model-version': version, ...more },
  });

  it('is read from the tags of all container groups of the subscription, page by page', async () => {
    const request = sinon.stub();
    const first = [group('a', 'cost', '3'), { name: 'none' }, group('b', 'other', '9')];
    // A group that stands beside the real one while it is verified serves nobody.
    const second = [group('c', 'cost', '2'), group('d', 'cost', '4', { 'mlops-besides': 'a' })];
    request.onFirstCall().resolves({ body: { value: first, nextLink: 'https://next' } });
    request.onSecondCall().resolves({ body: { value: second } });
    assert.deepEqual(
      await ask(request),
      new Map([
        ['3', 'a'],
        ['2', 'c'],
      ]),
    );
    const asked = request.firstCall.args[0] as { url: string; query: Record<string, string> };
    assert.equal(asked.url, '/subscriptions/s/resources');
    assert.equal(asked.query.$filter, "resourceType eq 'Microsoft.ContainerInstance/containerGroups'");
    assert.equal((request.secondCall.args[0] as { url: string }).url, 'https://next');
  });

  it('is unknown to who may not see it, which is told', async () => {
    const failure = new AzureFailure('You may not.', undefined, 403, 'AuthorizationFailed', '', undefined);
    assert.equal((await ask(sinon.stub().rejects(failure))).size, 0);
    sinon.assert.calledOnceWithMatch(log.info, /Which version runs cannot be seen.*You may not/);
  });

  it('is an error where Azure fails: nothing is compared with nobody by accident', async () => {
    const failure = new AzureFailure('Azure is down.', undefined, 503, 'ServiceUnavailable', '', undefined);
    await assert.rejects(ask(sinon.stub().rejects(failure)), /Azure is down/);
  });
});
