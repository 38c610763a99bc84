import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TaskLog } from '../../log';
import { TaskFailure } from '../../taskFailure';
import { blobUrl, type BlobTransfer } from './blobTransfer';
import { listSnapshot, SnapshotFile, uploadsOf } from '../ml/snapshotFiles';
import { hashSnapshot } from '../ml/snapshotHash';
import { firstOf } from '../ml/machineLearningSdk';
import { openDatastore } from './datastoreContainer';
import { byteText, progressOf } from './transferProgress';
import type { Workspace } from '../ml/workspace';

/**
 * Brings a local file or folder to the workspace's default datastore, unless the same content is there.
 * @param options.as how the URI is written: `azureml` for inputs of jobs, `https` for build contexts
 * @returns the URI of the file, or of the folder with a slash at its end
 */
export async function uploadData(
  workspace: Workspace,
  transfer: BlobTransfer,
  local: string,
  { log, signal, as = 'azureml' }: { log: TaskLog; signal: AbortSignal; as?: 'azureml' | 'https' },
): Promise<string> {
  const stat = await fs.promises.stat(local);
  const name = path.basename(local);
  const files = stat.isDirectory()
    ? await listSnapshot(local)
    : [new SnapshotFile(name, stat.size, path.dirname(local), await fs.promises.realpath(local))];
  const hash = await hashSnapshot(files, signal);
  const datastore = await defaultDatastore(workspace, signal);
  const { url, sasUrl } = await openDatastore(workspace, datastore, signal, 'rcwl');

  const folder = `LocalUpload/${hash}${stat.isDirectory() ? `/${name}` : ''}`;
  const blobOf = (file: SnapshotFile) => `${folder}/${file.path}`;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const what = `${local} (${files.length} file${files.length === 1 ? '' : 's'}, ${byteText(size)})`;
  // The first file carries the sign that the upload came to its end, as azure-ai-ml leaves it.
  const there = await transfer.properties(blobUrl(sasUrl, blobOf(files[0]!)), signal);
  if (there?.metadata.upload_status === 'completed') {
    log.info(`${what} is unchanged: the datastore ${datastore} has it already.`);
  } else {
    log.info(`Uploading ${what} to the datastore ${datastore}`);
    await transfer.uploadAll(sasUrl, uploadsOf(files, blobOf), progressOf(log, 'Uploading data', size), signal);
    await transfer.setMetadata(sasUrl, blobOf(files[0]!), { upload_status: 'completed' }, signal);
  }
  const target = stat.isDirectory() ? `${folder}/` : blobOf(files[0]!);
  if (as === 'https') return blobUrl(url, target);
  return `azureml://datastores/${datastore}/paths/${target}`;
}

async function defaultDatastore(workspace: Workspace, signal: AbortSignal): Promise<string> {
  const [datastore] = await workspace.ask(
    ({ datastores }, place, options) => firstOf(datastores.list(...place, { ...options, isDefault: true }), 1),
    { signal },
  );
  const name = datastore?.name;
  if (!name) throw new TaskFailure(`The workspace ${workspace.name} has no default datastore to upload local data to.`);
  return name;
}
