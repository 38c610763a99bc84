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

type Found = StorageLocation | { problem: string };

/** A kind of URI: undefined where the URI is of another kind. */
type Reading = (uri: string, stores: AssetStores, outputs: OutputLocations) => Found | undefined;

/** Each kind of URI that the service knows, in the order in which they are tried. */
const readings: Reading[] = [onDatastore, ofJob, ofRun, ofAsset, onWeb];

/** What a URI of an input, a model or a snapshot leads to. `problem` says in a sentence why it leads nowhere. */
export function resolveStorageUri(uri: string, stores: AssetStores, outputs: OutputLocations): Found {
  for (const read of readings) {
    const found = read(uri, stores, outputs);
    if (found) return found;
  }
  return { problem: `'${uri}' was not found in the workspace, or is not a URI that the service knows.` };
}

function onDatastore(uri: string): Found | undefined {
  const match =
    /^(?:azureml:\/\/(?:subscriptions\/[^/]+\/resource[gG]roups\/[^/]+\/(?:providers\/[^/]+\/)?workspaces\/[^/]+\/)?)datastores\/([^/]+)\/(?:paths\/)?(.*)$/i.exec(
      uri,
    );
  if (!match) return undefined;
  const [, name = '', path = ''] = match;
  const found = findDatastore(name);
  return found ? { container: found.container, path } : { problem: `Datastore '${name}' was not found.` };
}

function ofJob(uri: string, _stores: AssetStores, outputs: OutputLocations): Found | undefined {
  const match = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/paths\/(.*)|\/?)$/i.exec(uri);
  if (!match) return undefined;
  const [, name = '', output = '', path = ''] = match;
  return beneath(outputs.outputLocation(name, output), path) ?? { problem: `Job '${name}' has no output '${output}'.` };
}

function ofRun(uri: string, _stores: AssetStores, outputs: OutputLocations): Found | undefined {
  const match = /^(?:runs|mlflow-artifacts):\/+([^/]+)\/?(.*)$/i.exec(uri);
  if (!match) return undefined;
  const [, name = '', path = ''] = match;
  return beneath(outputs.outputLocation(name, 'artifacts'), path) ?? { problem: `Run '${name}' was not found.` };
}

function ofAsset(uri: string, stores: AssetStores, outputs: OutputLocations): Found | undefined {
  for (const [type, field] of [
    ['data', 'dataUri'],
    ['models', 'modelUri'],
  ] as const) {
    const reference = parseAssetReference(type, uri);
    const next = reference && stores[type].find(reference)?.properties[field];
    if (typeof next === 'string') return resolveStorageUri(next, stores, outputs);
  }
  return undefined;
}

/** Of the workspace's own storage account what is known is the container. */
function onWeb(uri: string): Found | undefined {
  const blob = new RegExp(`^https?://${localCloud.storageAccount}\\.blob\\.[^/]+/([^/]+)/?([^?]*)`, 'i').exec(uri);
  if (blob) return { container: blob[1] ?? '', path: decodeURIComponent(blob[2] ?? '') };
  return /^https?:\/\//i.test(uri) ? { url: uri } : undefined;
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
