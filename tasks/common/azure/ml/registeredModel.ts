/** Carried by the version that serves: its value is the time (ISO 8601) at which it was promoted. Should two carry it, the later one is champion. */
export const championTag = 'champion';

/** Property of a version: what training it cost by estimate, such as "0.0725 USD". */
export const costProperty = 'mlops.estimatedCost';

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
  return name === championTag || /^(evaluation(\..*)?|image|imageDigest|modelCard)$/.test(name);
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

type Values = Record<string, string | null | undefined> | null;

/** A model version as Azure ML sends it, and as its SDK reads it. */
export interface ModelVersionResource {
  readonly id?: string;
  /** The version. */
  readonly name?: string;
  readonly systemData?: { readonly createdAt?: string | Date };
  readonly properties: {
    readonly modelUri?: string;
    readonly modelType?: string;
    readonly jobName?: string | null;
    readonly description?: string | null;
    readonly flavors?: Record<string, { readonly data?: Values } | null> | null;
    readonly tags?: Values;
    readonly properties?: Values;
  };
}

/** What each of them has. */
export const modelVersionShape = { id: 'string', name: 'string', properties: { modelUri: 'string' } } as const;

export function versionPath(name: string, version: string): string {
  return `models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
}

export function toModel(
  name: string,
  { name: version = '', id = '', properties, systemData }: ModelVersionResource,
): RegisteredModel {
  return {
    name,
    version,
    id,
    type: properties.modelType ?? 'custom_model',
    uri: properties.modelUri ?? '',
    description: properties.description ?? undefined,
    jobName: properties.jobName ?? undefined,
    tags: withoutNulls(properties.tags),
    properties: withoutNulls(properties.properties),
    flavors: (properties.flavors as Flavors | null) ?? undefined,
    createdAt: systemData?.createdAt ? new Date(systemData.createdAt) : undefined,
  };
}

export function withoutNulls(values: Values | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] != null),
  );
}
