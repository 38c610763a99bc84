import { createHash } from 'node:crypto';
import { BlobTransfer } from '../common/azure/storage/blobTransfer';
import { followJob, type JobEnd } from '../common/azure/ml/jobs/follow/followJob';
import { withLastLines } from '../common/azure/ml/jobs/follow/lastLines';
import { readJobFile } from '../common/azure/ml/jobs/specification/jobFile';
import type { CommandSpec, SpecSource } from '../common/azure/ml/jobs/specification/jobSpec';
import { Jobs, studioUrl, type Job, type JobProperties } from '../common/azure/ml/jobs/rest/jobs';
import { restJob } from '../common/azure/ml/jobs/rest/restJob';
import { RunHistory } from '../common/azure/ml/jobs/follow/runHistory';
import { WorkspaceAssets } from '../common/azure/ml/jobs/rest/workspaceAssets';
import { Tracking } from '../common/azure/ml/metrics';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { believedAbsence } from '../common/azure/http/believedAbsence';
import { Outage } from '../common/azure/http/outage';
import type { Workspace } from '../common/azure/ml/workspace';
import type { TaskLog } from '../common/log';
import type { Pipeline } from '../common/pipeline';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import { leftJobs } from './leftJobs';
import type { Measurement } from './measurement';

/** The input of the user's evaluation by which it gets the model that it is to measure. */
const modelInput = 'model';

/** A workspace that does not take a job may be out of reach for so long. */
const startPatience = 10 * 60_000;

/** The user's evaluation, as read from its file and checked. */
export interface EvaluationSpec {
  readonly spec: CommandSpec;
  readonly source: SpecSource;
}

/**
 * Reads the job file of an evaluation.
 * @throws TaskFailure if it is not a command job, or has no input `model`
 */
export function readEvaluationFile(file: string): EvaluationSpec {
  const { spec, source } = readJobFile(file);
  if (spec.type === 'sweep' || spec.type === 'pipeline') {
    throw new TaskFailure(`${file} is a ${spec.type} job; an evaluation is a command job.`);
  }
  if (!Object.hasOwn(spec.inputs ?? {}, modelInput)) {
    throw new TaskFailure(
      `${file} has no input "${modelInput}", by which the evaluation is given candidate and champion in turn.`,
      'Declare it under inputs, e.g. with the type custom_model and the path azureml:name@latest, and use ${{inputs.model}} in the command.',
    );
  }
  return { spec, source };
}

/** Runs the user's evaluation as jobs of the workspace: one a model, all else the same. */
export class EvaluationJobs {
  private readonly jobs: Jobs;
  private readonly history: RunHistory;
  private readonly tracking: Tracking;
  private readonly transfer: BlobTransfer;

  constructor(
    private readonly workspace: Workspace,
    private readonly context: Pick<TaskContext, 'log' | 'clock' | 'signal' | 'pipeline' | 'state'>,
  ) {
    this.jobs = new Jobs(workspace);
    this.history = new RunHistory(workspace);
    this.tracking = new Tracking(workspace);
    this.transfer = new BlobTransfer(workspace.session);
  }

  /**
   * Measures the models, at the same time and on the same data.
   * @throws TaskFailure if an evaluation does not complete: then nothing is decided
   */
  async measure(evaluation: EvaluationSpec, models: readonly RegisteredModel[]): Promise<Measurement[]> {
    const { log, signal } = this.context;
    // One set of assets for all: "@latest" means the same version to each, and code is uploaded once.
    const assets = new WorkspaceAssets(this.workspace, this.transfer, log, signal);
    const started: string[] = [];
    try {
      const jobs: Job[] = [];
      for (const model of models) {
        jobs.push(await this.start(model, await this.bodyOf(evaluation, model, assets), started));
      }
      const measured = await Promise.all(jobs.map((job, index) => this.finish(job, models[index]!)));
      leftJobs(this.context.state).settle();
      return measured;
    } catch (error) {
      if (signal.aborted) await this.cancel(started);
      else leftJobs(this.context.state).settle();
      if (signal.aborted || !(error instanceof TaskFailure) || started.length === 0) throw error;
      throw new TaskFailure(
        `${error.message} The evaluation ${started.length === 1 ? 'job' : 'jobs'} ${started.join(' and ')} ${started.length === 1 ? 'was' : 'were'} not cancelled: those that have not ended keep running. Run this step again, by "Rerun failed jobs": it takes up what runs or has completed.`,
        undefined,
        { cause: error },
      );
    }
  }

  private bodyOf(evaluation: EvaluationSpec, model: RegisteredModel, assets: WorkspaceAssets): Promise<JobProperties> {
    return restJob(specFor(evaluation.spec, model), evaluation.source, assets);
  }

