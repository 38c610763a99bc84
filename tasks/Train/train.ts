import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Artifacts } from '../common/azure/ml/artifacts';
import { BlobTransfer } from '../common/azure/storage/blobTransfer';
import { computeState } from '../common/azure/ml/jobs/follow/computeState';
import { followJob, type JobEnd } from '../common/azure/ml/jobs/follow/followJob';
import { hasEnded } from '../common/azure/ml/jobs/follow/jobStatus';
import { Jobs, studioUrl, type Job } from '../common/azure/ml/jobs/rest/jobs';
import { restJob } from '../common/azure/ml/jobs/rest/restJob';
import { RunHistory } from '../common/azure/ml/jobs/follow/runHistory';
import { WorkspaceAssets } from '../common/azure/ml/jobs/rest/workspaceAssets';
import { Tracking } from '../common/azure/ml/metrics';
import { Models } from '../common/azure/ml/models';
import { Outage } from '../common/azure/http/outage';
import { Workspace } from '../common/azure/ml/workspace';
import { append, emptyRecord } from '../common/record/chain';
import { recordFileName, toMetricValue } from '../common/record/record';
import { writeRecord } from '../common/record/recordFile';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import type { TrainInputs } from './inputs';
import { jobNameBase } from './jobName';
import { jobSpecification } from './jobSpecification';
import { leaveJob, settleJob } from './jobState';
import { MetricsWatch } from './metricsWatch';
import { registerOnce } from './modelRegistration';
import { modelTags } from './modelTags';
import { listNamedOutput } from './namedOutput';
import { findOutputModel } from './outputModel';
import { askGitForChanges, jobProvenance, provenanceOf, type Provenance } from './provenance';
import { trainedRun } from './trainedRun';
import { modelSection, trainingSection } from './trainingRecord';
import { trainingSummary } from './trainingSummary';

/** Where a training script leaves requests with their right answers, for the stages that prove a deployment. */
const goldenRequests = 'outputs/golden_requests.json';
/** Property of a job: the SHA-256 of what it was asked to do, by which a later try knows it again. */
const specificationProperty = 'mlops.specification';

/** The services of a workspace that a training needs. */
interface Services {
  readonly workspace: Workspace;
  readonly transfer: BlobTransfer;
  readonly jobs: Jobs;
  readonly history: RunHistory;
  readonly tracking: Tracking;
  readonly models: Models;
  readonly artifacts: Artifacts;
}

interface StartedJob {
  readonly job: Job;
  /** SHA-256 of the code snapshot; undefined where the job was found, or has no code of its own. */
  readonly codeHash?: string;
}

/** Runs the job to its end, or starts it only; registers the model; writes the record. */
export async function train(inputs: TrainInputs, context: TaskContext): Promise<StageResult> {
  const services = connect(inputs, context);
  await services.workspace.resource();
  const isDirty = context.pipeline.repository && (await askGitForChanges(context.pipeline.repository.localPath));
  const provenance = provenanceOf(context.pipeline, isDirty);
  const started =
    inputs.job.source === 'existing'
      ? { job: await takeUp(inputs.job.name, services, context) }
      : await start(inputs, inputs.job, provenance, services, context);
  if (!inputs.waitForCompletion) return handBack(started, provenance, context);

  try {
    const end = await follow(started.job, inputs, services, context);
    // One that was cancelled and has not ended yet is left to the post-job step.
    if (hasEnded(end.status) || end.status === 'Paused') settleJob(context.state);
    return await finish(started, end, provenance, inputs, services, context);
  } catch (error) {
    if (context.signal.aborted) await cancel(started.job.name, services, context);
    throw error;
  }
}

function connect(inputs: TrainInputs, context: TaskContext): Services {
  const workspace = new Workspace(context.azure(inputs.connection), inputs.resourceGroup, inputs.workspace);
  const transfer = new BlobTransfer(workspace.session);
  return {
    workspace,
    transfer,
    jobs: new Jobs(workspace),
    history: new RunHistory(workspace),
    tracking: new Tracking(workspace),
    models: new Models(workspace),
    artifacts: new Artifacts(workspace, transfer),
  };
}

async function takeUp(name: string, services: Services, context: TaskContext): Promise<Job> {
  const job = await services.jobs.find(name, context.signal);
  if (!job) {
    throw new TaskFailure(
      `Input jobName: there is no job "${name}" in the workspace ${services.workspace.name}.`,
      'Use the output variable jobName of the step that started it.',
    );
  }
  announce(job, `Taking up the job ${name}, which is ${job.properties.status}.`, context);
  if (!hasEnded(job.properties.status)) leaveJob(context.state, left(job.name, services));
  return job;
}

