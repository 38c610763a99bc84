import { localCloud } from '../../context';
import { parseAssetReference } from '../resourceIds';
import { findDatastore } from '../workspace/datastores';
import type { AssetStores } from './assetStore';

/** Where bytes are: in a container of the workspace's storage account, or anywhere on the web. */
export type StorageLocation = { container: string; path: string } | { url: string };

/** Where the named outputs of a job go, and what every run leaves behind. */
export interface OutputLocations {
  /** Undefined if there is no such job or output. */
  outputLocation(job: string, output: string): StorageLocation | undefined;
}

export const artifactContainer = 'azureml';

/** The folder of a run's artifacts in the container of workspaceartifactstore. */
export const artifactPrefix = (run: string): string => `ExperimentRun/dcid.${run}/`;

/** What a URI of an input, a model or a snapshot leads to. `problem` says in a sentence why it leads nowhere. */
export function resolveStorageUri(
  uri: string,
  stores: AssetStores,
  outputs: OutputLocations,
): StorageLocation | { problem: string } {
  const datastore =
    /^(?:azureml:\/\/(?:subscriptions\/[^/]+\/resource[gG]roups\/[^/]+\/(?:providers\/[^/]+\/)?workspaces\/[^/]+\/)?)datastores\/([^/]+)\/(?:paths\/)?(.*)$/i.exec(
      uri,
    );
  if (datastore) {
    const [, name = '', path = ''] = datastore;
    const found = findDatastore(name);
    return found ? { container: found.container, path } : { problem: `Datastore '${name}' was not found.` };
  }
  const job = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/paths\/(.*)|\/?)$/i.exec(uri);
  if (job) {
    const [, name = '', output = '', path = ''] = job;
    return (
      beneath(outputs.outputLocation(name, output), path) ?? { problem: `Job '${name}' has no output '${output}'.` }
    );
  }
  const run = /^(?:runs|mlflow-artifacts):\/+([^/]+)\/?(.*)$/i.exec(uri);
  if (run) {
    const [, name = '', path = ''] = run;
    return beneath(outputs.outputLocation(name, 'artifacts'), path) ?? { problem: `Run '${name}' was not found.` };
  }
  for (const type of ['data', 'models'] as const) {
    const reference = parseAssetReference(type, uri);
    const asset = reference && stores[type].find(reference);
    const next = asset?.properties[type === 'data' ? 'dataUri' : 'modelUri'];
    if (typeof next === 'string') return resolveStorageUri(next, stores, outputs);
  }
  const blob = new RegExp(`^https?://${localCloud.storageAccount}\\.blob\\.[^/]+/([^/]+)/?([^?]*)`, 'i').exec(uri);
  if (blob) return { container: blob[1] ?? '', path: decodeURIComponent(blob[2] ?? '') };
  if (/^https?:\/\//i.test(uri)) return { url: uri };
  return { problem: `'${uri}' was not found in the workspace, or is not a URI that the service knows.` };
}

/** The long form in which the service hands out a location on a datastore; other locations stay as they were given. */
export function canonicalUri(uri: string, stores: AssetStores, outputs: OutputLocations): string {
  const location = resolveStorageUri(uri, stores, outputs);
  if (!('container' in location)) return uri;
  const datastore = location.container === artifactContainer ? 'workspaceartifactstore' : 'workspaceblobstore';
  if (findDatastore(datastore)?.container !== location.container) return uri;
  return (
    `azureml://subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}` +
    `/workspaces/${localCloud.workspace}/datastores/${datastore}/paths/${location.path}`
  );
}

function beneath(location: StorageLocation | undefined, path: string): StorageLocation | undefined {
  if (!location || !('container' in location)) return location;
  return { container: location.container, path: location.path.replace(/\/?$/, '/') + path };
}
