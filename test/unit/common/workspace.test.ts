import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { fakeWorkspace } from '../../support/fakeWorkspace';

describe('a workspace', () => {
  it('is looked up once, and again where it could not be reached', async () => {
    const outage = new AzureFailure('busy', undefined, 503, 'ServerBusy', 'busy', undefined);
    const read = sinon.stub();
    read.onCall(0).rejects(outage);
    read.onCall(1).resolves({
      body: { id: 'w', location: 'here', properties: { discoveryUrl: 'https://discovery.test' } },
    });
    const request = sinon.stub();
    request.onCall(0).rejects(outage);
    request.onCall(1).resolves({ body: { api: 'https://api.test/' } });
    const workspace = fakeWorkspace(read, { request });
    await assert.rejects(workspace.dataPlaneUrl(), outage);
    await assert.rejects(workspace.dataPlaneUrl(), outage);
    assert.deepEqual(
      [await workspace.dataPlaneUrl(), await workspace.dataPlaneUrl()],
      ['https://api.test', 'https://api.test'],
    );
    assert.deepEqual([read.callCount, request.callCount], [2, 2]);
  });
});
