import type { InputLine, InputReader } from '../common/task/inputReader';
import { portNames } from '../common/azure/ml/jobs/specification/portNames';
import type { ServiceConnection } from '../common/azure/http/serviceConnection';
import { readDataChecks, type AskedOfData } from './dataChecks';
import { namedInCommand } from './rootCode';

/** The inputs of Train, checked. Names and meaning: task.json. */
export interface TrainInputs {
  readonly connection: ServiceConnection;
  readonly resourceGroup: string;
  readonly workspace: string;
  readonly job:
    | InlineJob
    | { readonly source: 'file'; readonly file: string }
    | { readonly source: 'existing'; readonly name: string };
  /** What the data must meet before a job is started. */
  readonly dataChecks?: AskedOfData;
  /** Set over what the job file says. */
  readonly overrides: Overrides;
  readonly model?: {
    readonly name: string;
    readonly path: string;
    /** Nobody has named the path: a model that lies elsewhere, and is the only one, will do. */
    readonly isDefault: boolean;
    readonly type: 'auto' | 'custom_model' | 'mlflow_model' | 'triton_model';
    readonly description?: string;
  };
  readonly queueTimeoutInMinutes?: number;
  readonly runTimeoutInMinutes?: number;
  /** US dollars that the job may cost, by estimate. */
  readonly maxCost?: number;
  /** Whether the newest model's job will do where it did the same. */
  readonly retrain: 'always' | 'whenChanged';
  readonly waitForCompletion: boolean;
  readonly logOfAllRanks: boolean;
}

