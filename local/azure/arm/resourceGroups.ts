import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';

export interface ResourceGroup {
  name: string;
  location: string;
  tags?: Record<string, string>;
}

/** The resource groups of the subscription, and that of the workspace from the start. */
export class ResourceGroups {
  private readonly groups: Collection<ResourceGroup>;

  constructor(private readonly context: LocalAzureContext) {
    this.groups = context.collection('resourceGroups');
    const { resourceGroup: name, location } = localCloud;
    if (!this.groups.get(name)) this.groups.put(name, { name, location });
  }

  list(): ResourceGroup[] {
    return this.groups.list().map(({ value }) => value);
  }

  find(name: string): ResourceGroup | undefined {
    return this.groups.get(name);
  }

  /** One of which the guard knows that it is there. */
  get(name: string): ResourceGroup {
    return this.groups.get(name) as ResourceGroup;
  }

  put(
    name: string,
    { location, tags }: { location?: string; tags?: Record<string, string> },
  ): { isNew: boolean; group: ResourceGroup } {
    if (!location)
      throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
    const former = this.find(name);
    this.groups.put(name, { name: former?.name ?? name, location, tags });
    return { isNew: !former, group: this.get(name) };
  }

  setTags(name: string, tags: Record<string, string> | undefined): ResourceGroup {
    const former = this.get(name);
    this.groups.put(name, { ...former, tags: tags ?? former.tags });
    return this.get(name);
  }

  /** With all that is in it. */
  async delete(name: string): Promise<void> {
    if (name.toLowerCase() === localCloud.resourceGroup) {
      throw new ArmError(
        409,
        'ResourceGroupDeletionBlocked',
        `Deletion of resource group '${localCloud.resourceGroup}' did not finish: it holds the workspace of local Azure, which cannot be deleted.`,
      );
    }
    await this.context.resources.removeGroup(name);
    this.groups.delete(name);
  }
}
