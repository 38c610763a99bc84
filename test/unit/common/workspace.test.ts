import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import { Workspace } from '../../../tasks/common/azure/ml/workspace';

describe('a workspace', () => {
  it('is looked up once, and again where it could not be reached', async () => {
    const outage = new AzureFailure('busy', undefined, 503, 'ServerBusy', 'busy', undefined);
    const answers = [
      { id: 'w', location: 'here', properties: { discoveryUrl: 'https://discovery.test' } },
      { api: 'https://api.test/' },
    ];
    const request = sinon.stub();
    request.onCall(0).rejects(outage);
    request.onCall(1).resolves({ body: answers[0] });
    request.onCall(2).rejects(outage);
    request.onCall(3).resolves({ body: answers[1] });
    const connection = { subscriptionId: 's' };
    const workspace = new Workspace({ connection, request } as unknown as AzureSession, 'group', 'workspace');
    await assert.rejects(workspace.dataPlaneUrl(), outage);
    await assert.rejects(workspace.dataPlaneUrl(), outage);
    assert.deepEqual(
      [await workspace.dataPlaneUrl(), await workspace.dataPlaneUrl()],
      ['https://api.test', 'https://api.test'],
    );
    assert.equal(request.callCount, 4);
  });
});
