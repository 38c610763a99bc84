import * as path from 'node:path';
import type { TaskLog } from '../../log';
import { Secret } from '../../secret';
import { TaskFailure } from '../../taskFailure';
import type { BlobTransfer } from '../storage/blobTransfer';
import { byteText, progressOf } from '../storage/transferProgress';
import { listSnapshot, uploadsOf, type SnapshotFile } from './snapshotFiles';
import { hashSnapshot, hashVersion } from './snapshotHash';
import type { Workspace } from './workspace';

export interface UploadedSnapshot {
  /** ARM id of the code version. */
  readonly id: string;
  readonly sha256: string;
  /** False where the workspace had it already. */
  readonly uploaded: boolean;
}

const warnAbove = 100 * 1024 * 1024;

/**
 * Brings a directory into the workspace as a code version, unless one of the same content is there.
 * Source of the protocol: azure-rest-api-specs, codeVersions startPendingUpload, and what azure-ai-ml sends.
 */
export async function uploadSnapshot(
  workspace: Workspace,
  transfer: BlobTransfer,
  directory: string,
  { log, signal }: { log: TaskLog; signal: AbortSignal },
): Promise<UploadedSnapshot> {
  const files = await listSnapshot(directory);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const sha256 = await hashSnapshot(files, signal);
  const asText = `${files.length} file${files.length === 1 ? '' : 's'}, ${byteText(size)}`;
  // A name that follows from the content: whoever uploads the same at the same time writes the same.
  const name = [8, 12, 16, 20, 32].map((end, index) => sha256.slice([0, 8, 12, 16, 20][index], end)).join('-');
  const known = await findByHash(workspace, name, sha256, signal);
  if (known) {
    log.info(`Code snapshot of ${directory} (${asText}) is unchanged: the workspace already has it.`);
    return { id: known, sha256, uploaded: false };
  }
  if (size > warnAbove) {
    log.warning(
      `The code snapshot of ${directory} has ${asText}; the largest files: ${largest(files)}. ` +
        'List what the job does not need in a .amlignore file there, and give it data as inputs.',
    );
  }
  log.info(`Uploading the code snapshot of ${directory}: ${asText}`);
  const pending = await workspace.request<{
    blobReferenceForConsumption?: { blobUri: string; credential: { sasUri: string } };
  }>({
    method: 'POST',
    url: `codes/${name}/versions/1/startPendingUpload`,
    body: { pendingUploadType: 'TemporaryBlobReference' },
    // It only gives a place to upload to.
    repeatable: true,
    shape: 'object',
    signal,
  });
  const reference = pending.body.blobReferenceForConsumption;
  if (!reference?.credential?.sasUri) throw new TaskFailure('Azure ML gave no place to upload the code snapshot to.');
  const containerSas = new Secret(reference.credential.sasUri);
  // In the code's URI the name stands as it is: one that needs no escaping is understood by everyone.
  const folder = path.basename(directory).replace(/[^A-Za-z0-9._-]/g, '_') || 'code';
  const blobOf = (file: SnapshotFile) => `${folder}/${file.path}`;
  await transfer.uploadAll(containerSas, uploadsOf(files, blobOf), progressOf(log, 'Uploading code', size), signal);
  // The sign by which azure-ai-ml knows an upload that came to its end.
  const completed = { upload_status: 'completed', name, version: '1' };
  await transfer.setMetadata(containerSas, blobOf(files[0]!), completed, signal);
  const { body } = await workspace.request<{ id: string }>({
    method: 'PUT',
    shape: { id: 'string' },
    url: `codes/${name}/versions/1`,
    body: {
      properties: {
        codeUri: `${reference.blobUri.replace(/\/+$/, '')}/${folder}`,
        isAnonymous: true,
        properties: { hash_sha256: sha256, hash_version: hashVersion },
      },
    },
    signal,
  });
  return { id: body.id, sha256, uploaded: true };
}

async function findByHash(
  workspace: Workspace,
  name: string,
  hash: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { status, body } = await workspace.request<{ value?: Array<{ id: string }> }>({
    url: `codes/${name}/versions`,
    query: { hash, hashVersion },
    accept: [404],
    shape: 'object',
    signal,
  });
  return status === 404 ? undefined : body.value?.[0]?.id;
}

function largest(files: readonly SnapshotFile[]): string {
  const sorted = [...files].sort((a, b) => b.size - a.size).slice(0, 3);
  return sorted.map(({ path: name, size }) => `${name} (${byteText(size)})`).join(', ');
}
