import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from './blobStore';
import { RecordFolder } from './recordFolder';

/** What the registry remembers of a manifest beside its content. */
export interface ManifestRecord {
  digest: string;
  mediaType: string;
  /** Of the manifest itself, in bytes. */
  size: number;
  /** Of the manifest, its config and its layers, in bytes. */
  imageSize: number;
  createdTime: string;
  architecture?: string;
  os?: string;
  configMediaType?: string;
  /** The manifest that this one refers to (OCI 1.1), for the referrers API. */
  subject?: string;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export interface TagRecord {
  name: string;
  digest: string;
  createdTime: string;
  lastUpdateTime: string;
}

/** What may be done with a repository, a manifest or a tag; locked is what may not be written or deleted. */
export interface Attributes {
  deleteEnabled: boolean;
  writeEnabled: boolean;
  readEnabled: boolean;
  listEnabled: boolean;
}

const unlocked: Attributes = { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true };

/**
 * One repository of one registry: which blobs belong to it, its manifests and its tags, as files. A part of a
 * repository's name never begins with an underscore, so these folders and nested repositories keep out of each other's way.
 */
export class Repository {
  private readonly blobs: string;
  private readonly manifests: RecordFolder<ManifestRecord>;
  private readonly tags: RecordFolder<TagRecord>;
  private locked?: Record<string, Attributes>;
  private isThere: boolean;

  constructor(private readonly directory: string) {
    this.blobs = join(directory, '_blobs');
    this.manifests = new RecordFolder(join(directory, '_manifests'));
    this.tags = new RecordFolder(join(directory, '_tags'));
    this.isThere = existsSync(join(directory, '_manifests'));
  }

  /** Since its first manifest, also when it holds none any more. */
  exists(): boolean {
    return this.isThere;
  }

  /** @param kind `_tags` or `_manifests` with the name of one; without them, of the repository itself */
  attributes(kind = '', name = ''): Attributes {
    return { ...unlocked, ...this.locks()[`${kind}/${name}`] };
  }

  setAttributes(kind = '', name = '', changes: Partial<Attributes>): void {
    this.locked = { ...this.locks(), [`${kind}/${name}`]: { ...this.attributes(kind, name), ...changes } };
    writeFileSync(join(this.directory, '_locks.json'), JSON.stringify(this.locked));
  }

  /** A lock of the repository is one of all that is in it. */
  allows(action: keyof Attributes, kind = '', name = ''): boolean {
    return this.attributes()[action] && this.attributes(kind, name)[action];
  }

  private locks(): Record<string, Attributes> {
    return (this.locked ??= readJson(join(this.directory, '_locks.json')) ?? {});
  }

  addBlob(digest: string): void {
    mkdirSync(this.blobs, { recursive: true });
    writeFileSync(join(this.blobs, hexOf(digest)), '');
  }

  hasBlob(digest: string): boolean {
    return existsSync(join(this.blobs, hexOf(digest)));
  }

  removeBlob(digest: string): void {
    rmSync(join(this.blobs, hexOf(digest)), { force: true });
  }

  manifest(digest: string): ManifestRecord | undefined {
    return this.manifests.get(hexOf(digest));
  }

  putManifest(record: ManifestRecord): void {
    this.manifests.put(hexOf(record.digest), record);
    this.isThere = true;
  }

  listManifests(): ManifestRecord[] {
    return this.manifests.list();
  }

  /** Removes the tags that name it as well. */
  deleteManifest(digest: string): void {
    for (const tag of this.listTags()) if (tag.digest === digest) this.deleteTag(tag.name);
    this.manifests.delete(hexOf(digest));
  }

  tag(name: string): TagRecord | undefined {
    return this.tags.get(name);
  }

  putTag(name: string, digest: string): void {
    const now = new Date().toISOString();
    this.tags.put(name, { name, digest, createdTime: this.tag(name)?.createdTime ?? now, lastUpdateTime: now });
  }

  deleteTag(name: string): boolean {
    return this.tags.delete(name);
  }

  /** In alphabetical order. */
  listTags(): TagRecord[] {
    return this.tags.list();
  }

  delete(): void {
    this.manifests.clear();
    this.tags.clear();
    for (const part of [this.blobs, join(this.directory, '_locks.json')])
      rmSync(part, { recursive: true, force: true });
    this.locked = undefined;
    this.isThere = false;
  }
}

/** The repositories of all registries. */
export class RepositoryStore {
  private readonly directory: string;
  /** Of each registry by its name in lower case: what is there, and what was asked about. */
  private readonly registries = new Map<string, Map<string, Repository>>();

  constructor(directory: string) {
    this.directory = join(directory, 'repositories');
  }

  repository(registry: string, name: string): Repository {
    const repositories = this.repositories(registry);
    let repository = repositories.get(name);
    if (!repository) repositories.set(name, (repository = this.open(registry, name)));
    return repository;
  }

  /** The names of a registry's repositories that hold a manifest, in alphabetical order. */
  list(registry: string): string[] {
    return [...this.repositories(registry)].flatMap(([name, repository]) => (repository.exists() ? [name] : [])).sort();
  }

  private repositories(registry: string): Map<string, Repository> {
    const key = registry.toLowerCase();
    let found = this.registries.get(key);
    if (!found) {
      this.registries.set(key, (found = new Map<string, Repository>()));
      for (const name of this.namesOnDisk(join(this.directory, key))) found.set(name, this.open(registry, name));
    }
    return found;
  }

  private open(registry: string, name: string): Repository {
    return new Repository(join(this.directory, registry.toLowerCase(), ...name.split('/')));
  }

  private namesOnDisk(directory: string, name = ''): string[] {
    const children = names(directory);
    const own = name && children.includes('_manifests') ? [name] : [];
    const nested = children
      .filter((child) => !child.startsWith('_'))
      .flatMap((child) => this.namesOnDisk(join(directory, child), name ? `${name}/${child}` : child));
    return [...own, ...nested];
  }
}

function names(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function readJson<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
}