/** Starts the job, or finds the one that an earlier try of this step started for the same work. */
async function start(
  inputs: TrainInputs,
  asked: Exclude<TrainInputs['job'], { source: 'existing' }>,
  provenance: Provenance,
  services: Services,
  context: TaskContext,
): Promise<StartedJob> {
  const { pipeline, log, signal } = context;
  const { spec, source } = jobSpecification(asked, inputs.overrides, pipeline.directories.work);
  const assets = new WorkspaceAssets(services.workspace, services.transfer, log, signal);
  const body = await restJob(spec, source, assets);
  const experiment = String(body.experimentName ?? (experimentOf(pipeline.build?.definition) || 'Default'));
  const specification = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const own = body.properties as Record<string, string> | undefined;
  const properties = {
    ...body,
    experimentName: experiment,
    displayName: body.displayName ?? pipeline.build?.number ?? pipeline.release?.name,
    properties: { ...jobProvenance(provenance), ...own, [specificationProperty]: specification },
  };
  const codeHash = [...assets.codeHashes.values()].at(-1);
  const base = jobNameBase(spec.name ?? experiment, pipeline);
  for (let attempt = 1; ; attempt++) {
    const name = `${base}-${attempt}`;
    const found = await services.jobs.find(name, signal);
    if (found) {
      const isSame = found.properties.properties?.[specificationProperty] === specification;
      const { status } = found.properties;
      if (isSame && status !== 'Failed' && status !== 'Canceled') {
        announce(found, `An earlier try of this step started the job ${name} (${status}): following it.`, context);
        if (inputs.waitForCompletion) leaveJob(context.state, left(name, services));
        return { job: found, codeHash };
      }
      log.info(`The job ${name} of an earlier try ${isSame ? `is ${status}` : 'did something else'}: starting anew.`);
      continue;
    }
    // Noted first: whatever happens from here on, the post-job step knows of it.
    if (inputs.waitForCompletion) leaveJob(context.state, left(name, services));
    try {
      const job = await services.jobs.create(name, properties, signal);
      announce(job, `Started the job ${name} in the experiment ${experiment}.`, context);
      return { job, codeHash };
    } catch (error) {
      if (signal.aborted) await cancel(name, services, context);
      throw error;
    }
  }
}

function left(name: string, { workspace }: Services) {
  return { name, resourceGroup: workspace.resourceGroup, workspace: workspace.name };
}

function announce(job: Job, text: string, { log }: TaskContext): void {
  log.info(text);
  const url = studioUrl(job);
  if (url) log.info(`Studio: ${url}`);
}

/** Azure ML's rule for names of experiments: letters, digits, dashes and underscores. */
function experimentOf(definition: string | undefined): string {
  return (definition ?? '').replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+|[-_]+$/g, '');
}

async function follow(job: Job, inputs: TrainInputs, services: Services, context: TaskContext): Promise<JobEnd> {
  const { log, clock, signal } = context;
  const minutes = (value: number | undefined) => (value === undefined ? undefined : value * 60_000);
  const metrics = new MetricsWatch(services.tracking, job.name, log, clock, signal);
  const { computeId } = job.properties;
  return followJob(
    job,
    {
      queueTimeout: minutes(inputs.queueTimeoutInMinutes),
      runTimeout: minutes(inputs.runTimeoutInMinutes),
      allRanks: inputs.logOfAllRanks,
    },
    {
      log,
      clock,
      signal,
      jobs: services.jobs,
      history: services.history,
      transfer: services.transfer,
      compute: computeId ? () => computeState(services.workspace, computeId, signal) : undefined,
      watch: () => metrics.look(),
    },
  );
}

/** The pipeline is being cancelled: 7.5 s are left, and the token is at hand from the last look. */
async function cancel(name: string, services: Services, { log, state }: TaskContext): Promise<void> {
  try {
    await services.jobs.requestCancel(name);
    settleJob(state);
    log.info(`Asked Azure ML to cancel the job ${name}.`);
  } catch (error) {
    log.warning(`The job ${name} could not be cancelled: ${(error as Error).message} The post-job step tries again.`);
  }
}

function handBack({ job, codeHash }: StartedJob, provenance: Provenance, context: TaskContext): StageResult {
  const { status } = job.properties;
  const training = trainingSection(job, { status }, {}, { codeHash });
  const recordFile = writeSections(context, (record) =>
    append(append(record, 'source', provenance), 'training', training),
  );
  context.log.info(`Not waiting for the job ${job.name}: a later Train step takes it up by its name.`);
  return { outputs: { jobName: job.name, jobStatus: status, studioUrl: studioUrl(job) }, recordFile };
}

