import { ownValue } from '../../../../ownValue';
import { portNames } from './portNames';
import {
  anything,
  either,
  flag,
  isMapping,
  kindOf,
  listOf,
  mapOf,
  mapping,
  number,
  oneOf,
  text,
  type NameRule,
  type Shape,
} from './checkedShape';

/**
 * The YAML of `az ml` v2 jobs and components, as far as Azure ML's API 2024-04-01 can run it.
 * Source: the CLI (v2) YAML schemas of command, sweep and pipeline jobs, and what azureml-examples/cli/jobs uses.
 */
const count = number({ min: 1, integer: true });
const seconds = number({ min: 1, integer: true });
/** Texts by name; one without a value is empty. */
const texts = mapOf((value, at, note) => {
  if (value !== null && value !== '') text(value, at, note);
});
/** Source: azure-ai-ml, which wants names of Python; the service shows them in the studio. */
const nodeNames: NameRule = {
  test: /^[a-z_][a-z0-9_]*$/,
  says: 'may have small letters, digits and _ only, and begins with no digit',
};
const assetTypes = ['uri_file', 'uri_folder', 'mltable', 'custom_model', 'mlflow_model', 'triton_model'];
const literalTypes = ['string', 'integer', 'number', 'boolean'];

const delivery = oneOf('ro_mount', 'rw_mount', 'download', 'direct', 'eval_mount', 'eval_download');
const scalar: Shape = (value, at, note) => {
  if (value === null) note(at, 'it has no value.');
  else if (value !== '') text(value, at, note);
};

/** What a job is given: a literal, or an asset. */
const inputValue = either((value) =>
  isMapping(value)
    ? mapping({ type: oneOf(...assetTypes), path: text, mode: delivery, description: text }, ['path'])
    : scalar,
);

/** What a component declares. */
const inputPort = mapping(
  {
    type: oneOf(...assetTypes, ...literalTypes),
    mode: delivery,
    description: text,
    default: scalar,
    optional: flag,
    min: number(),
    max: number(),
    enum: listOf(text),
  },
  ['type'],
);
const outputPort = mapping(
  { type: oneOf(...assetTypes), mode: oneOf('rw_mount', 'upload', 'direct', 'mount'), description: text },
  ['type'],
);

/** az ml registers an output that has a name, by a later version of the API: 2024-04-01 has no assetName. */
const registeredName: Shape = (_, at, note) =>
  note(
    at,
    'the API version that Train uses (2024-04-01) cannot register an output of a job. Leave name and version out. ' +
      'For a model set the input modelName of Train, and modelPath; register data by a step after this one.',
  );

const outputValue = either((value) =>
  isMapping(value)
    ? mapping({
        type: oneOf(...assetTypes),
        path: text,
        mode: oneOf('rw_mount', 'upload', 'direct', 'mount'),
        description: text,
        name: registeredName,
        // Said once, of the name.
        version: 'name' in value ? anything : registeredName,
      })
    : (scalar, at, note) => {
        if (scalar !== null) text(scalar, at, note);
      },
);

export const environmentShape = mapping({
  $schema: text,
  name: text,
  version: text,
  image: text,
  conda_file: either((file) => (isMapping(file) ? anything : text)),
  build: mapping({ path: text, dockerfile_path: text }, ['path']),
  os_type: oneOf('linux', 'Linux', 'windows', 'Windows'),
  inference_config: anything,
  description: text,
  tags: texts,
  properties: texts,
});
const environment = either((value) => (isMapping(value) ? environmentShape : text));

const distribution = either((value) => {
  const type = isMapping(value) ? String(value.type).toLowerCase() : '';
  const kinds = oneOf('pytorch', 'PyTorch', 'mpi', 'Mpi', 'tensorflow', 'TensorFlow');
  if (type === 'tensorflow')
    return mapping({ type: kinds, worker_count: count, parameter_server_count: number({ min: 0, integer: true }) }, [
      'type',
    ]);
  return mapping({ type: kinds, process_count_per_instance: count }, ['type']);
});

