import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ContainerRegistryTasks } from '../../../tasks/common/azure/registry/containerRegistryTasks';
import { createSender } from '../../../tasks/common/azure/http/pipeline';
import type { AzureRequest, AzureSession } from '../../../tasks/common/azure/http/session';

describe('the upload of a build context', () => {
  let storage: Server;
  beforeEach(async () => {
    storage = createServer((request, response) => request.resume().on('end', () => response.writeHead(201).end()));
    await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    storage.closeAllConnections();
    storage.close();
  });

  it('has a correlation id of its own each time, as the service makes the name of the blob of it', async () => {
    const asked: AzureRequest[] = [];
    const session = {
      sender: () => createSender({}),
      request: (request: AzureRequest) => {
        asked.push(request);
        const uploadUrl = `http://127.0.0.1:${(storage.address() as AddressInfo).port}/c/source.tar.gz?sig=x`;
        return Promise.resolve({ status: 200, headers: {}, body: { uploadUrl, relativePath: 'source.tar.gz' } });
      },
    } as unknown as AzureSession;
    const tasks = new ContainerRegistryTasks(session, { id: '/registries/acr', hasRepositoryPermissions: false });
    async function* context() {
      yield Buffer.from('context');
      await Promise.resolve();
    }
    for (let upload = 0; upload < 2; upload++) {
      assert.deepEqual(await tasks.uploadContext(context(), new AbortController().signal), {
        sourceLocation: 'source.tar.gz',
        bytes: 7,
      });
    }
    const ids = asked.map(({ headers }) => headers?.['x-ms-correlation-request-id'] ?? '');
    assert.equal(new Set(ids).size, 2);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});
