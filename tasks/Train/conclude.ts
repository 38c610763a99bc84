import * as path from 'node:path';
import { Outage } from '../common/azure/http/outage';
import type { JobEnd } from '../common/azure/ml/jobs/follow/followJob';
import { withLastLines } from '../common/azure/ml/jobs/follow/lastLines';
import { studioUrl, type Job } from '../common/azure/ml/jobs/rest/jobs';
import { append, emptyRecord } from '../common/record/chain';
import { recordFileName, toMetricValues, type ModelRecord } from '../common/record/record';
import { writeRecord } from '../common/record/recordFile';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import { endedByBudget, type Budget } from './cost/budget';
import { amountText, costLines, costOutput, costSection } from './cost/costReport';
import type { FinalCost } from './cost/jobCost';
import { runsOn } from './followTraining';
import { fetchGoldenRequests, makeGoldenRequests } from './goldenRequests';
import type { TrainInputs } from './inputs';
import type { Provenance } from './provenance';
import { registerModel, type Registration } from './registerModel';
import type { Services } from './services';
import type { StartedJob } from './startJob';
import { trainedRun, type TrainedRun } from './trainedRun';
import { modelSection, trainingSection } from './trainingRecord';
import { trainingSummary } from './trainingSummary';

/**
 * An output variable stands in the environment of every later step. Linux takes no text of 128 KiB there, Windows warns from
 * 32,766 characters on. Source: azure-pipelines-task-lib issue 1114, azure-pipelines-tasks issues 8960 and 13884.
 */
const longestOutput = 30_000;

/** A job that was followed to its end, with what it cost. */
export interface EndedJob extends StartedJob {
  readonly end: JobEnd;
  readonly cost: FinalCost;
}

/** What there is to say of a job that nobody waits for. */
export function handBack(
  { job, codeHash, isUnchanged, dataChecks }: StartedJob,
  provenance: Provenance,
  context: TaskContext,
): StageResult {
  const { status } = job.properties;
  const training = trainingSection(job, { status }, {}, { codeHash, dataChecks });
  const recordFile = writeSections(context, provenance, (record) => append(record, 'training', training));
  context.log.info(`Not waiting for the job ${job.name}: a later Train step can follow it by its name.`);
  const trained = String(!isUnchanged);
  return { outputs: { jobName: job.name, jobStatus: status, trained, studioUrl: studioUrl(job) }, recordFile };
}

/** What is to be done once the job has ended, well or not. What is only read here is asked for until it is answered. */
export async function conclude(
  { end, cost, ...started }: EndedJob,
  provenance: Provenance,
  inputs: TrainInputs,
  services: Services,
  context: TaskContext,
): Promise<StageResult> {
  const { log, publish, signal, clock } = context;
  const reading = new Outage(log, clock, { follows: true });
  // What a job's outputs are is known at its end.
  const job = (await reading.insist(() => services.jobs.find(started.job.name, signal, true), signal)) ?? started.job;
  const run = await reading.insist(() => trainedRun(job, services.history, services.tracking, clock, signal), signal);
  for (const warning of end.warnings) log.warning(warning);
  sayCost(cost, started, log);
  const trained = String(!started.isUnchanged);
  const estimatedCost = started.isUnchanged ? '0' : costOutput(cost);
  const outputs = { jobName: job.name, jobStatus: end.status, trained, studioUrl: studioUrl(job), estimatedCost };
  if (end.status !== 'Completed') {
    publish.summary('Training', trainingSummary({ job, end, cost, metrics: run.metrics, histories: {} }));
    const metrics = metricsOutput(run.metrics, undefined, log);
    return { outputs: { ...outputs, metrics }, outcome: 'failed', reason: failureOf(job, end, cost, started.budget) };
  }
  if (!run.isTracked) {
    log.warning(
      `MLflow does not find the run ${run.runId}, so it is not known what it logged: the record has no metrics of it. Evaluate asks again.`,
    );
  }
  const directory = recordDirectory(context);
  const { artifacts } = services;
  const left = await reading.insist(() => fetchGoldenRequests(run.runs, directory, artifacts, context), signal);
  const registered =
    inputs.model &&
    (await registerModel(inputs.model, job, { ...run, cost }, provenance, inputs.overrides.tags, services, context));
  const make = async () =>
    registered && (await makeGoldenRequests(run.runId, registered.output, directory, artifacts, context));
  const golden = left ?? (await reading.insist(make, signal));
  const training = trainingSection(job, end, run.metrics, {
    codeHash: started.codeHash,
    dataHashes: run.dataHashes,
    goldenRequests: golden,
    cost: costSection(cost, inputs.maxCost),
    dataChecks: started.dataChecks,
  });
  const recordFile = writeSections(context, provenance, (record) => {
    const trained = append(record, 'training', training);
    return registered ? append(trained, 'model', modelSection(registered.model, services.workspace)) : trained;
  });
  await summarize(job, { end, cost }, run, registered, context);
  if (registered) await publish.buildTag(`${registered.model.name}-${registered.model.version}`);
  const { name: modelName, version: modelVersion, id: modelId } = registered?.model ?? {};
  const metrics = metricsOutput(run.metrics, recordFile, log);
  return { outputs: { ...outputs, metrics, modelName, modelVersion, modelId }, recordFile };
}

