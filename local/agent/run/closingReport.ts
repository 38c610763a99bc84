import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelRecord } from '../../../tasks/common/record/record';
import type { TestCase } from '../testResults';
import { timeTaken } from './duration';
import type { RunRecord, StepRecord } from './runRecord';
import { sampleRequestArguments } from './sampleRequest';
import { resultLook, type Style } from './terminal';

type Paint = (style: Style, text: string) => string;

export interface ReportOptions {
  run: RunRecord;
  /** The run's folder. */
  folder: string;
  /** The run's page. */
  page: string;
  /** Addresses of the local cloud's names, for a `curl` that cannot resolve them. */
  addressOf: (name: string) => string | undefined;
  /** What starts the endpoint again; undefined where it goes on after the run. */
  upCommand: string | undefined;
  /** What runs the failed jobs again. */
  rerunCommand: string;
  paint: Paint;
}

/** The files of every record that the jobs of a run left, in their order and relative to its folder. */
export const modelRecordFiles = (run: RunRecord): string[] =>
  run.modelRecords ?? (run.modelRecord ? [run.modelRecord] : []);

/** Every record that the jobs of a run left, in their order. */
export function modelRecords(run: RunRecord, folder: string): ModelRecord[] {
  return modelRecordFiles(run).map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as ModelRecord);
}

/** The last record of each key: a later job adds to what an earlier one said. */
function latest(records: ModelRecord[], keyOf: (record: ModelRecord) => string | undefined): ModelRecord[] {
  const byKey = new Map<string, ModelRecord>();
  for (const record of records) {
    const key = keyOf(record);
    if (key !== undefined) byKey.set(key, record);
  }
  return [...byKey.values()];
}

/** What a run came to, in a few lines for the terminal. */
export function closingReport(options: ReportOptions): string {
  const { run, folder, paint } = options;
  const look = resultLook[run.result!];
  const records = modelRecords(run, folder);
  const models = latest(records, ({ model }) => model && `${model.name}:${model.version}`);
  const deployments = latest(records, ({ deployment }) => deployment?.scoringUri);
  const facts: Array<[label: string, text: string] | undefined> = [
    ...failures(run, paint),
    ...models.flatMap((record) => modelFacts(record, paint)),
    ...testFacts(run, records, paint),
    // A failed test may have rolled the deployment back.
    ...(run.result === 'succeeded' || run.result === 'succeededWithIssues'
      ? endpointFacts(deployments, options)
      : [['Run failed jobs again', options.rerunCommand] satisfies [string, string]]),
    ['Page', paint('cyan', options.page)],
    ['Files', folder],
  ];
  const present = facts.filter((fact) => fact !== undefined);
  const width = Math.max(...present.map(([label]) => label.length));
  const title = `${look.mark} Run ${run.id} ${look.text} in ${timeTaken(run)}`;
  const lines = present.map(([label, text]) => {
    const indented = text.replaceAll('\n', `\n${' '.repeat(width + 4)}`);
    return `  ${paint('dim', label.padEnd(width))}  ${indented}`;
  });
  return ['', paint('bold', paint(look.style, title)), '', ...lines, ''].join('\n');
}

function failures(run: RunRecord, paint: Paint): Array<[string, string]> {
  const steps = run.stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  const failed = steps.filter(({ result }) => result === 'failed');
  const reason = (step: StepRecord): string =>
    step.issues.find(({ type }) => type === 'error')?.message ?? 'no reason given';
  return failed.map((step) => [`${step.displayName} failed`, paint('red', reason(step))]);
}

function modelFacts(record: ModelRecord, paint: Paint): Array<[string, string] | undefined> {
  const { model, evaluation, image } = record;
  const approved = evaluation?.decision === 'approved';
  return [
    model && ['Model', `${model.name} version ${model.version}`],
    evaluation && ['Decision', `${paint(approved ? 'green' : 'red', evaluation.decision)}: ${evaluation.reason}`],
    image && [
      'Image',
      `${image.registry}/${image.repository}@${image.digest}${image.built ? '' : ' (unchanged, reused)'}`,
    ],
  ];
}

/** The tests of each step that published some, counted as the step itself counts them. */
function testFacts(run: RunRecord, records: ModelRecord[], paint: Paint): Array<[string, string]> {
  const steps = run.stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  const lines = steps.flatMap((step) => {
    const cases = step.testRuns.flatMap((testRun) => testRun.cases);
    return cases.length > 0 ? [`${step.displayName}: ${countOf(cases, paint)}`] : [];
  });
  const latency = records.map(({ tests }) => tests?.latency).findLast((one) => one !== undefined && one !== null);
  if (latency) lines.push(`p95 latency ${latency.p95.toFixed(0)} ms`);
  return lines.length > 0 ? [['Tests', lines.join('\n')]] : [];
}

function countOf(cases: TestCase[], paint: Paint): string {
  const count = (outcome: TestCase['outcome']): number => cases.filter((test) => test.outcome === outcome).length;
  const [failed, skipped] = [count('failed'), count('skipped')];
  const parts = [
    `${count('passed')} of ${cases.length} passed`,
    failed > 0 && paint('red', `${failed} failed`),
    skipped > 0 && `${skipped} skipped`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** Each deployment with how to call it; what starts them again is said once. */
function endpointFacts(deployments: ModelRecord[], options: ReportOptions): Array<[string, string]> {
  const facts = deployments.flatMap((record): Array<[string, string]> => [
    ['Scoring URI', record.deployment!.scoringUri],
    ['Call it', curlLine(record, options.folder, options.addressOf)],
  ]);
  if (facts.length === 0 || options.upCommand === undefined) return facts;
  return [['Start it again', options.upCommand], ...facts];
}

/** The command that calls the endpoint of a run with the first of the model's own example requests. */
export function curlLine(record: ModelRecord, folder: string, addressOf: (name: string) => string | undefined): string {
  const { scoringUri } = record.deployment!;
  const { hostname, port } = new URL(scoringUri);
  const address = addressOf(hostname);
  // curl takes every .localhost name for 127.0.0.1; only another address must be told.
  const resolve = address && address !== '127.0.0.1' ? ` --resolve ${hostname}:${port || 80}:${address}` : '';
  return `curl${resolve} ${scoringUri} ${sampleRequestArguments(record, folder)}`;
}
