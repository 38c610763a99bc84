import {
  modelVersionShape as shape,
  toModel,
  versionPath,
  withoutNulls,
  type ModelVersionResource,
  type RegisteredModel,
} from './registeredModel';
import { TaskFailure } from '../../taskFailure';
import type { WorkspaceAddress } from './workspaceAddress';

export function noSuchModel(name: string, workspace: Pick<WorkspaceAddress, 'name'>): TaskFailure {
  return new TaskFailure(`No model named "${name}" is registered in the workspace ${workspace.name}.`);
}

/**
 * The tags of a workspace's model versions, by which models are approved and promoted. All of it goes untyped: a version whose tags are
 * changed is written back, and the SDK's models would lose its stage; and Test-Endpoint, which promotes by it, does without the SDK.
 */
export class ModelTags {
  constructor(protected readonly workspace: WorkspaceAddress) {}

  /**
   * The versions of a model that carry tags, be they archived (the champion is so by its tag, whoever tidied up), newest first.
   * @param tags names or name=value, e.g. ['champion']
   * @throws TaskFailure where no model of that name is found: that says nothing of who carries the tags
   */
  async withTags(name: string, tags: readonly string[], top: number): Promise<RegisteredModel[]> {
    interface Page {
      value: ModelVersionResource[];
      nextLink?: string;
    }
    const found: RegisteredModel[] = [];
    let page = await this.workspace.request<Page>({
      url: `models/${encodeURIComponent(name)}/versions`,
      query: {
        $orderBy: 'createdtime desc',
        $top: String(top),
        tags: tags.join(','),
        // Left out, it means those that are not archived. Source: azure-rest-api-specs, mfe.json, ModelVersions_List.
        listViewType: 'All',
      },
      accept: [404],
      isThere: true,
      shape: { value: 'list' },
    });
    if (page.status === 404) throw noSuchModel(name, this.workspace);
    for (;;) {
      found.push(...page.body.value.map((each) => toModel(name, each)));
      // The service offers a next page however few were asked for.
      if (found.length >= top || !page.body.nextLink) return found.slice(0, top);
      page = await this.workspace.session.request<Page>({ url: page.body.nextLink, shape: { value: 'list' } });
    }
  }

  /**
   * Sets or (where the value is undefined) removes tags of a version and leaves all else as it is. A version that has them so is not
   * written: the same again would undo what somebody else changes meanwhile.
   */
  async tag(name: string, version: string, changes: Record<string, string | undefined>): Promise<RegisteredModel> {
    const url = versionPath(name, version);
    const { body: current } = await this.workspace.request<ModelVersionResource>({ url, shape });
    const isSet = ([tag, value]: [string, string | undefined]): boolean => current.properties.tags?.[tag] === value;
    if (Object.entries(changes).every(isSet)) return toModel(name, current);
    const { provisioningState: _, ...properties } = current.properties as ModelVersionResource['properties'] & {
      provisioningState?: string;
    };
    const tags = withoutNulls({ ...properties.tags, ...changes });
    const { body } = await this.workspace.request<ModelVersionResource>({
      method: 'PUT',
      url,
      shape,
      body: { properties: { ...properties, tags } },
    });
    return toModel(name, body);
  }
}
