import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from './blobStore';

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
  private readonly manifests: string;
  private readonly tags: string;

  constructor(private readonly directory: string) {
    this.blobs = join(directory, '_blobs');
    this.manifests = join(directory, '_manifests');
    this.tags = join(directory, '_tags');
  }

  exists(): boolean {
    return existsSync(this.manifests);
  }

  /** @param kind `_tags` or `_manifests` with the name of one; without them, of the repository itself */
  attributes(kind = '', name = ''): Attributes {
    return { ...unlocked, ...this.locks()[`${kind}/${name}`] };
  }

  setAttributes(kind = '', name = '', changes: Partial<Attributes>): void {
    const locks = { ...this.locks(), [`${kind}/${name}`]: { ...this.attributes(kind, name), ...changes } };
    writeFileSync(join(this.directory, '_locks.json'), JSON.stringify(locks));
  }

  /** A lock of the repository is one of all that is in it. */
  allows(action: keyof Attributes, kind = '', name = ''): boolean {
    return this.attributes()[action] && this.attributes(kind, name)[action];
  }

  private locks(): Record<string, Attributes> {
    return readJson(join(this.directory, '_locks.json')) ?? {};
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
    return readJson<ManifestRecord>(join(this.manifests, `${hexOf(digest)}.json`));
  }

  putManifest(record: ManifestRecord): void {
    mkdirSync(this.manifests, { recursive: true });
    writeFileSync(join(this.manifests, `${hexOf(record.digest)}.json`), JSON.stringify(record));
  }

  listManifests(): ManifestRecord[] {
    return names(this.manifests).flatMap((name) => readJson<ManifestRecord>(join(this.manifests, name)) ?? []);
  }

  /** Removes the tags that name it as well. */
  deleteManifest(digest: string): void {
    for (const tag of this.listTags()) if (tag.digest === digest) this.deleteTag(tag.name);
    rmSync(join(this.manifests, `${hexOf(digest)}.json`), { force: true });
  }

  tag(name: string): TagRecord | undefined {
    return readJson<TagRecord>(join(this.tags, `${name}.json`));
  }

  putTag(name: string, digest: string): void {
    mkdirSync(this.tags, { recursive: true });
    const now = new Date().toISOString();
    const record: TagRecord = { name, digest, createdTime: this.tag(name)?.createdTime ?? now, lastUpdateTime: now };
    writeFileSync(join(this.tags, `${name}.json`), JSON.stringify(record));
  }

  deleteTag(name: string): boolean {
    const known = this.tag(name) !== undefined;
    rmSync(join(this.tags, `${name}.json`), { force: true });
    return known;
  }

  /** In alphabetical order. */
  listTags(): TagRecord[] {
    return names(this.tags)
      .flatMap((name) => readJson<TagRecord>(join(this.tags, name)) ?? [])
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  delete(): void {
    const parts = [this.blobs, this.manifests, this.tags, join(this.directory, '_locks.json')];
    for (const part of parts) rmSync(part, { recursive: true, force: true });
  }
}

/** The repositories of all registries. */
export class RepositoryStore {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = join(directory, 'repositories');
  }

  repository(registry: string, name: string): Repository {
    return new Repository(join(this.directory, registry.toLowerCase(), ...name.split('/')));
  }

  /** The names of a registry's repositories that hold a manifest, in alphabetical order. */
  list(registry: string): string[] {
    const found: string[] = [];
    const visit = (directory: string, name: string): void => {
      if (name && existsSync(join(directory, '_manifests'))) found.push(name);
      for (const child of names(directory)) {
        if (!child.startsWith('_')) visit(join(directory, child), name ? `${name}/${child}` : child);
      }
    };
    visit(join(this.directory, registry.toLowerCase()), '');
    return found.sort();
  }
}

function names(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function readJson<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
}