  /** The pipeline's end leaves 7.5 s, and the token is at hand. What cannot be cancelled now is left to the post-job step. */
  private async cancel(names: readonly string[]): Promise<void> {
    const ends = await Promise.allSettled(names.map((name) => this.jobs.requestCancel(name)));
    if (ends.every(({ status }) => status === 'fulfilled')) leftJobs(this.context.state).settle();
  }

  /** Starts the job, or finds the one that an earlier try of this step started for the same work. */
  private async start(model: RegisteredModel, body: JobProperties, started: string[]): Promise<Job> {
    const { log, signal, pipeline } = this.context;
    const experimentName = body.experimentName ?? `evaluate-${model.name}`.replace(/[^A-Za-z0-9_-]+/g, '-');
    const properties: JobProperties = { ...body, experimentName };
    const base = jobNameBase(model, properties, pipeline);
    for (let attempt = 1; ; attempt++) {
      const name = `${base}-${attempt}`;
      const found = await this.insist(() => this.jobs.find(name, signal));
      if (found?.properties.status === 'Failed' || found?.properties.status === 'Canceled') continue;
      await this.leave([...started, name], started);
      started.push(name);
      const job = found ?? (await this.insist(() => this.jobs.create(name, properties, signal)));
      await this.leave(started, started);
      const url = studioUrl(job);
      log.info(`${found ? 'Following' : 'Started'} the job ${name}, which evaluates version ${model.version}.`);
      if (url) log.info(`Studio: ${url}`);
      return job;
    }
  }

  private leave(names: readonly string[], confirmed: readonly string[]): Promise<void> {
    const { resourceGroup, name: workspace } = this.workspace;
    return leftJobs(this.context.state).note({ resourceGroup, workspace, names, confirmed });
  }

  /** The job's name makes sure that it is started once, however often it is sent. */
  private insist<T>(call: () => Promise<T>): Promise<T> {
    const { log, clock, signal } = this.context;
    return new Outage(log, clock, { deadline: clock.now() + startPatience }).insist(call, signal);
  }

  private async finish(job: Job, model: RegisteredModel): Promise<Measurement> {
    const { log, clock, signal } = this.context;
    const end = await followJob(
      job,
      { allRanks: false },
      {
        log: prefixed(log, `v${model.version} | `),
        clock,
        signal,
        jobs: this.jobs,
        history: this.history,
        transfer: this.transfer,
      },
    );
    if (end.status !== 'Completed') throw notCompleted(job, model, end);
    // After hours of evaluation a passing fault is no reason to give up.
    const look = () => this.tracking.run(job.name, signal);
    const outage = new Outage(log, clock, { follows: true });
    const run = await outage.insist(() => believedAbsence(look, clock, signal), signal);
    if (!run) throw new TaskFailure(`The metrics of the job ${job.name} cannot be found, so nothing is decided.`);
    return { metrics: run.metrics, source: `the evaluation job ${job.name}`, jobName: job.name };
  }
}

function specFor(spec: CommandSpec, model: RegisteredModel): CommandSpec {
  const declared = spec.inputs?.[modelInput];
  const input = {
    ...(typeof declared === 'object' ? declared : {}),
    type: model.type,
    path: `azureml:${model.name}:${model.version}`,
  };
  return {
    ...spec,
    name: undefined,
    display_name: `Evaluate ${model.name} version ${model.version}`,
    inputs: { ...spec.inputs, [modelInput]: input },
  };
}

/** It follows from the run of the pipeline, the step, the model and the work, but not from the attempt: a step that runs again finds its jobs. */
function jobNameBase(model: RegisteredModel, body: JobProperties, pipeline: Pipeline): string {
  const { collectionUri, projectId, build, release, stage, job, step } = pipeline;
  const run = release ? `release ${release.id}` : `build ${build?.id}`;
  const identity = [collectionUri, projectId, run, stage.name, job.name, step, model.id, JSON.stringify(body)];
  const hash = createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 10);
  // A version may be any text, such as 1.0.2; a job's name takes letters, digits, - and _, 255 in all. The hash tells apart what is cut.
  const [name, version] = [model.name, model.version].map((part) => part.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 40));
  return `evaluate-${name}-${version}-${hash}`;
}

function notCompleted(job: Job, model: RegisteredModel, end: JobEnd): TaskFailure {
  const why = end.stoppedBecause ?? end.error;
  const text = `The job ${job.name}, which evaluates ${model.name} version ${model.version}, ended as ${end.status}.${why ? ` ${why}` : ''}`;
  return new TaskFailure(withLastLines(text, end.lastLines));
}

/** Two jobs write into one log: each line says which model it is of, and groups, which would entangle, are lines. */
function prefixed(log: TaskLog, prefix: string): TaskLog {
  return {
    ...log,
    info: (text) => log.info(text.replace(/^/gm, prefix)),
    group: (title) => log.info(`${prefix}${title}`),
    endGroup: () => {},
    progress: () => {},
  };
}
