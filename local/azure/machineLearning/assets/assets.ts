import { invalid, notFound } from '../mlError';
import { resourceId, versionId } from '../resourceIds';
import { isListed, selectVersions, type ListQuery } from './assetLists';
import { assetRules, mergeAsset } from './assetRules';
import type { AssetContainer, AssetStore, AssetStores, AssetType, AssetVersion } from './assetStore';
import type { OutputLocations } from './storageLocation';

type Properties = Record<string, unknown>;

const kindOf: Record<AssetType, string> = {
  codes: 'Code',
  environments: 'Environment',
  models: 'Model',
  data: 'Data',
  components: 'Component',
};

/** The assets of one type as the service takes and shows them. */
export class Assets {
  private readonly store: AssetStore;

  constructor(
    private readonly type: AssetType,
    private readonly stores: AssetStores,
    private readonly outputs: OutputLocations,
  ) {
    this.store = stores[type];
  }

  containers(view: ListQuery['listViewType']): AssetContainer[] {
    // Asked even where there is none.
    isListed({}, view);
    return this.store.allContainers().filter(({ properties }) => isListed(properties, view));
  }

  container(name: string): AssetContainer {
    const container = this.store.container(name);
    const kind = kindOf[this.type];
    if (!container) throw notFound(`${kind} container with name: ${name}`, kind);
    return container;
  }

  putContainer(name: string, properties: Properties): { isNew: boolean; container: AssetContainer } {
    const former = this.store.container(name);
    const given = Object.entries(properties).filter(([, value]) => value != null);
    this.store.putContainer(name, { ...former?.properties, ...Object.fromEntries(given) });
    return { isNew: !former, container: this.container(name) };
  }

  deleteContainer(name: string): boolean {
    return this.store.deleteContainer(name);
  }

  versions(name: string, query: ListQuery): AssetVersion[] {
    return selectVersions(this.store.allVersions(name), query);
  }

  version(name: string, version: string): AssetVersion {
    const asset = this.store.version(name, version);
    const kind = kindOf[this.type];
    if (!asset) throw notFound(`${kind} asset with name: ${name} and version: ${version}`, kind);
    return asset;
  }

  putVersion(
    name: string,
    version: string,
    properties: Properties | undefined,
  ): { isNew: boolean; version: AssetVersion } {
    checkName(name);
    checkName(version);
    const former = this.store.version(name, version);
    const merged = mergeAsset(this.type, properties, former, this.stores, this.outputs);
    return { isNew: !former, version: this.store.putVersion(name, version, merged) };
  }

  deleteVersion(name: string, version: string): boolean {
    return this.store.deleteVersion(name, version);
  }

  containerAnswer({ name, properties, system }: AssetContainer) {
    const latest = this.store.latest(name);
    return {
      id: resourceId(this.type, name),
      name,
      type: `Microsoft.MachineLearningServices/workspaces/${this.type}`,
      properties: {
        description: null,
        tags: {},
        properties: {},
        isArchived: false,
        ...properties,
        latestVersion: latest?.version ?? null,
        nextVersion: this.store.nextVersion(name),
        ...(this.type === 'data'
          ? { dataType: latest?.properties.dataType ?? properties.dataType ?? 'uri_folder' }
          : { provisioningState: 'Succeeded' }),
      },
      systemData: system,
    };
  }

  versionAnswer({ name, version, properties, system }: AssetVersion) {
    const { fields, added } = assetRules[this.type];
    return {
      id: versionId(this.type, name, version),
      name: version,
      type: `Microsoft.MachineLearningServices/workspaces/${this.type}/versions`,
      properties: {
        description: null,
        tags: {},
        properties: {},
        isArchived: false,
        isAnonymous: false,
        ...Object.fromEntries(fields.map((field) => [field, null])),
        ...added,
        ...properties,
      },
      systemData: system,
    };
  }
}

function checkName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,254}$/.test(name)) return;
  throw invalid(`The name '${name}' has characters that are not allowed, or is longer than 255 characters.`);
}