export interface InlineJob {
  readonly source: 'inline';
  readonly command: string;
  readonly sourceDirectory?: string;
  readonly environment?: string;
  readonly condaFile?: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface Overrides {
  readonly compute?: string;
  readonly instanceType?: string;
  readonly instanceCount?: number;
  readonly inputs: Readonly<Record<string, string>>;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly experimentName?: string;
  readonly displayName?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** As task.json has it, too. */
const usualModelPath = 'outputs/model';
/** Azure ML's rule for names of models. */
const modelNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

export function readInputs(reader: InputReader): TrainInputs {
  const connection = reader.requiredServiceConnection('azureSubscription', reader.subscriptionId('subscription'));
  const defaults = connection.defaults;
  const scoped = (name: 'resourceGroup' | 'workspace') => {
    const value = reader.text(name) ?? defaults[name];
    if (value === undefined) {
      reader.problem(name, 'it is required, because the service connection is not scoped to a workspace.');
    }
    return value ?? '';
  };
  const source = reader.choice('jobSource', ['inline', 'file', 'existing']);
  const retrain = reader.choice('retrain', ['always', 'whenChanged']);
  if (retrain === 'whenChanged' && reader.text('modelName') === undefined) {
    reader.problem(
      'modelName',
      'it is empty, but retrain compares with the newest version of the model. Name the model.',
    );
  }
  return {
    connection,
    resourceGroup: scoped('resourceGroup'),
    workspace: scoped('workspace'),
    job: source === 'inline' ? readInline(reader) : source === 'file' ? readFile(reader) : readExisting(reader),
    dataChecks: source === 'existing' ? dataChecksTooLate(reader) : readDataChecks(reader),
    overrides: {
      compute: reader.text('compute'),
      instanceType: reader.text('instanceType'),
      instanceCount: reader.number('instanceCount', { min: 1, integer: true }),
      inputs: readPorts(reader, 'jobInputs'),
      environmentVariables: reader.keyValues('environmentVariables'),
      experimentName: readExperiment(reader),
      displayName: reader.text('displayName'),
      tags: reader.keyValues('tags'),
    },
    model: readModel(reader),
    retrain,
    maxCost: readAmount(reader, 'maxCost'),
    queueTimeoutInMinutes: reader.number('queueTimeoutInMinutes', { min: 0.1, unit: 'minutes' }),
    runTimeoutInMinutes: reader.number('runTimeoutInMinutes', { min: 0.1, unit: 'minutes' }),
    waitForCompletion: reader.flag('waitForCompletion'),
    logOfAllRanks: reader.flag('logOfAllRanks'),
  };
}

/** US dollars, without sign, unit or a comma. */
function readAmount(reader: InputReader, name: string): number | undefined {
  const text = reader.text(name);
  if (text === undefined) return undefined;
  const amount = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && amount > 0 && Number.isFinite(amount)) return amount;
  reader.problem(
    name,
    `"${text}" is not an amount above 0 in US dollars. Write only digits and a point, such as 25 or 0.50.`,
  );
  return undefined;
}

function readInline(reader: InputReader): InlineJob {
  const command = reader.text('command');
  if (command === undefined) reader.problem('command', 'it is empty. Say what the job runs.');
  const environment = reader.text('environment');
  const condaFile = reader.file('condaFile');
  if (environment === undefined && reader.text('condaFile') === undefined) {
    reader.problem('environment', 'it is empty, and so is condaFile. Name an environment, an image or a Conda file.');
  }
  if (environment?.startsWith('azureml:') && condaFile !== undefined) {
    reader.problem('condaFile', 'a registered environment takes no Conda file. Name an image in environment.');
  }
  return {
    source: 'inline',
    command: command ?? '',
    sourceDirectory: reader.directory('sourceDirectory') ?? rootOf(command, reader),
    environment,
    condaFile,
    outputs: readPorts(reader, 'jobOutputs'),
  };
}

/** The repository's root, where the command names something of it. */
function rootOf(command: string | undefined, { workDirectory }: InputReader): string | undefined {
  return command && namedInCommand(command, workDirectory) ? workDirectory : undefined;
}

function readFile(reader: InputReader): TrainInputs['job'] {
  const file = reader.file('jobFile');
  if (file === undefined) reader.problem('jobFile', 'it is empty. Name the YAML file of the job.');
  notWithFile(reader, 'jobOutputs', reader.lines('jobOutputs'));
  return { source: 'file', file: file ?? '' };
}

function readExisting(reader: InputReader): TrainInputs['job'] {
  const name = reader.text('jobName');
  if (name === undefined) reader.problem('jobName', 'it is empty. Name the job to follow.');
  if (!reader.flag('waitForCompletion')) {
    reader.problem('waitForCompletion', 'it is off, but a job that was started before can only be waited for.');
  }
  return { source: 'existing', name: name ?? '' };
}

function dataChecksTooLate(reader: InputReader): undefined {
  if (reader.text('dataChecks') === undefined) return;
  reader.problem('dataChecks', 'the job was started before. Give it to the step that starts the job.');
}

/** Lines of name=value, whose names Azure ML must take for inputs or outputs of a job. */
function readPorts(reader: InputReader, name: string): Record<string, string> {
  const values = reader.keyValues(name);
  const wrong = Object.keys(values).filter((key) => !portNames.test.test(key));
  if (wrong.length > 0) reader.problem(name, `"${wrong.join('", "')}": such a name ${portNames.says}.`);
  return values;
}

function notWithFile(reader: InputReader, name: string, lines: InputLine[]): void {
  if (lines.length > 0) reader.problem(name, 'outputs of a job file are declared in the file.');
}

function readExperiment(reader: InputReader): string | undefined {
  const name = reader.text('experimentName');
  // Source: Azure ML's own message on names of experiments.
  if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/.test(name)) {
    reader.problem(
      'experimentName',
      `"${name}" may contain only letters, digits, - and _, must begin with a letter or digit, and may be at most 255 characters long.`,
    );
  }
  return name;
}

function readModel(reader: InputReader): TrainInputs['model'] {
  const name = reader.text('modelName');
  const type = reader.choice('modelType', ['auto', 'custom_model', 'mlflow_model', 'triton_model']);
  if (name === undefined) return undefined;
  if (!modelNamePattern.test(name)) {
    reader.problem(
      'modelName',
      `"${name}" may contain only letters, digits, -, _ and ., and must begin with a letter or digit.`,
    );
  }
  const path = (reader.text('modelPath') ?? usualModelPath).replace(/\\/g, '/').replace(/^(\.?\/)+|\/+$/g, '');
  if (path.split('/').includes('..')) reader.problem('modelPath', `"${path}" leads out of the job's outputs.`);
  return { name, path, isDefault: path === usualModelPath, type, description: reader.text('modelDescription') };
}
