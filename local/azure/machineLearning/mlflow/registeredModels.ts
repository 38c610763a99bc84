import type { AssetContainer, AssetStore, AssetVersion } from '../assets/assetStore';
import { MlflowError, required } from './mlflowError';
import { search, type Value } from './searchFilter';
import type { Pair } from './trackedRuns';

type Change = (properties: Record<string, unknown>) => void;

const stages = ['None', 'Staging', 'Production', 'Archived'];

type Tags = Record<string, string>;

/** The workspace's models as MLflow's registry knows them. What MLflow has no word for in Azure stays in the models' properties. */
export class RegisteredModels {
  constructor(
    private readonly models: AssetStore,
    /** Gives a source the long form in which the service hands it out. */
    private readonly uriOf: (source: string) => string,
  ) {}

  model(name: string | undefined): AssetContainer {
    const found = this.models.container(required('name', name));
    if (found && found.properties.isArchived !== true) return found;
    throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);
  }

  version(name: string | undefined, version: string | undefined): AssetVersion {
    const found = this.models.version(required('name', name), required('version', version));
    if (found && found.properties.isArchived !== true) return found;
    throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${version}) not found`);
  }

  create(name: string | undefined, description: string | undefined, tags: Pair[] | undefined): AssetContainer {
    if (this.models.container(required('name', name))) {
      throw new MlflowError('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
    }
    this.models.putContainer(name!, { description, tags: bag(tags) });
    return this.model(name);
  }

  createVersion(
    name: string | undefined,
    { source, run, description, tags }: { source?: string; run?: string; description?: string; tags?: Pair[] },
  ): AssetVersion {
    const model = this.model(name);
    return this.models.putVersion(model.name, this.models.nextVersion(model.name), {
      modelUri: this.uriOf(required('source', source)),
      modelType: 'mlflow_model',
      jobName: run,
      description,
      tags: bag(tags),
    });
  }

  describeModel(name: string | undefined, description: string | undefined): AssetContainer {
    return this.changeModel(name, (properties) => (properties.description = description));
  }

  setModelTag(name: string | undefined, key: string | undefined, value: string | undefined): void {
    this.changeModel(name, settingTag(key, value));
  }

  deleteModelTag(name: string | undefined, key: string | undefined): void {
    this.changeModel(name, deletingTag(key));
  }

  setAlias(name: string | undefined, wanted: string | undefined, asked: string | undefined): void {
    const { version } = this.version(name, asked);
    const alias = required('alias', wanted);
    this.changeModel(name, (properties) => {
      properties.aliases = { ...(properties.aliases as object | undefined), [alias]: version };
    });
  }

  deleteAlias(name: string | undefined, unwanted: string | undefined): void {
    const alias = required('alias', unwanted);
    this.changeModel(name, (properties) => {
      const { [alias]: _gone, ...rest } = (properties.aliases ?? {}) as Tags;
      properties.aliases = rest;
    });
  }

  describeVersion(
    name: string | undefined,
    version: string | undefined,
    description: string | undefined,
  ): AssetVersion {
    return this.changeVersion(name, version, (properties) => (properties.description = description));
  }

  setVersionTag(name: string | undefined, version: string | undefined, { key, value }: Partial<Pair>): void {
    this.changeVersion(name, version, settingTag(key, value));
  }

  deleteVersionTag(name: string | undefined, version: string | undefined, key: string | undefined): void {
    this.changeVersion(name, version, deletingTag(key));
  }

  deleteVersion(name: string | undefined, version: string | undefined): void {
    const found = this.version(name, version);
    this.models.deleteVersion(found.name, found.version);
  }

  /** The newest version of each stage that is asked for, or of all. */
  latest(name: string | undefined, wanted: string[] | undefined): AssetVersion[] {
    const asked = wanted?.length ? wanted.map(stageOf) : stages;
    const newestFirst = this.versionsOf(this.model(name).name).reverse();
    return asked.flatMap((stage) => newestFirst.find((version) => stageOf(version.properties.stage) === stage) ?? []);
  }

  transition(
    name: string | undefined,
    version: string | undefined,
    stage: string | undefined,
    archivesOthers: boolean,
  ): AssetVersion {
    const wanted = stageOf(required('stage', stage));
    const found = this.version(name, version);
    for (const other of archivesOthers ? this.versionsOf(found.name) : []) {
      if (other.version === found.version || stageOf(other.properties.stage) !== wanted) continue;
      this.changeVersion(found.name, other.version, (properties) => (properties.stage = 'Archived'));
    }
    return this.changeVersion(name, version, (properties) => (properties.stage = wanted));
  }

  aliased(name: string | undefined, alias: string | undefined): AssetVersion {
    const version = this.aliases(this.model(name))[required('alias', alias)];
    if (version !== undefined) return this.version(name, version);
    throw new MlflowError('INVALID_PARAMETER_VALUE', `Registered model alias ${alias} not found.`);
  }

  aliases(model: AssetContainer): Tags {
    return (model.properties.aliases ?? {}) as Tags;
  }

  searchModels(filter: string | undefined, orderBy: string[] | undefined): AssetContainer[] {
    checkModelFilter(filter);
    const listed = this.models.allContainers().filter(({ properties }) => properties.isArchived !== true);
    const byName = listed.sort((one, other) => (one.name < other.name ? -1 : 1));
    return search(byName, filter, orderBy, (model, kind, field) =>
      valueOf(kind, field, tagsOf(model), {
        name: model.name,
        timestamp: Date.parse(model.system.lastModifiedAt),
        last_updated_timestamp: Date.parse(model.system.lastModifiedAt),
      }),
    );
  }

  searchVersions(filter: string | undefined, orderBy: string[] | undefined): AssetVersion[] {
    const all = this.models.allContainers().flatMap(({ name }) => this.versionsOf(name).reverse());
    return search(all, filter, orderBy, (version, kind, field) =>
      valueOf(kind, field, tagsOf(version), {
        name: version.name,
        version: version.version,
        version_number: Number(version.version),
        run_id: version.properties.jobName as string | undefined,
        source_path: version.properties.modelUri as string,
        creation_timestamp: Date.parse(version.system.createdAt),
        last_updated_timestamp: Date.parse(version.system.lastModifiedAt),
      }),
    );
  }

  private changeModel(name: string | undefined, change: Change): AssetContainer {
    const model = this.model(name);
    const properties = structuredClone(model.properties);
    change(properties);
    this.models.putContainer(model.name, properties);
    return this.model(name);
  }

  private changeVersion(name: string | undefined, version: string | undefined, change: Change): AssetVersion {
    const found = this.version(name, version);
    const properties = structuredClone(found.properties);
    change(properties);
    return this.models.putVersion(found.name, found.version, properties);
  }

  private versionsOf(name: string): AssetVersion[] {
    return this.models.allVersions(name).filter(({ properties }) => properties.isArchived !== true);
  }
}

/**
 * Azure finds registered models by what they are, not by a pattern or a tag; MLflow 3 asks by itself for what is not a prompt.
 * Source: learn.microsoft.com/azure/machine-learning/how-to-manage-models-mlflow, the table of support.
 */
function checkModelFilter(filter = ''): void {
  const byPattern = /\bI?LIKE\b/i.test(filter.replace(/'[^']*'/g, "''"));
  const byTag = /\btags?\.(?!`?mlflow\.prompt\.is_prompt)/i.test(filter.replace(/'[^']*'/g, "''"));
  if (!byPattern && !byTag) return;
  const what = byPattern ? 'LIKE and ILIKE' : 'tags';
  throw new MlflowError(
    'INVALID_PARAMETER_VALUE',
    `Registered models cannot be searched by ${what} in Azure Machine Learning.`,
  );
}

