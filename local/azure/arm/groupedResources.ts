import type { Collection, LocalAzureContext } from '../context';
import { groupOf, type GenericResource } from './resourceCatalog';
import { resourceNotFound } from './resourceNotFound';

/** A resource that a client has made, with the properties that it gave. */
export interface MadeResource extends GenericResource {
  properties: Record<string, unknown>;
}

/** Resources of one type, each of which lies in a resource group while its name is taken in all of Azure. */
export class GroupedResources<T extends MadeResource> {
  /**
   * @param type e.g. `Microsoft.KeyVault/vaults`
   * @param removed what else happens to a resource that is deleted
   */
  constructor(
    readonly type: string,
    private readonly resources: Collection<T>,
    private readonly removed: (resource: T) => void = () => undefined,
  ) {}

  /** Names them in the lists of all resources, and lets them go with their group. */
  joinCatalog({ resources }: LocalAzureContext): this {
    resources.add({
      list: () => this.list(),
      removeGroup: (group) => this.list(group).forEach(({ name }) => this.delete(group, name)),
    });
    return this;
  }

  /** All, or those of a resource group. */
  list(group?: string): T[] {
    const all = this.resources.list().map(({ value }) => value);
    return group === undefined ? all : all.filter((each) => isIn(each, group));
  }

  find(group: string, name: string): T | undefined {
    const found = this.resources.get(name);
    return found && isIn(found, group) ? found : undefined;
  }

  /** Throws what the resource manager answers where there is no such resource. */
  get(group: string, name: string): T {
    const found = this.find(group, name);
    if (found) return found;
    throw resourceNotFound(this.type, name, group);
  }

  /** In whatever group. */
  isTaken(name: string): boolean {
    return this.resources.get(name) !== undefined;
  }

  put(resource: T): void {
    this.resources.put(resource.name, resource);
  }

  /** False where there is none. */
  delete(group: string, name: string): boolean {
    const found = this.find(group, name);
    if (!found) return false;
    this.resources.delete(found.name);
    this.removed(found);
    return true;
  }
}

const isIn = (resource: GenericResource, group: string): boolean =>
  groupOf(resource).toLowerCase() === group.toLowerCase();
