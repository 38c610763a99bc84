import assert from 'node:assert/strict';
import {
  BlobServiceClient,
  ContainerClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { randomBytes, randomUUID } from 'node:crypto';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure/index';
import { clientSecretCredential, localAzure } from '../../support/azure';
import { MlWorkspace } from '../../support/mlWorkspace';

describe('the blob endpoint of local Azure', function () {
  this.timeout(60_000);
  let azure: LocalAzure;
  let ml: MlWorkspace;
  const container = `azureml-blobstore-${localCloud.workspaceId}`;
  before(async () => {
    azure = await localAzure();
    ml = new MlWorkspace(azure);
  });

  it('is https, by the name that the datastore and the Python SDK make of it', async () => {
    const { body } = await ml.call('GET', ml.arm('/datastores/workspaceblobstore'));
    const { protocol, accountName, endpoint } = (body as { properties: Record<string, string> }).properties;
    const metadata = (await (await fetch(`${azure.url}/metadata/endpoints?api-version=2022-09-01`)).json()) as {
      suffixes: { storage: string };
    };
    assert.equal(protocol, 'https');
    assert.equal(`https://${accountName}.blob.${endpoint}`, azure.blobUrl);
    assert.equal(`https://${accountName}.blob.${metadata.suffixes.storage}`, azure.blobUrl);
  });

  it('takes what a SAS allows, in blocks and whole', async () => {
    const pending = (await ml.call('POST', ml.arm(`/codes/${randomUUID()}/versions/1/startPendingUpload`), {})) as {
      body: { blobReferenceForConsumption: { credential: { sasUri: string } } };
    };
    const { sasUri } = pending.body.blobReferenceForConsumption.credential;
    const blob = new ContainerClient(sasUri).getBlockBlobClient('src/a file with ü.bin');
    const bytes = randomBytes(9_000_000);
    await blob.uploadData(bytes, { blockSize: 4_000_000, maxSingleShotSize: 1_000_000 });
    assert.ok(bytes.equals(await blob.downloadToBuffer()));
    assert.ok(bytes.subarray(5, 9).equals(await blob.downloadToBuffer(5, 4)));
  });

  it('takes a SAS that allows only https, as the SDK makes one unless told', async () => {
    const { body } = await ml.call('POST', ml.arm('/datastores/workspaceblobstore/listSecrets'));
    const credential = new StorageSharedKeyCredential(localCloud.storageAccount, (body as { key: string }).key);
    const permissions = ContainerSASPermissions.parse('racwl');
    const expiresOn = new Date(Date.now() + 60_000);
    const values = { containerName: container, permissions, expiresOn, protocol: SASProtocol.Https };
    const sas = generateBlobSASQueryParameters(values, credential).toString();
    const blob = new ContainerClient(`${azure.blobUrl}/${container}?${sas}`).getBlockBlobClient(randomUUID());
    await blob.upload('by https', 8);
    assert.equal(String(await blob.downloadToBuffer()), 'by https');
  });

  it('takes a token of Entra for Azure Storage', async () => {
    const service = new BlobServiceClient(azure.blobUrl, clientSecretCredential(azure));
    const blob = service.getContainerClient(container).getBlockBlobClient(`tokens/${randomUUID()}`);
    await blob.upload('by token', 8);
    assert.equal(String(await blob.downloadToBuffer()), 'by token');
    assert.equal((await blob.getProperties()).contentLength, 8);
  });

  it('refuses a token for another service, and one that is not of this cloud', async () => {
    const { token } = await clientSecretCredential(azure).getToken('https://management.azure.com/.default');
    for (const authorization of [`Bearer ${token}`, 'Bearer not.a.token']) {
      const answer = await fetch(`${azure.blobUrl}/${container}?restype=container`, {
        headers: { authorization, 'x-ms-version': '2023-11-03' },
      });
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer authorization_uri=\S+ resource_id=\S+$/);
      assert.match(await answer.text(), /<Code>InvalidAuthenticationInfo<\/Code>/);
    }
  });
});