const resources = mapping({
  instance_count: either((value) => (typeof value === 'string' ? text : count)),
  instance_type: text,
  shm_size: (value, at, note) => {
    // Source: mfe.json, JobResourceConfiguration.
    if (typeof value !== 'string' || !/^\d+[bkmg]$/i.test(value))
      note(at, 'it must be a number and its unit: b, k, m or g, such as 2g.');
  },
  docker_args: text,
  properties: anything,
});

const identity = mapping(
  {
    type: oneOf('managed', 'managed_identity', 'user_identity', 'aml_token'),
    client_id: text,
    object_id: text,
    resource_id: text,
    msi_resource_id: text,
  },
  ['type'],
);

const services = mapOf(
  mapping({
    type: oneOf('vs_code', 'jupyter_lab', 'tensor_board', 'ssh', 'custom'),
    job_service_type: oneOf('vs_code', 'jupyter_lab', 'tensor_board', 'ssh', 'custom'),
    // Source: mfe.json, NodesValueType.
    nodes: oneOf('all', 'All'),
    port: number({ min: 1, max: 65_535, integer: true }),
    log_dir: text,
    ssh_public_keys: text,
    properties: texts,
  }),
);

const queueSettings = mapping({
  job_tier: oneOf('null', 'spot', 'basic', 'standard', 'premium', 'Null', 'Spot', 'Basic', 'Standard', 'Premium'),
});

/** Keys that every job may have. */
const jobBase = {
  $schema: text,
  name: text,
  display_name: text,
  experiment_name: text,
  description: text,
  tags: texts,
  properties: texts,
  compute: text,
  inputs: mapOf(inputValue, portNames),
  outputs: mapOf(outputValue, portNames),
  identity,
  services,
  notification_setting: anything,
};

/** What runs on nodes. */
const program = {
  command: text,
  code: text,
  environment,
  environment_variables: texts,
  distribution,
  resources,
};

export const commandJobShape = mapping(
  {
    ...jobBase,
    ...program,
    type: oneOf('command'),
    limits: mapping({ timeout: seconds }),
    queue_settings: queueSettings,
  },
  ['command', 'environment'],
);

const hyperparameter = either((value) => {
  const type = isMapping(value) ? value.type : undefined;
  const keys = typeof type === 'string' ? ownValue(distributions, type) : undefined;
  if (!keys) return mapping({ type: oneOf(...Object.keys(distributions)) }, ['type']);
  return mapping({ type: text, ...keys }, ['type', ...Object.keys(keys)]);
});

/** Parameters of each distribution of a search space. Source: sweep job YAML schema. */
const distributions: Record<string, Record<string, Shape>> = {
  choice: { values: listOf(anything) },
  randint: { upper: number({ min: 1, integer: true }) },
  uniform: { min_value: number(), max_value: number() },
  loguniform: { min_value: number(), max_value: number() },
  quniform: { min_value: number(), max_value: number(), q: number() },
  qloguniform: { min_value: number(), max_value: number(), q: number() },
  normal: { mu: number(), sigma: number() },
  lognormal: { mu: number(), sigma: number() },
  qnormal: { mu: number(), sigma: number(), q: number() },
  qlognormal: { mu: number(), sigma: number(), q: number() },
};

const earlyTermination = either((value) => {
  const type = isMapping(value) ? value.type : undefined;
  const common = {
    type: oneOf('bandit', 'median_stopping', 'truncation_selection'),
    evaluation_interval: number({ min: 0, integer: true }),
    delay_evaluation: number({ min: 0, integer: true }),
  };
  if (type === 'bandit') return mapping({ ...common, slack_factor: number(), slack_amount: number() }, ['type']);
  if (type === 'truncation_selection') {
    return mapping(
      { ...common, truncation_percentage: number({ min: 1, max: 99, integer: true }), exclude_finished_jobs: flag },
      ['type', 'truncation_percentage'],
    );
  }
  return mapping(common, ['type']);
});

const sampling = oneOf('random', 'grid', 'bayesian');

