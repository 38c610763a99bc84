import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import type { Workspace } from './workspace';

/** Carried by the version that serves: its value is the time (ISO 8601) at which it was promoted. Should two carry it, the later one is champion. */
export const championTag = 'champion';

/** Latest claim to be champion first; of two in the same millisecond the higher version, so that all who look agree. */
export function byClaim(a: RegisteredModel, b: RegisteredModel): number {
  return claimOf(b) - claimOf(a) || b.version.localeCompare(a.version, 'en', { numeric: true });
}

/** Milliseconds. A tag that somebody set by hand, to "true" or "9999" for two, is older than every promotion. */
export function claimOf({ tags }: RegisteredModel): number {
  const time = tags[championTag] ?? '';
  return (/^\d{4}-\d\d-\d\d/.test(time) && Date.parse(time)) || 0;
}

/** Whether a tag is one that a task writes: by some of them the next release decides. */
export function isTaskTag(name: string): boolean {
  return name === championTag || /^(evaluation(\..*)?|image|imageDigest)$/.test(name);
}

/** MLflow flavours by name, as a model version carries them. */
export type Flavors = Readonly<Record<string, { readonly data?: Readonly<Record<string, string>> }>>;

/** A version of a registered model. */
export interface RegisteredModel {
  readonly name: string;
  readonly version: string;
  /** ARM id. */
  readonly id: string;
  /** custom_model, mlflow_model or triton_model. */
  readonly type: string;
  /** Where its files lie, as Azure ML says it, e.g. azureml://subscriptions/…/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.{job}/outputs/model */
  readonly uri: string;
  readonly description?: string;
  readonly jobName?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly flavors?: Flavors;
  readonly createdAt?: Date;
}

export interface NewModel {
  readonly name: string;
  readonly type: string;
  readonly uri: string;
  readonly jobName?: string;
  readonly description?: string;
  readonly tags?: Record<string, string>;
  readonly properties?: Record<string, string>;
  readonly flavors?: Flavors;
}

/** A model version as Azure ML sends it. Fields that we do not know stay in it, so that writing it back loses none. */
interface ModelVersionResource {
  id: string;
  name: string;
  systemData?: { createdAt?: string };
  properties: {
    modelUri: string;
    modelType?: string;
    jobName?: string | null;
    description?: string | null;
    flavors?: Flavors | null;
    tags?: Record<string, string | null> | null;
    properties?: Record<string, string | null> | null;
    provisioningState?: string;
  };
}

const shape = { id: 'string', name: 'string', properties: { modelUri: 'string' } } as const;

/** Which versions of a model are meant. */
interface VersionFilter {
  readonly top: number;
  /** Names or name=value that a version must carry, be it archived: the champion is so by its tag, whoever tidied up. */
  readonly tags?: readonly string[];
  /** Whether a model of that name is known to be registered. */
  readonly isThere?: boolean;
}

/** The model registry of a workspace. */
export class Models {
  constructor(private readonly workspace: Workspace) {}

  /**
   * @param isThere whether the version is known to be there
   * @returns undefined where the name or the version does not exist; other errors are thrown
   */
  async find(name: string, version: string, isThere?: boolean): Promise<RegisteredModel | undefined> {
    const { status, body } = await this.workspace.request<ModelVersionResource>({
      url: versionPath(name, version),
      accept: [404],
      isThere,
      shape,
    });
    return status === 404 ? undefined : toModel(name, body);
  }

  /** @throws TaskFailure if it does not exist */
  async get(name: string, version: string): Promise<RegisteredModel> {
    const model = await this.find(name, version, true);
    if (model) return model;
    const known = await this.list(name, { top: 50 });
    // Reads are eventually consistent: a version that the list has is there.
    const listed = known.find((each) => each.version === version);
    if (listed) return listed;
    const newest = known[0];
    throw new TaskFailure(
      `The model "${name}" has no version "${version}" in the workspace ${this.workspace.name}.`,
      newest ? `Its newest version is ${newest.version}.` : 'No model of that name is registered there.',
    );
  }

  /**
   * Versions of a model, newest first, in one request where `top` allows.
   * @param filter.tags names or name=value that a version must carry, e.g. ['champion']
   * @returns an empty list where no model of that name is registered
   */
  async list(name: string, filter: VersionFilter): Promise<RegisteredModel[]> {
    return (await this.versions(name, filter)) ?? [];
  }

