import { believedAbsence } from '../common/azure/http/believedAbsence';
import { Outage } from '../common/azure/http/outage';
import type { Tracking } from '../common/azure/ml/metrics';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import { readTextFile } from '../common/textFile';
import type { Metrics } from '../common/criteria/metricLookup';
import { messageOf } from '../common/messageOf';

/** So long may the tracking service be out of reach. */
const patience = 10 * 60_000;

/** A model's metrics, and where they come from. */
export interface Measurement {
  readonly metrics: Metrics;
  /** For people: "the job x". */
  readonly source: string;
  /** The job whose run the metrics are of; its artifacts may hold predictions. */
  readonly jobName?: string;
}

/** The metrics of a file: of the candidate, and of the champion where the file names it too. */
export interface MetricsFile {
  readonly candidate: Metrics;
  readonly champion?: Metrics;
}

/**
 * Reads what a model was measured as.
 * `job`: the metrics that its job logged. `model`: the tags and properties of the model version. `auto`: the job's, and
 * if it logged none the model's. The two are never mixed: they may be of different data.
 * @throws where the service cannot be read, or `job` is demanded of a model that no job made
 */
export async function measure(
  model: RegisteredModel,
  from: 'auto' | 'job' | 'model',
  runs: Pick<Tracking, 'run'>,
  { log, clock, signal }: Pick<TaskContext, 'log' | 'clock' | 'signal'>,
): Promise<Measurement> {
  const name = `${model.name} version ${model.version}`;
  const { jobName } = model;
  if (from !== 'model' && jobName) {
    const outage = new Outage(log, clock, { deadline: clock.now() + patience });
    const look = () => outage.insist(() => runs.run(jobName, signal), signal);
    const run = await believedAbsence(look, clock, signal);
    if (from === 'job' || Object.keys(run?.metrics ?? {}).length > 0) {
      if (!run) throw notFound(jobName, name);
      return { metrics: run.metrics, source: `the job ${jobName}`, jobName };
    }
    // Nothing measured is a verdict, nothing found is none.
    if (!run && Object.keys(metricsOfModel(model)).length === 0) throw notFound(jobName, name);
  }
  if (from === 'job') {
    throw new TaskFailure(
      `Input metricsFrom: the model ${name} does not name the job that made it.`,
      'Set metricsFrom to "model" or "file", or register the model with Train.',
      { help: 'the-decision-cannot-be-made' },
    );
  }
  return { metrics: metricsOfModel(model), source: `the tags of ${name}`, jobName: model.jobName };
}

function notFound(jobName: string, model: string): TaskFailure {
  return new TaskFailure(
    `The metrics of ${model} cannot be read: its job ${jobName} cannot be found, so nothing is decided.`,
    'Run this step again. If the job was deleted, set metricsFrom to "model" or "file".',
    { help: 'the-decision-cannot-be-made' },
  );
}

/** Names under which Azure ML, MLflow and Train say where a model comes from: the number of a build is not a metric. */
const provenance = /^(azureml|mlflow|mlops)\./;

/** The numbers among a model version's properties and tags; `metric.rmse` counts before a plain `rmse`. */
export function metricsOfModel({ tags, properties }: Pick<RegisteredModel, 'tags' | 'properties'>): Metrics {
  const metrics = new Map<string, number>();
  const texts = [...Object.entries(properties), ...Object.entries(tags)].filter(([name]) => !provenance.test(name));
  const prefix = 'metric.';
  const ordered = [
    ...texts.filter(([name]) => !name.startsWith(prefix)),
    ...texts.filter(([name]) => name.startsWith(prefix)),
  ];
  for (const [name, text] of ordered) {
    const value = parseNumber(text);
    if (value !== undefined) metrics.set(name.startsWith(prefix) ? name.slice(prefix.length) : name, value);
  }
  return Object.fromEntries(metrics);
}

/** Of a file of metrics, which somebody's script may write. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Reads a JSON file of metrics: `{"rmse": 3.2}`, or `{"candidate": {…}, "champion": {…}}`. JSON has no NaN: the texts
 * "NaN", "Infinity" and "-Infinity" stand for them.
 */
export function readMetricsFile(file: string): MetricsFile {
  let content: unknown;
  try {
    content = JSON.parse(readTextFile(file, mostBytes));
  } catch (error) {
    if (error instanceof TaskFailure) throw error;
    throw new TaskFailure(`Input metricsFile: ${file} is not JSON: ${messageOf(error)}.`);
  }
  const refuse = (what: string) =>
    new TaskFailure(
      `Input metricsFile: ${file}: ${what}.`,
      'Write metrics as {"rmse": 3.2}, or {"candidate": {…}, "champion": {…}}.',
    );
  const section = (value: unknown, name: string): Metrics => {
    if (!isObject(value)) throw refuse(`${name} is not an object of names and numbers`);
    return Object.fromEntries(
      Object.entries(value).map(([metric, each]) => {
        const number = typeof each === 'number' ? each : typeof each === 'string' ? parseNumber(each) : undefined;
        if (number === undefined) throw refuse(`"${metric}" is ${JSON.stringify(each)}, which is not a number`);
        return [metric, number];
      }),
    );
  };
  if (!isObject(content)) throw refuse('it is not an object');
  if (!isObject(content.candidate)) return { candidate: section(content, 'it') };
  const champion = content.champion === undefined ? undefined : section(content.champion, '"champion"');
  return { candidate: section(content.candidate, '"candidate"'), champion };
}

function parseNumber(text: string): number | undefined {
  const word = text.trim();
  if (/^nan$/i.test(word)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
  const value = Number(word);
  return word === '' || Number.isNaN(value) ? undefined : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
