import type { Collection, LocalAzureContext } from '../../context';
import type { AssetReference } from '../resourceIds';
import { systemData, type SystemData } from '../systemData';

export const assetTypes = ['codes', 'environments', 'models', 'data', 'components'] as const;
export type AssetType = (typeof assetTypes)[number];

export interface AssetVersion {
  name: string;
  version: string;
  properties: Record<string, unknown>;
  system: SystemData;
}

export interface AssetContainer {
  name: string;
  properties: Record<string, unknown>;
  system: SystemData;
}

/** The versions of one type of asset, by name. */
export class AssetStore {
  private readonly containers: Collection<AssetContainer>;
  private readonly versions: Collection<AssetVersion>;
  /** Lower-case name to its versions, oldest first. */
  private readonly byName = new Map<string, Map<string, AssetVersion>>();

  constructor(context: LocalAzureContext, type: AssetType) {
    this.containers = context.collection(`machineLearning.${type}`);
    this.versions = context.collection(`machineLearning.${type}.versions`);
    for (const { value } of this.versions.list()) this.index(value);
  }

  container(name: string): AssetContainer | undefined {
    return this.containers.get(name);
  }

  allContainers(): AssetContainer[] {
    return this.containers.list().map((entry) => entry.value);
  }

  putContainer(name: string, properties: Record<string, unknown>): void {
    const former = this.containers.get(name);
    this.containers.put(name, { name: former?.name ?? name, properties, system: systemData(former?.system) });
  }

  deleteContainer(name: string): boolean {
    for (const { version } of this.allVersions(name)) this.deleteVersion(name, version);
    return this.containers.delete(name);
  }

  version(name: string, version: string): AssetVersion | undefined {
    return this.byName.get(name.toLowerCase())?.get(version.toLowerCase());
  }

  /** Oldest first. */
  allVersions(name: string): AssetVersion[] {
    return [...(this.byName.get(name.toLowerCase())?.values() ?? [])];
  }

  /** Makes the container too where it is not there yet. */
  putVersion(name: string, version: string, properties: Record<string, unknown>): AssetVersion {
    if (!this.containers.get(name)) this.putContainer(name, {});
    const former = this.version(name, version);
    const asset: AssetVersion = {
      name: this.containers.get(name)?.name ?? name,
      version: former?.version ?? version,
      properties: structuredClone(properties),
      system: systemData(former?.system),
    };
    this.versions.put(`${name}:${version}`, asset);
    this.index(asset);
    return asset;
  }

  deleteVersion(name: string, version: string): boolean {
    this.byName.get(name.toLowerCase())?.delete(version.toLowerCase());
    return this.versions.delete(`${name}:${version}`);
  }

  /** The newest one that is not archived. */
  latest(name: string): AssetVersion | undefined {
    return this.allVersions(name)
      .filter((asset) => asset.properties.isArchived !== true)
      .at(-1);
  }

  /** One more than the highest numeric version, as the service numbers. */
  nextVersion(name: string): string {
    const numbers = this.allVersions(name).map((asset) => (/^\d+$/.test(asset.version) ? Number(asset.version) : 0));
    return String(Math.max(0, ...numbers) + 1);
  }

  find(reference: AssetReference): AssetVersion | undefined {
    if (reference.registry) return undefined;
    if (reference.version) return this.version(reference.name, reference.version);
    return reference.label?.toLowerCase() === 'latest' || !reference.label ? this.latest(reference.name) : undefined;
  }

  private index(asset: AssetVersion): void {
    const key = asset.name.toLowerCase();
    const versions = this.byName.get(key) ?? new Map<string, AssetVersion>();
    versions.set(asset.version.toLowerCase(), asset);
    this.byName.set(key, versions);
  }
}

export type AssetStores = Record<AssetType, AssetStore>;

export const openAssetStores = (context: LocalAzureContext): AssetStores => ({
  codes: new AssetStore(context, 'codes'),
  environments: new AssetStore(context, 'environments'),
  models: new AssetStore(context, 'models'),
  data: new AssetStore(context, 'data'),
  components: new AssetStore(context, 'components'),
});