  /**
   * The version that serves, or undefined where none was promoted yet.
   * @throws where the registry cannot be read or has no model of that name: neither means that there is no champion
   */
  async champion(name: string): Promise<RegisteredModel | undefined> {
    const promoted = await this.versions(name, { top: 50, tags: [championTag], isThere: true });
    // The service may answer an unknown name by an empty list as well as by 404.
    if (!promoted || (promoted.length === 0 && !(await this.exists(name))))
      throw new TaskFailure(`No model named "${name}" is registered in the workspace ${this.workspace.name}.`);
    const stray = promoted.find(({ tags }) => !(championTag in tags));
    if (stray) {
      throw new TaskFailure(
        `The registry was asked for the versions of "${name}" with the tag "${championTag}" and answered with version ${stray.version}, which has none: who is champion is not known.`,
      );
    }
    return promoted.sort(byClaim)[0];
  }

  /** @returns undefined where no model of that name is registered */
  private async versions(name: string, filter: VersionFilter): Promise<RegisteredModel[] | undefined> {
    interface Page {
      value: ModelVersionResource[];
      nextLink?: string;
    }
    const found: RegisteredModel[] = [];
    let page = await this.workspace.request<Page>({
      url: `models/${encodeURIComponent(name)}/versions`,
      query: {
        $orderBy: 'createdtime desc',
        $top: String(filter.top),
        // Left out, it means those that are not archived. Source: azure-rest-api-specs, mfe.json, ModelVersions_List.
        ...(filter.tags && { tags: filter.tags.join(','), listViewType: 'All' }),
      },
      accept: [404],
      isThere: filter.isThere,
      shape: { value: 'list' },
    });
    if (page.status === 404) return undefined;
    for (;;) {
      found.push(...page.body.value.map((each) => toModel(name, each)));
      // The service offers a next page however few were asked for.
      if (found.length >= filter.top || !page.body.nextLink) return found.slice(0, filter.top);
      page = await this.workspace.session.request<Page>({ url: page.body.nextLink, shape: { value: 'list' } });
    }
  }

  /** Registers the next version, or the one after it where another run takes that version in between. */
  async register(model: NewModel): Promise<RegisteredModel> {
    for (let attempt = 1; ; attempt++) {
      const version = await this.nextVersion(model.name);
      const isLast = attempt === 10;
      if (!isLast && (await this.find(model.name, version))) continue;
      try {
        const { body } = await this.workspace.request<ModelVersionResource>({
          method: 'PUT',
          url: versionPath(model.name, version),
          shape,
          body: {
            properties: {
              modelType: model.type,
              modelUri: model.uri,
              jobName: model.jobName,
              description: model.description,
              flavors: model.flavors,
              tags: model.tags,
              properties: model.properties,
            },
          },
        });
        return toModel(model.name, body);
      } catch (error) {
        // The service takes a second model for a change of the first, and refuses it: "Asset paths cannot be updated."
        if (isLast || !isAzureFailure(error, 400, 409) || !(await this.find(model.name, version, true))) throw error;
      }
    }
  }

  /** Sets or (where the value is undefined) removes tags of a version and leaves all else as it is. */
  async tag(name: string, version: string, changes: Record<string, string | undefined>): Promise<RegisteredModel> {
    const url = versionPath(name, version);
    const { body: current } = await this.workspace.request<ModelVersionResource>({ url, shape });
    const { provisioningState: _, ...properties } = current.properties;
    const tags = withoutNulls({ ...properties.tags, ...changes });
    const { body } = await this.workspace.request<ModelVersionResource>({
      method: 'PUT',
      url,
      shape,
      body: { properties: { ...properties, tags } },
    });
    return toModel(name, body);
  }

  private async exists(name: string): Promise<boolean> {
    const url = `models/${encodeURIComponent(name)}`;
    const { status } = await this.workspace.request({ url, accept: [404], isThere: true });
    return status !== 404;
  }

  private async nextVersion(name: string): Promise<string> {
    const { status, body } = await this.workspace.request<{ properties: { nextVersion?: string } }>({
      url: `models/${encodeURIComponent(name)}`,
      accept: [404],
      shape: { properties: 'object' },
    });
    return (status === 404 ? undefined : body.properties.nextVersion) ?? '1';
  }
}

function versionPath(name: string, version: string): string {
  return `models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
}

function toModel(name: string, { name: version, id, properties, systemData }: ModelVersionResource): RegisteredModel {
  return {
    name,
    version,
    id,
    type: properties.modelType ?? 'custom_model',
    uri: properties.modelUri,
    description: properties.description ?? undefined,
    jobName: properties.jobName ?? undefined,
    tags: withoutNulls(properties.tags),
    properties: withoutNulls(properties.properties),
    flavors: properties.flavors ?? undefined,
    createdAt: systemData?.createdAt ? new Date(systemData.createdAt) : undefined,
  };
}

function withoutNulls(values: Record<string, string | null | undefined> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] != null),
  );
}