function settingTag(key: string | undefined, value: string | undefined): Change {
  const name = required('key', key);
  return (properties) => {
    properties.tags = { ...(properties.tags as object | undefined), [name]: value };
  };
}

function deletingTag(key: string | undefined): Change {
  const name = required('key', key);
  return (properties) => {
    const { [name]: _gone, ...rest } = (properties.tags ?? {}) as Tags;
    properties.tags = rest;
  };
}

export const bag = (tags: Pair[] = []): Tags => Object.fromEntries(tags.map(({ key, value }) => [key, value]));

export const tagsOf = ({ properties }: AssetContainer | AssetVersion): Tags => (properties.tags ?? {}) as Tags;

export function stageOf(stage: unknown): string {
  const text = typeof stage === 'string' && stage !== '' ? stage : 'None';
  const known = stages.find((each) => each.toLowerCase() === text.toLowerCase());
  if (known) return known;
  // Azure lets other clients name stages of their own.
  return text;
}

function valueOf(kind: string, field: string, tags: Tags, attributes: Record<string, Value>): Value {
  // MLflow 3 asks for what is not a prompt, and takes a model without the tag for one that is none.
  const unset = field === 'mlflow.prompt.is_prompt' ? 'false' : undefined;
  if (/^tags?$/i.test(kind)) return tags[field] ?? unset;
  if (/^(attributes?|attr)$/i.test(kind) && field in attributes) return attributes[field];
  throw new MlflowError('INVALID_PARAMETER_VALUE', `Invalid attribute key '${kind}.${field}' specified.`);
}
