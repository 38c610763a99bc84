import { parse } from 'yaml';
import { invalid } from '../mlError';
import type { AssetStores, AssetType, AssetVersion } from './assetStore';
import { canonicalUri, type OutputLocations } from './storageLocation';
import { valueText } from '../../valueText';

type Properties = Record<string, unknown>;

interface Rules {
  /** What the answer shows besides the properties that all assets have; null where the request said nothing. */
  fields: string[];
  /** Fields that never change once the version is there. */
  fixed: string[];
  /** What the service itself adds. */
  added: Properties;
  required: string[];
}

export const assetRules: Record<AssetType, Rules> = {
  codes: {
    fields: ['codeUri'],
    fixed: ['codeUri'],
    added: { provisioningState: 'Succeeded' },
    required: ['codeUri'],
  },
  environments: {
    fields: ['image', 'condaFile', 'build', 'inferenceConfig', 'stage'],
    fixed: ['image', 'condaFile', 'build', 'inferenceConfig', 'osType'],
    added: { environmentType: 'UserCreated', osType: 'Linux', autoRebuild: 'Disabled', provisioningState: 'Succeeded' },
    required: [],
  },
  models: {
    fields: ['modelType', 'modelUri', 'jobName', 'stage'],
    fixed: ['modelUri', 'modelType', 'jobName'],
    added: { flavors: {}, provisioningState: 'Succeeded' },
    required: ['modelUri'],
  },
  data: {
    fields: ['dataType', 'dataUri'],
    fixed: ['dataType', 'dataUri'],
    added: {},
    required: ['dataType', 'dataUri'],
  },
  components: {
    fields: ['componentSpec'],
    fixed: ['componentSpec'],
    added: { provisioningState: 'Succeeded' },
    required: ['componentSpec'],
  },
};

const uriFields = ['modelUri', 'dataUri'];

/**
 * The properties that a PUT of a version leaves in the store. Throws what the service answers to a wrong body, or to a
 * change of what never changes.
 */
export function mergeAsset(
  type: AssetType,
  body: Properties | undefined,
  former: AssetVersion | undefined,
  stores: AssetStores,
  outputs: OutputLocations,
): Properties {
  if (!body) throw invalid("The request body has no 'properties'.");
  const given = readProperties(body, stores, outputs);
  if (former) return changed(type, given, former);
  checkNew(type, given);
  return given;
}

/** What is given, as the service writes it. */
function readProperties(body: Properties, stores: AssetStores, outputs: OutputLocations): Properties {
  const given: Properties = Object.fromEntries(Object.entries(body).filter(([, value]) => value != null));
  for (const field of uriFields) {
    if (typeof given[field] === 'string') given[field] = canonicalUri(given[field], stores, outputs);
  }
  if (typeof given.condaFile === 'string') given.condaFile = asJson(given.condaFile);
  return given;
}

function changed(type: AssetType, given: Properties, former: AssetVersion): Properties {
  const { fixed, added } = assetRules[type];
  for (const field of fixed) {
    // What was never given is answered as what the service added, and may be written back so.
    const known = former.properties[field] ?? added[field];
    if (given[field] === undefined || same(given[field], known)) continue;
    throw invalid(
      field.endsWith('Uri')
        ? 'Asset paths cannot be updated.'
        : `The property '${field}' of ${former.name} version ${former.version} cannot be updated.`,
    );
  }
  const properties = { ...(former.properties.properties as Properties | undefined) };
  for (const [key, value] of Object.entries((given.properties as Properties | undefined) ?? {})) {
    if (key in properties && properties[key] !== value) {
      throw invalid(`The property bag's existing entry '${key}' cannot be updated.`);
    }
    properties[key] = value;
  }
  return { ...former.properties, ...given, properties };
}

function checkNew(type: AssetType, given: Properties): void {
  for (const field of assetRules[type].required) {
    if (given[field] === undefined) throw invalid(`The ${field} field is required.`);
  }
  if (type === 'environments') checkEnvironment(given);
  if (type === 'models') checkModelType(given);
  if (type === 'components') checkComponent(given.componentSpec as Properties);
}

/** The service keeps a Conda file as JSON. Source: azure-ai-ml, test_environment_get_latest_label.json. */
function asJson(condaFile: string): string {
  try {
    return JSON.stringify(parse(condaFile), null, 2);
  } catch {
    throw invalid('The condaFile is not a valid YAML document.');
  }
}

function checkEnvironment(given: Properties): void {
  if (given.build && (given.image || given.condaFile)) {
    throw invalid('More than one of BaseImage, BaseDockerfile, and BuildContext were set.');
  }
  if (!given.build && !given.image) {
    throw invalid('One of BaseImage, BaseDockerfile, or BuildContext must be set.');
  }
}

/**
 * What a component runs is named by `azureml:` and an id, also within the steps of a pipeline. Source: recordings of
 * azure-ai-ml's pipeline jobs; nobody is recorded to send bare ids.
 */
function checkComponent(spec: Properties): void {
  for (const field of ['code', 'environment']) {
    const value = spec[field];
    if (value == null || (typeof value === 'string' && /^azureml:/i.test(value))) continue;
    throw invalid(`The ${field} '${valueText(value)}' of the component is not valid: it must begin with 'azureml:'.`);
  }
}

function checkModelType(given: Properties): void {
  const types = ['custom_model', 'mlflow_model', 'triton_model'];
  given.modelType ??= 'custom_model';
  if (!types.includes(String(given.modelType).toLowerCase())) {
    throw invalid(`The model type '${String(given.modelType)}' is none of ${types.join(', ')}.`);
  }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner != null)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