const sweepKeys = {
  type: oneOf('sweep'),
  trial: either((value) => (isMapping(value) ? mapping(program, ['command', 'environment']) : text)),
  search_space: mapOf(hyperparameter),
  sampling_algorithm: either((value) =>
    isMapping(value)
      ? mapping({ type: sampling, seed: number({ min: 0, integer: true }), rule: oneOf('random', 'sobol') }, ['type'])
      : sampling,
  ),
  objective: mapping({ goal: oneOf('minimize', 'maximize', 'Minimize', 'Maximize'), primary_metric: text }, [
    'goal',
    'primary_metric',
  ]),
  early_termination: earlyTermination,
  limits: mapping({ max_total_trials: count, max_concurrent_trials: count, timeout: seconds, trial_timeout: seconds }),
  queue_settings: queueSettings,
};

/** Source: learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters. */
const sampled: Record<string, readonly string[]> = {
  grid: ['choice'],
  bayesian: ['choice', 'uniform', 'quniform'],
};

const sweepMapping = mapping({ ...jobBase, ...sweepKeys }, ['trial', 'search_space', 'objective']);
/** A sweep, whose search space must be one that its sampling can take. */
export const sweepJobShape: Shape = (value, at, note) => {
  sweepMapping(value, at, note);
  if (!isMapping(value) || !isMapping(value.search_space)) return;
  const { sampling_algorithm: given, search_space: space } = value;
  const algorithm = String(isMapping(given) ? given.type : given);
  const taken = ownValue(sampled, algorithm);
  for (const [name, parameter] of Object.entries(space)) {
    const type = isMapping(parameter) ? parameter.type : undefined;
    if (!taken || typeof type !== 'string' || !(type in distributions) || taken.includes(type)) continue;
    note(
      [...at, 'search_space', name, 'type'],
      `sampling_algorithm ${algorithm} takes ${taken.join(', ')}, not ${type}.`,
    );
  }
};

/** What to say of a `type` that is none of the known ones. */
export function unknownType(what: 'jobs' | 'nodes', type: unknown): string {
  return `${what} of ${typeof type === 'string' ? `the type "${type}"` : `a type that is ${kindOf(type)}`} are not supported`;
}

/** A pipeline's node holds what its kind of job does, and may name a component in place of a program. */
const node = either((value) => {
  const type = isMapping(value) ? (value.type ?? 'command') : 'command';
  if (type === 'sweep') return sweepJobShape;
  if (type === 'pipeline') return mapping({ ...jobBase, type: oneOf('pipeline'), component: text }, ['component']);
  if (type !== 'command') {
    return (_, at, note) =>
      note(
        [...at, 'type'],
        `${unknownType('nodes', type)}; command, sweep and pipeline are. ` +
          'Start such a pipeline by other means and let Train follow it (jobSource existing).',
      );
  }
  const hasComponent = isMapping(value) && value.component !== undefined && value.component !== null;
  return mapping(
    {
      ...jobBase,
      ...program,
      type: oneOf('command'),
      component: either((component) => (isMapping(component) ? commandComponentShape : text)),
      limits: mapping({ timeout: seconds }),
      queue_settings: queueSettings,
    },
    hasComponent ? [] : ['command', 'environment'],
  );
});

const knownSettings = {
  default_compute: text,
  default_datastore: text,
  continue_on_step_failure: flag,
  continue_run_on_failed_optional_input: flag,
  force_rerun: flag,
};
const settings = mapping(knownSettings);

export const pipelineJobShape = mapping(
  {
    ...jobBase,
    type: oneOf('pipeline'),
    jobs: mapOf(node, nodeNames),
    // The service takes settings that this list does not know.
    settings: (value, at, note) => {
      if (!isMapping(value)) return settings(value, at, note);
      settings(Object.fromEntries(Object.entries(value).filter(([key]) => key in knownSettings)), at, note);
    },
  },
  ['jobs'],
);

const componentBase = {
  $schema: text,
  name: text,
  version: text,
  display_name: text,
  description: text,
  tags: texts,
  properties: texts,
  inputs: mapOf(inputPort, portNames),
  outputs: mapOf(outputPort, portNames),
  is_deterministic: flag,
};

export const commandComponentShape: Shape = mapping(
  { ...componentBase, ...program, type: oneOf('command'), limits: mapping({ timeout: seconds }) },
  ['command', 'environment'],
);

export const pipelineComponentShape = mapping(
  { ...componentBase, type: oneOf('pipeline'), jobs: mapOf(node, nodeNames), settings: anything },
  ['jobs'],
);
