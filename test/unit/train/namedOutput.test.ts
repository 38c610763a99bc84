import assert from 'node:assert/strict';
import http, { createServer, type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { openDatastore } from '../../../tasks/common/azure/storage/datastoreContainer';
import { createSender } from '../../../tasks/common/azure/http/pipeline';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import { fakeWorkspace } from '../../support/fakeWorkspace';
import type { Workspace } from '../../../tasks/common/azure/ml/workspace';
import { listNamedOutput } from '../../../tasks/Train/namedOutput';

const { signal } = new AbortController();
const uri = 'azureml://datastores/store/paths/azureml/job/model/';

describe('Train: the files of a named output', () => {
  let account: Server;
  /** What the storage account answers to a request for a key. */
  let status: number;
  let asked: string[];

  before((done) => {
    account = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AuthorizationPermissionMismatch</Code><Message>no</Message></Error>');
    }).listen(0, '127.0.0.1', done);
  });
  after(() => {
    account.closeAllConnections();
    account.close();
  });
  beforeEach(() => {
    asked = [];
    // Nobody resolves the account's name here, nor has a certificate for it.
    const { port } = account.address() as AddressInfo;
    sinon.stub(https, 'request').callsFake(((options: http.RequestOptions, onAnswer: () => void) => {
      const { method, path, headers } = options;
      return http.request({ host: '127.0.0.1', port, method, path, headers }, onAnswer);
    }) as typeof https.request);
  });
  afterEach(() => sinon.restore());

  /** A workspace with one datastore, which holds no secret. */
  const workspaceWith = (datastore: Record<string, string>) => {
    const session = {
      keepSecret: () => undefined,
      sender: () => createSender({}, { mostTries: 1 }),
    };
    const request = async ({ method }: AzureRequest) =>
      method === 'POST' ? { status: 400, body: {} } : { status: 200, body: { properties: datastore } };
    return fakeWorkspace(request, session);
  };
  const list = (workspace: Workspace) => listNamedOutput(workspace, new BlobTransfer(workspace.session), uri, signal);
  const blobs = { datastoreType: 'AzureBlob', accountName: 'acct', containerName: 'c' };

  const others: Record<string, string>[] = [
    { datastoreType: 'AzureFile', accountName: 'acct', fileShareName: 'share' },
    { datastoreType: 'OneLake', oneLakeWorkspaceName: 'lake' },
  ];
  for (const datastore of others) {
    it(`are not known where they lie in ${datastore.datastoreType}`, async () => {
      assert.equal(await list(workspaceWith(datastore)), undefined);
    });
  }

  it('are not known where the datastore holds no key and the identity is given none', async () => {
    status = 403;
    assert.equal(await list(workspaceWith(blobs)), undefined);
    assert.deepEqual(asked, ['POST /?restype=service&comp=userdelegationkey']);
  });

  it('are asked for again where the storage account itself fails', async () => {
    status = 503;
    await assert.rejects(
      list(workspaceWith(blobs)),
      (error) => error instanceof AzureFailure && error.status === 503 && error.remedy === undefined,
    );
  });

  for (const [permissions, role] of [
    ['rl', 'Reader'],
    ['rcwl', 'Contributor'],
  ] as const) {
    it(`need the role Storage Blob Data ${role} to be opened for ${permissions}`, async () => {
      status = 403;
      await assert.rejects(openDatastore(workspaceWith(blobs), 'store', signal, permissions), (error: AzureFailure) => {
        assert.match(
          error.message,
          /https:\/\/acct\.blob\.core\.windows\.net .*\(403 AuthorizationPermissionMismatch\)/,
        );
        assert.ok(error.remedy?.includes(`Storage Blob Data ${role} on`), error.remedy);
        return true;
      });
    });
  }
});
