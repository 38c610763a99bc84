import { invalid } from '../mlError';
import type { AssetVersion } from './assetStore';

export interface ListQuery {
  $orderBy?: string;
  listViewType?: string;
  version?: string;
  description?: string;
  tags?: string;
  $tags?: string;
  properties?: string;
  hash?: string;
  hashVersion?: string;
}

/** The versions that a list asks for, in its order: the newest first unless told. `versions` are oldest first. */
export function selectVersions(versions: AssetVersion[], query: ListQuery): AssetVersion[] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const bag = (asset: AssetVersion, name: string) => (asset.properties[name] ?? {}) as Record<string, string>;
  const chosen = versions.filter((asset) => {
    if (query.version && asset.version !== query.version) return false;
    if (query.description && text(asset.properties.description) !== query.description) return false;
    if (query.hash && bag(asset, 'properties').hash_sha256 !== query.hash) return false;
    if (query.hashVersion && bag(asset, 'properties').hash_version !== query.hashVersion) return false;
    return (
      isListed(asset.properties, query.listViewType) &&
      hasAll(bag(asset, 'tags'), query.tags ?? query.$tags) &&
      hasAll(bag(asset, 'properties'), query.properties)
    );
  });
  return order(chosen, query.$orderBy ?? 'createdtime desc');
}

export function isListed(properties: Record<string, unknown>, view = 'ActiveOnly'): boolean {
  if (!['All', 'ActiveOnly', 'ArchivedOnly'].includes(view)) {
    throw invalid(`'${view}' is not a valid value of 'listViewType'.`);
  }
  const archived = properties.isArchived === true;
  return view === 'All' || (view === 'ArchivedOnly' ? archived : !archived);
}

/** `filter` is a comma-separated list of names, or of name=value. */
export function hasAll(values: Record<string, string>, filter: string | undefined): boolean {
  if (!filter) return true;
  return filter.split(',').every((entry) => {
    const [name = '', ...value] = entry.trim().split('=');
    return name in values && (value.length === 0 || values[name] === value.join('='));
  });
}

function order(versions: AssetVersion[], by: string): AssetVersion[] {
  const [field = '', direction = 'asc'] = by.trim().toLowerCase().split(/\s+/);
  if (direction !== 'asc' && direction !== 'desc') throw invalid(`The list can not be ordered by '${by}'.`);
  const oldestFirst = [...versions];
  switch (field) {
    // Ties in time are broken by the order in which they were made, which is the order of the list.
    case 'createdtime':
    case 'createdat':
      break;
    case 'modifiedtime':
    case 'lastmodifiedat':
      oldestFirst.sort((one, other) => compare(one.system.lastModifiedAt, other.system.lastModifiedAt));
      break;
    case 'version':
      oldestFirst.sort(
        (one, other) => Number(one.version) - Number(other.version) || compare(one.version, other.version),
      );
      break;
    default:
      throw invalid(`The list can not be ordered by '${by}'.`);
  }
  return direction === 'desc' ? oldestFirst.reverse() : oldestFirst;
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
