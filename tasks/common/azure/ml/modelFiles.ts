import type { Readable } from 'node:stream';
import { TaskFailure } from '../../taskFailure';
import { Artifacts } from './artifacts';
import { BlobTransfer, blobUrl } from '../storage/blobTransfer';
import { listBlobs, openDatastore } from '../storage/datastoreContainer';
import type { RegisteredModel } from './registeredModel';
import type { Workspace } from './workspace';

/** A file of a model, read where it lies. */
export interface ModelFile {
  /**
   * Where it belongs below AZUREML_MODEL_DIR. As in Azure ML's own deployments this begins with the last name of the
   * model's path: a model registered from outputs/model has model/model.pkl.
   */
  readonly path: string;
  /** Its size is known before its first byte is read. */
  open(signal: AbortSignal): Promise<{ size: number; stream: Readable }>;
}

/** Where a model's URI points. */
export type ModelPlace =
  | { readonly kind: 'artifacts'; readonly jobName: string; readonly path: string }
  | { readonly kind: 'datastore'; readonly datastore: string; readonly path: string };

/**
 * The files of a model, by path.
 * @throws TaskFailure if nothing lies at the model's path
 */
export async function listModelFiles(
  workspace: Workspace,
  model: RegisteredModel,
  signal: AbortSignal,
): Promise<ModelFile[]> {
  const place = modelPlace(model.uri);
  const path = place.path.replace(/\/+$/, '');
  const blobs = new BlobTransfer(workspace.session);
  // Asked for without the slash at the end: the path may be one file. A neighbour such as "model-old" is left out below.
  const found =
    place.kind === 'artifacts'
      ? ((await new Artifacts(workspace, blobs).list(place.jobName, path, signal)) ?? [])
      : await listDatastore(workspace, blobs, place.datastore, path, signal);
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  const files = found
    .filter((each) => each.path === path || path === '' || each.path.startsWith(`${path}/`))
    .map((each) => ({
      path: each.path.slice(parent.length),
      open: (stop: AbortSignal) => blobs.open(each.url, stop),
    }));
  if (files.length > 0) return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  throw new TaskFailure(
    `The model ${model.name} version ${model.version} has no files: there is nothing at its path ${model.uri}.`,
    'They were deleted or moved after registration: run the training again, or register a version whose files are there.',
  );
}

/**
 * Reads a model's URI.
 * Source: azure-ai-ml's JOB_URI_FORMAT and DATASTORE_URI forms (constants/_common.py), MLflow's runs:/ URIs.
 */
export function modelPlace(uri: string): ModelPlace {
  const run =
    /^runs:\/([^/]+)\/?(.*)$/.exec(uri) ??
    /^azureml:\/\/jobs\/([^/]+)\/outputs\/artifacts\/(?:paths\/)?(.*)$/i.exec(uri);
  if (run) return { kind: 'artifacts', jobName: decodeURIComponent(run[1]!), path: decodeURIComponent(run[2]!) };
  const output = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/paths)?\/?(.*)$/i.exec(uri);
  if (output) {
    // Where Azure ML puts a named output unless the job says otherwise: azureml/{job}/{output} in the default datastore.
    const [, job, name, path] = output;
    return { kind: 'datastore', datastore: 'workspaceblobstore', path: `azureml/${job}/${name}/${path}` };
  }
  const store = /^azureml:\/\/(?:.*\/)?datastores\/([^/]+)\/paths\/(.*)$/i.exec(uri);
  if (!store) {
    throw new TaskFailure(
      `The model's path ${uri} is of a kind that cannot be read.`,
      'Register the model from a job output or from a path in a datastore.',
    );
  }
  const [datastore, path] = [store[1]!, decodeURIComponent(store[2]!)];
  const artifacts = /^ExperimentRun\/dcid\.([^/]+)\/?(.*)$/.exec(path);
  // The artifact service gives a URL for each file, so that nobody needs the storage account's key.
  if (artifacts && datastore === 'workspaceartifactstore') {
    return { kind: 'artifacts', jobName: artifacts[1]!, path: artifacts[2]! };
  }
  return { kind: 'datastore', datastore, path };
}

async function listDatastore(
  workspace: Workspace,
  blobs: BlobTransfer,
  datastore: string,
  path: string,
  signal: AbortSignal,
): Promise<Array<{ path: string; url: string }>> {
  const container = await openDatastore(workspace, datastore, signal);
  const listed = await listBlobs(blobs, container, path, signal);
  return listed.map(({ name }) => ({ path: name, url: blobUrl(container.sasUrl, name) }));
}
