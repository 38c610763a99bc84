import { disallowed, manifestUnknown, nameUnknown, OciError } from './ociError';
import { pageInOrder } from './pages';
import { loginServer } from './registryAccounts';
import type { ManifestRecord, Repository, RepositoryStore, TagRecord } from './repositoryStore';

/** What ACR knows of the repositories of its registries beside their content: attributes, times and counts. */
export class RepositoryMetadata {
  constructor(
    private readonly repositories: RepositoryStore,
    private readonly port: number,
  ) {}

  list(registry: string): string[] {
    return this.repositories.list(registry);
  }

  find(registry: string, name: string): Repository {
    const repository = this.repositories.repository(registry, name);
    if (!repository.exists()) throw nameUnknown(name);
    return repository;
  }

  head(registry: string, name: string) {
    return { registry: loginServer(registry, this.port), imageName: name };
  }

  properties(repository: Repository) {
    const manifests = repository.listManifests();
    const times = manifests.map((record) => record.createdTime).sort();
    return {
      createdTime: times[0] ?? new Date(0).toISOString(),
      lastUpdateTime: times.at(-1) ?? new Date(0).toISOString(),
      manifestCount: manifests.length,
      tagCount: repository.listTags().length,
      changeableAttributes: repository.attributes(),
    };
  }

  tag(repository: Repository, name: string) {
    const tag = repository.tag(name);
    if (!tag) throw manifestUnknown(name);
    return tagAttributes(tag, repository);
  }

  tags(repository: Repository, query: URLSearchParams, path: string) {
    const digest = query.get('digest');
    const tags = repository.listTags().filter((tag) => !digest || tag.digest === digest);
    const entries = tags.map((tag) => ({ key: tag.name, time: tag.lastUpdateTime, entry: tag }));
    const page = pageInOrder(entries, query, path);
    return { headers: page.headers, tags: page.entries.map((tag) => tagAttributes(tag, repository)) };
  }

  manifest(repository: Repository, digest: string) {
    const record = repository.manifest(digest);
    if (!record) throw manifestUnknown(digest);
    return manifestAttributes(record, repository, tagsByDigest(repository));
  }

  manifests(repository: Repository, query: URLSearchParams, path: string) {
    const entries = repository.listManifests().map((entry) => ({ key: entry.digest, time: entry.createdTime, entry }));
    const page = pageInOrder(entries, query, path);
    const tags = tagsByDigest(repository);
    const manifests = page.entries.map((record) => manifestAttributes(record, repository, tags));
    return { headers: page.headers, manifests };
  }

  /** Locks or unlocks what is there, by the attributes of the body. */
  setAttributes(repository: Repository, kind = '', reference = '', body: unknown): void {
    const known = kind === '_tags' ? repository.tag(reference) : repository.manifest(reference);
    if (kind && !known) throw manifestUnknown(reference);
    const given = Object.entries((body ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null);
    const isAttribute = ([name, value]: [string, unknown]) => /^(delete|write|read|list)Enabled$/.test(name) && typeof value === 'boolean'; // prettier-ignore
    if (!given.every(isAttribute)) throw new OciError(400, 'UNSUPPORTED', 'The attributes are not valid.');
    repository.setAttributes(kind, reference, Object.fromEntries(given));
  }

  deleteTag(repository: Repository, name: string): void {
    for (const right of ['deleteEnabled', 'writeEnabled'] as const) {
      if (!repository.allows(right, '_tags', name)) throw disallowed();
    }
    if (!repository.deleteTag(name)) throw manifestUnknown(name);
  }

  delete(repository: Repository) {
    if (!repository.allows('deleteEnabled')) throw disallowed();
    const manifestsDeleted = repository.listManifests().map((record) => record.digest);
    const tagsDeleted = repository.listTags().map((tag) => tag.name);
    repository.delete();
    return { manifestsDeleted, tagsDeleted };
  }
}

const tagAttributes = (tag: TagRecord, repository: Repository) => ({
  ...tag,
  signed: false,
  changeableAttributes: repository.attributes('_tags', tag.name),
});

function tagsByDigest(repository: Repository): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { digest, name } of repository.listTags()) {
    const names = found.get(digest);
    if (names) names.push(name);
    else found.set(digest, [name]);
  }
  return found;
}

const manifestAttributes = (record: ManifestRecord, repository: Repository, tags: Map<string, string[]>) => ({
  digest: record.digest,
  imageSize: record.imageSize,
  createdTime: record.createdTime,
  lastUpdateTime: record.createdTime,
  architecture: record.architecture,
  os: record.os,
  mediaType: record.mediaType,
  configMediaType: record.configMediaType,
  tags: tags.get(record.digest) ?? [],
  changeableAttributes: repository.attributes('_manifests', record.digest),
});
