/** A resource as the resource manager's own lists show it. */
export interface GenericResource {
  id: string;
  name: string;
  type: string;
  location: string;
  kind?: string;
  sku?: { name: string; tier?: string };
  tags?: Record<string, string>;
}

export const groupOf = ({ id }: { id: string }): string => id.split('/')[4] ?? '';

interface Source {
  list(): GenericResource[];
  /** Removes all that the provider has in a resource group; a provider without it has nothing that can go. */
  removeGroup?(group: string): Promise<void> | void;
}

/** What the resource manager knows of the resources of all providers. */
export class ResourceCatalog {
  private readonly sources: Source[] = [];

  add(source: Source): void {
    this.sources.push(source);
  }

  /** Only what a list of resources shows. */
  list(): GenericResource[] {
    return this.sources
      .flatMap((source) => source.list())
      .map(({ id, name, type, location, kind, sku, tags }) => ({ id, name, type, location, kind, sku, tags }));
  }

  async removeGroup(group: string): Promise<void> {
    for (const source of this.sources) await source.removeGroup?.(group);
  }
}