/** What is to be done once the job has ended, well or not. */
async function finish(
  { job, codeHash }: StartedJob,
  end: JobEnd,
  provenance: Provenance,
  inputs: TrainInputs,
  services: Services,
  context: TaskContext,
): Promise<StageResult> {
  const { log, publish, signal, pipeline } = context;
  const outage = new Outage(log, context.clock);
  const insist = <T>(call: () => Promise<T>) => outage.insist(call, signal);
  // Read anew: what a job's outputs are is known at its end.
  const ended = (await insist(() => services.jobs.find(job.name, signal))) ?? job;
  const run = await insist(() => trainedRun(ended, services.history, services.tracking, signal));
  const outputs = {
    jobName: job.name,
    jobStatus: end.status,
    studioUrl: studioUrl(ended),
    metrics: JSON.stringify(
      Object.fromEntries(Object.entries(run.metrics).map(([name, value]) => [name, toMetricValue(value)])),
    ),
  };
  for (const warning of end.warnings) log.warning(warning);
  if (end.status !== 'Completed') {
    publish.summary('Training', trainingSummary({ job: ended, end, metrics: run.metrics, histories: {} }));
    return { outputs, outcome: 'failed', reason: failureOf(job, end) };
  }

  const golden = path.join(recordDirectory(context), path.basename(goldenRequests));
  const hasGolden = await insist(() => services.artifacts.download(run.runId, goldenRequests, golden, signal));
  const training = trainingSection(ended, end, run.metrics, {
    codeHash,
    goldenRequests: hasGolden
      ? { file: path.basename(golden), sha256: createHash('sha256').update(fs.readFileSync(golden)).digest('hex') }
      : undefined,
  });

  let registered: Awaited<ReturnType<typeof registerOnce>> | undefined;
  if (inputs.model) {
    const { name, path: modelPath, type, description } = inputs.model;
    const found = await insist(() =>
      findOutputModel(ended, run.runId, modelPath, services.artifacts, (uri) =>
        listNamedOutput(services.workspace, services.transfer, uri, signal),
      ),
    );
    if (type === 'auto' && found.isMlflow === undefined) {
      log.warning(
        `The files of the job's output ${modelPath} cannot be listed: its datastore is no blob storage, or the service connection's identity may not read it. Its model is registered as custom_model; should it be an MLflow model, set the input modelType to mlflow_model.`,
      );
    }
    const newModel = {
      name,
      type: type !== 'auto' ? type : found.isMlflow ? 'mlflow_model' : 'custom_model',
      uri: found.uri,
      jobName: run.runId,
      description,
      tags: modelTags(inputs.overrides.tags, run.metrics),
      properties: {
        ...jobProvenance(provenance),
        'mlops.job': job.name,
        ...(studioUrl(ended) && { 'mlops.studioUrl': studioUrl(ended)! }),
      },
    };
    registered = await insist(() => registerOnce(services.models, newModel));
    const { model, isNew } = registered;
    log.info(
      isNew
        ? `Registered the model ${model.name} version ${model.version}.`
        : `The model of this job is registered already: ${model.name} version ${model.version}.`,
    );
  }

  const { subscriptionId } = inputs.connection;
  const place = { subscriptionId, resourceGroup: services.workspace.resourceGroup, name: services.workspace.name };
  const recordFile = writeSections(context, (record) => {
    const trained = append(append(record, 'source', provenance), 'training', training);
    return registered ? append(trained, 'model', modelSection(registered.model, place)) : trained;
  });
  const histories = await insist(() => run.histories());
  publish.summary('Training', trainingSummary({ job: ended, end, metrics: run.metrics, histories, model: registered }));
  if (registered && pipeline.build) publish.buildTag(`${registered.model.name}-${registered.model.version}`);
  return {
    outputs: {
      ...outputs,
      modelName: registered?.model.name,
      modelVersion: registered?.model.version,
      modelId: registered?.model.id,
    },
    recordFile,
  };
}

function failureOf(job: Job, end: JobEnd): string {
  const lines = end.lastLines.slice(-10).map((line) => `\n  ${line}`);
  const what =
    end.status === 'Paused'
      ? `The job ${job.name} is paused. Resume it in the studio and run this step again: it takes the job up.`
      : `The job ${job.name} ended as ${end.status}.`;
  return [
    end.stoppedBecause ?? what,
    ...(end.error ? [end.error] : []),
    ...(/quota/i.test(end.error ?? '')
      ? ['Ask for more quota, or choose another instance type, fewer nodes or another compute.']
      : []),
    ...(lines.length > 0 ? [`The last lines of its log:${lines.join('')}`] : []),
  ].join(' ');
}

function recordDirectory({ pipeline }: TaskContext): string {
  return path.join(pipeline.directories.staging, 'mlops');
}

function writeSections(
  context: TaskContext,
  sections: (record: ReturnType<typeof emptyRecord>) => ReturnType<typeof emptyRecord>,
): string {
  const file = path.join(recordDirectory(context), recordFileName);
  writeRecord(file, sections(emptyRecord()));
  return file;
}
