import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { localCloud } from '../../local/azure/context';
import type { LocalAzure } from '../../local/azure';
import { append, emptyRecord } from '../../tasks/common/record/chain';
import type { ModelRecord } from '../../tasks/common/record/record';
import { MlWorkspace, workspaceId } from './mlWorkspace';

/** A model that is registered in the workspace, and the record by which Evaluate hands it on. */
export interface RegisteredForTest {
  name: string;
  version: string;
  record: ModelRecord;
}

/** @param files by path beneath the model's folder, which is called model */
export async function registerModel(
  azure: LocalAzure,
  files: Record<string, string>,
  decision: 'approved' | 'rejected' = 'approved',
): Promise<RegisteredForTest> {
  const workspace = new MlWorkspace(azure);
  const name = `model-${randomUUID().slice(0, 8)}`;
  const { body: secrets } = await workspace.call('POST', workspace.arm('/datastores/workspaceblobstore/listSecrets'));
  const container = new ContainerClient(
    `${azure.blobUrl}/azureml-blobstore-${localCloud.workspaceId}`,
    new StorageSharedKeyCredential(localCloud.storageAccount, (secrets as { key: string }).key),
  );
  for (const [file, text] of Object.entries(files)) {
    await container.getBlockBlobClient(`models/${name}/model/${file}`).upload(text, Buffer.byteLength(text));
  }
  const uri = `azureml://subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/workspaces/${localCloud.workspace}/datastores/workspaceblobstore/paths/models/${name}/model`;
  const id = `${workspaceId}/models/${name}/versions/1`;
  const { status, body } = await workspace.call('PUT', workspace.arm(`/models/${name}/versions/1`), {
    properties: { modelType: 'custom_model', modelUri: uri, tags: { mine: 'kept' } },
  });
  assert.ok(status === 201 || status === 200, JSON.stringify(body));
  const model = {
    name,
    version: '1',
    id,
    type: 'custom_model',
    uri,
    workspace: {
      subscriptionId: localCloud.subscriptionId,
      resourceGroup: localCloud.resourceGroup,
      name: localCloud.workspace,
    },
  };
  const record = append(append(emptyRecord(), 'model', model), 'evaluation', {
    decision,
    reason: decision === 'approved' ? 'rmse 4 <= 5' : 'rmse 6 is above the limit of 5',
    criteria: [],
    metrics: {},
    champion: null,
    evaluatedAt: '2026-01-01T00:00:00Z',
  });
  return { name, version: '1', record };
}
