import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import { ModelTags, noSuchModel } from './modelTags';
import {
  byClaim,
  championTag,
  modelVersionShape as shape,
  toModel,
  versionPath,
  type Flavors,
  type ModelVersionResource,
  type RegisteredModel,
} from './registeredModel';
import type { Workspace } from './workspace';

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

/** The model registry of a workspace. */
export class Models extends ModelTags {
  constructor(protected override readonly workspace: Workspace) {
    super(workspace);
  }

  /**
   * @param isThere whether the version is known to be there
   * @returns undefined where the name or the version does not exist; other errors are thrown
   */
  async find(name: string, version: string, isThere?: boolean): Promise<RegisteredModel | undefined> {
    const found = await this.workspace.find(
      ({ modelVersions }, place, options) => modelVersions.get(...place, name, version, options),
      { isThere, shape },
    );
    return found && toModel(name, found);
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
   * Versions of a model that are not archived, newest first, in one request where `top` allows.
   * @param isThere whether a model of that name is known to be registered
   * @returns an empty list where none is
   */
  async list(
    name: string,
    { top, isThere }: { readonly top: number; readonly isThere?: boolean },
  ): Promise<RegisteredModel[]> {
    const found = await this.workspace.newestVersions(({ modelVersions }) => modelVersions, name, top, { isThere });
    return found.map((each) => toModel(name, each));
  }

  /**
   * The version that serves, or undefined where none was promoted yet.
   * @throws where the registry cannot be read or has no model of that name: neither means that there is no champion
   */
  async champion(name: string): Promise<RegisteredModel | undefined> {
    const promoted = await this.withTags(name, [championTag], 50);
    // The service may answer an unknown name by an empty list as well as by 404.
    if (promoted.length === 0 && !(await this.exists(name))) throw noSuchModel(name, this.workspace);
    const stray = promoted.find(({ tags }) => !(championTag in tags));
    if (stray) {
      throw new TaskFailure(
        `The registry was asked for the versions of "${name}" with the tag "${championTag}" and answered with version ${stray.version}, which does not have it: it is not known which version is the champion.`,
        undefined,
        { help: 'the-champion' },
      );
    }
    return promoted.sort(byClaim)[0];
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

  private async exists(name: string): Promise<boolean> {
    return (await this.container(name, true)) !== undefined;
  }

  private async nextVersion(name: string): Promise<string> {
    return (await this.container(name))?.properties.nextVersion ?? '1';
  }

  private container(name: string, isThere?: boolean) {
    return this.workspace.find(({ modelContainers }, place, options) => modelContainers.get(...place, name, options), {
      isThere,
      shape: { properties: 'object' },
    });
  }
}
