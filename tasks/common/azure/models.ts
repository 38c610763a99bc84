import type { ModelVersion } from '@azure/arm-machinelearning';
import { TaskFailure } from '../taskFailure';
import { isAzureFailure } from './azureFailure';
import type { Workspace } from './workspace';

/** Carried by the version that serves: its value is the time (ISO 8601) at which it was promoted. Should two carry it, the later one is champion. */
export const championTag = 'champion';

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
  readonly flavors?: ModelVersion['properties']['flavors'];
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
  readonly flavors?: ModelVersion['properties']['flavors'];
}

/** The model registry of a workspace. */
export class Models {
  constructor(private readonly workspace: Workspace) {}

  /** @returns undefined where the name or the version does not exist; other errors are thrown */
  async find(name: string, version: string): Promise<RegisteredModel | undefined> {
    try {
      return this.toModel(
        name,
        await this.workspace.call(`the model ${name} version ${version}`, (sdk) =>
          sdk.modelVersions.get(this.workspace.resourceGroup, this.workspace.name, name, version),
        ),
      );
    } catch (error) {
      if (isAzureFailure(error, 404)) return undefined;
      throw error;
    }
  }

  /** @throws TaskFailure if it does not exist */
  async get(name: string, version: string): Promise<RegisteredModel> {
    const model = await this.find(name, version);
    if (model) return model;
    const newest = (await this.list(name, { top: 1 }))[0];
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
  async list(name: string, filter: { top: number; tags?: readonly string[] }): Promise<RegisteredModel[]> {
    const { resourceGroup, name: workspaceName } = this.workspace;
    try {
      return await this.workspace.call(`the versions of the model ${name}`, async (sdk) => {
        const found: RegisteredModel[] = [];
        const versions = sdk.modelVersions.list(resourceGroup, workspaceName, name, {
          orderBy: 'createdtime desc',
          top: filter.top,
          tags: filter.tags?.join(','),
        });
        for await (const version of versions) {
          found.push(this.toModel(name, version));
          // The service offers a next page however few were asked for.
          if (found.length >= filter.top) break;
        }
        return found;
      });
    } catch (error) {
      if (isAzureFailure(error, 404)) return [];
      throw error;
    }
  }

  /** The version that serves, or undefined where none was promoted yet. A registry that cannot be read is an error, never "none". */
  async champion(name: string): Promise<RegisteredModel | undefined> {
    const promoted = await this.list(name, { top: 50, tags: [championTag] });
    return promoted.sort((a, b) => (b.tags[championTag] ?? '').localeCompare(a.tags[championTag] ?? ''))[0];
  }

  /** Registers the next version. Retries where another run took that version in between. */
  async register(model: NewModel): Promise<RegisteredModel> {
    const { resourceGroup, name: workspaceName } = this.workspace;
    for (let attempt = 1; ; attempt++) {
      const version = await this.nextVersion(model.name);
      const answer = await this.workspace.request<{ properties: { modelUri: string } }>({
        url: `models/${encodeURIComponent(model.name)}/versions/${version}`,
        accept: [404],
      });
      const taken = answer.status === 200;
      if (taken && attempt < 5) continue;
      return this.toModel(
        model.name,
        await this.workspace.call(`registering the model ${model.name} version ${version}`, (sdk) =>
          sdk.modelVersions.createOrUpdate(resourceGroup, workspaceName, model.name, version, {
            properties: {
              modelType: model.type,
              modelUri: model.uri,
              jobName: model.jobName,
              description: model.description,
              flavors: model.flavors,
              tags: model.tags,
              properties: model.properties,
            },
          }),
        ),
      );
    }
  }

  /** Sets or (where the value is undefined) removes tags of a version and leaves all else as it is. */
  async tag(name: string, version: string, changes: Record<string, string | undefined>): Promise<RegisteredModel> {
    const { resourceGroup, name: workspaceName } = this.workspace;
    return this.workspace.call(`the tags of the model ${name} version ${version}`, async (sdk) => {
      const current = await sdk.modelVersions.get(resourceGroup, workspaceName, name, version);
      const merged = { ...current.properties.tags, ...changes };
      const tags = Object.fromEntries(
        Object.entries(merged).filter((entry): entry is [string, string] => entry[1] != null),
      );
      const { modelUri, modelType, jobName, description, flavors, properties, isAnonymous, isArchived } =
        current.properties;
      const updated = await sdk.modelVersions.createOrUpdate(resourceGroup, workspaceName, name, version, {
        properties: { modelUri, modelType, jobName, description, flavors, properties, isAnonymous, isArchived, tags },
      });
      return this.toModel(name, updated);
    });
  }

  private async nextVersion(name: string): Promise<string> {
    try {
      const { resourceGroup, name: workspaceName } = this.workspace;
      const container = await this.workspace.call(`the model ${name}`, (sdk) =>
        sdk.modelContainers.get(resourceGroup, workspaceName, name),
      );
      return container.properties.nextVersion ?? '1';
    } catch (error) {
      if (isAzureFailure(error, 404)) return '1';
      throw error;
    }
  }

  private toModel(name: string, { name: version, id, properties, systemData }: ModelVersion): RegisteredModel {
    return {
      name,
      version: version ?? '',
      id: id ?? `${this.workspace.id}/models/${name}/versions/${version}`,
      type: properties.modelType ?? 'custom_model',
      uri: properties.modelUri ?? '',
      description: properties.description ?? undefined,
      jobName: properties.jobName ?? undefined,
      tags: withoutNulls(properties.tags),
      properties: withoutNulls(properties.properties),
      flavors: properties.flavors,
      createdAt: systemData?.createdAt,
    };
  }
}

function withoutNulls(values: Record<string, string | null> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] != null),
  );
}