/** @returns undefined where they are too many for a variable: the record holds them all */
function metricsOutput(
  metrics: TrainedRun['metrics'],
  recordFile: string | undefined,
  log: TaskContext['log'],
): string | undefined {
  const text = JSON.stringify(toMetricValues(metrics));
  if (text.length <= longestOutput) return text;
  log.warning(
    `The output variable metrics is not set: the job has ${Object.keys(metrics).length} metrics, ${text.length} characters of JSON, and a variable of more than ${longestOutput} keeps later steps from starting.${recordFile ? ` They stand in ${recordFile}, under training.metrics.` : ''}`,
  );
  return undefined;
}

function sayCost(cost: FinalCost, { isUnchanged }: StartedJob, log: TaskContext['log']): void {
  if (isUnchanged) log.info('Nothing was trained for this run, which costs nothing. What the job cost when it ran:');
  for (const line of costLines(cost)) log.info(line);
}

/** The page of the run is an extra: the model is registered, and the record written. */
async function summarize(
  job: Job,
  ended: Pick<EndedJob, 'end' | 'cost'>,
  run: TrainedRun,
  model: Registration | undefined,
  { log, publish, signal }: TaskContext,
): Promise<void> {
  const histories = await run.histories().catch((error: Error) => {
    if (signal.aborted) throw error;
    log.warning(`The curves of the metrics are left out: ${error.message}`);
    return {};
  });
  publish.summary('Training', trainingSummary({ job, ...ended, metrics: run.metrics, histories, model }));
}

function failureOf(job: Job, end: JobEnd, cost: FinalCost, budget: Budget | undefined): string {
  const what =
    end.status === 'Paused'
      ? `The job ${job.name} is paused. Resume it in the studio and run this step again: it then follows the job.`
      : end.status === 'NotResponding'
        ? `The job ${job.name} has not responded for ten minutes. ${runsOn(job)}`
        : `The job ${job.name} ended as ${end.status}.`;
  const text = [
    end.stoppedBecause ?? (budget && endedByBudget(job, end, budget)) ?? what,
    ...(end.error ? [end.error] : []),
    ...(cost.amount > 0 ? [`It cost ${amountText(cost)} (estimate).`] : []),
    ...(/quota/i.test(end.error ?? '')
      ? ['Ask for more quota, or choose another instance type, fewer nodes or another compute.']
      : []),
  ].join(' ');
  return withLastLines(text, end.lastLines);
}

function recordDirectory({ pipeline }: TaskContext): string {
  return path.join(pipeline.directories.staging, 'mlops');
}

function writeSections(
  context: TaskContext,
  provenance: Provenance,
  sections: (record: ModelRecord) => ModelRecord,
): string {
  const file = path.join(recordDirectory(context), recordFileName);
  writeRecord(file, sections(append(emptyRecord(), 'source', provenance)));
  return file;
}
