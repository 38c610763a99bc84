import { cpSync } from 'node:fs';
import path from 'node:path';
import { dependencyValue, expandRuntime, nodeRuns, type FinishedNode, type NodeContext } from '../pipeline/conditions';
import type { Value } from '../pipeline/expression';
import type { JobPlan, LegPlan, PipelinePlan, StagePlan, VariableDefinition } from '../pipeline/plan';
import type { ServiceEndpoint } from '../../serviceEndpoint';
import { localProject, sourceVariables, type SourceVersion } from '../jobVariables';
import type { HostType } from '../stepContext';
import type { TaskResult } from '../taskResult';
import { ArtifactStore } from './artifactStore';
import { Counters } from './counters';
import {
  combine,
  finishedJob,
  jobRecords,
  legVariables,
  replaceRecords,
  runtimeLegs,
  stageOutputs,
  stageRecord,
} from './jobRecords';
import { JobRun, type JobSurroundings } from './jobRun';
import { planRerun } from './rerun';
import { runNumber } from './runNumber';
import { createRunFolder, runFolders, writeRunRecord } from './runFolder';
import type { JobRecord, RunObserver, RunRecord, StageRecord } from './runRecord';
import { repositoryRoot, sourceVersion } from './sources';
import { messageOf } from '../../messageOf';

export interface PipelineRunOptions {
  /** The pipeline file, for the record and for the repository that it is in. */
  file: string;
  /** The template that it stands for; a rerun takes it again. */
  classic?: HostType;
  /** Where the runs are kept: `<runs>/<n>`. */
  runs: string;
  /** The agent's work folder. */
  workFolder: string;
  hostType?: HostType;
  /** Only these stages, whatever they depend on; without artifacts of their own they take those of the last run. */
  stages?: string[];
  /** What is checked out, if it is not just what lies on the disk: a pull request. */
  source?: SourceVersion;
  /** The run whose failed jobs are to run again, with its folder. */
  rerun?: { run: RunRecord; folder: string };
  set?: Record<string, string>;
  /** Names of tasks that were left out; a rerun leaves them out again. */
  skipTasks?: string[];
  /** Given by --variables; a rerun reads it again. */
  variablesFile?: string;
  secrets?: Record<string, string>;
  endpoints?: ServiceEndpoint[];
  environment?: Record<string, string>;
  oidcRequestUri?: string;
  accessToken?: string;
  nodePath?: string;
  signal?: AbortSignal;
  observer?: RunObserver;
}

/** Runs a pipeline on this machine, one job after the other, and keeps all of it in `<runs>/<n>`. */
export async function runPipeline(
  plan: PipelinePlan,
  options: PipelineRunOptions,
): Promise<{ run: RunRecord; folder: string }> {
  const stages = chooseStages(plan, options.stages);
  const { rerun } = options;
  const { id, folder } = rerun ? { id: rerun.run.id, folder: rerun.folder } : createRunFolder(options.runs);
  const repository = repositoryRoot(options.file);
  const { records, kept } = rerun
    ? planRerun(stages, rerun.run)
    : { records: stages.map(stageRecord), kept: new Set<JobRecord>() };
  const run = runRecord(id, records, plan, options, repository);
  const counters = new Counters(path.join(options.runs, 'counters.json'), run.file, run.counters);
  run.number = rerun?.run.number ?? numberOf(plan, run, counters);
  const artifacts = new ArtifactStore(path.join(folder, 'artifacts'));
  if (options.stages && !rerun) takeArtifacts(artifacts, options.runs);
  run.artifacts = artifacts.list();

  const observer = options.observer ?? {};
  const save = (): void => writeRunRecord(folder, run);
  const around: JobSurroundings = {
    ...givenToJobs(plan, options),
    run,
    runFolder: folder,
    repository,
    source: run.source,
    hostType: run.hostType,
    artifacts,
    counters,
    observer,
    save,
  };
  save();
  observer.runStarted?.(run);
  run.result = await new StagesRun(around, stages, kept).run();
  run.finishTime = new Date().toISOString();
  save();
  observer.runFinished?.(run);
  return { run, folder };
}

/** The record of a run before it has a number; a rerun goes on with what the earlier attempt left. */
function runRecord(
  id: number,
  stages: StageRecord[],
  plan: PipelinePlan,
  options: PipelineRunOptions,
  repository: string,
): RunRecord {
  const { startTime = new Date().toISOString(), buildTags = [], counters = {}, modelRecord } = options.rerun?.run ?? {};
  return {
    id,
    number: '',
    pipeline: plan.name,
    file: path.relative(repository, path.resolve(options.file)),
    hostType: options.hostType ?? 'build',
    set: options.set ?? {},
    source: options.source ?? sourceVersion(repository),
    warnings: plan.warnings,
    errors: [],
    startTime,
    stages,
    artifacts: [],
    buildTags,
    counters,
    ...(modelRecord && { modelRecord }),
    again: {
      file: path.resolve(options.file),
      classic: options.classic,
      stages: options.stages,
      secretNames: Object.keys(options.secrets ?? {}),
      skipTasks: options.skipTasks,
      variablesFile: options.variablesFile && path.resolve(options.variablesFile),
    },
  };
}

/** What every job gets as it was given to the run. */
const givenToJobs = (plan: PipelinePlan, options: PipelineRunOptions) => ({
  workFolder: options.workFolder,
  endpoints: options.endpoints ?? [],
  environment: options.environment ?? {},
  secrets: options.secrets ?? {},
  given: plan.given,
  chosenStages: options.stages ?? [],
  oidcRequestUri: options.oidcRequestUri,
  accessToken: options.accessToken,
  nodePath: options.nodePath,
  signal: options.signal ?? new AbortController().signal,
});

function numberOf(plan: PipelinePlan, run: RunRecord, counters: Counters): string {
  const variables: Record<string, Value> = { ...sourceVariables(run.source), ...plan.given };
  const startTime = new Date(run.startTime);
  const context = { finished: [], dependsOn: [], canceled: false, variables, stageDependencies: {}, startTime };
  for (const { name, value } of plan.variables) {
    const count = (prefix: string, seed: number): number => counters.next(name, prefix, seed);
    variables[name] = plan.given[name] ?? (plan.runName ? expandRuntime(value, context, count) : value);
  }
  return runNumber(plan.runName ?? `$(Date:yyyyMMdd).${run.id}`, {
    id: run.id,
    startTime,
    pipeline: plan.name,
    branch: run.source.branch,
    project: localProject.project,
    variables: variables as Record<string, string>,
    revision: (name) => counters.next('run number', `run number ${name}`, 1),
  });
}

/** A run of chosen stages works on what the last run published that published anything. */
function takeArtifacts(artifacts: ArtifactStore, runs: string): void {
  const earlier = runFolders(runs)
    .map((folder) => new ArtifactStore(path.join(folder, 'artifacts')))
    .find(({ names }) => names.length > 0);
  if (earlier) cpSync(earlier.folder, artifacts.folder, { recursive: true });
}

function chooseStages(plan: PipelinePlan, wanted: string[] | undefined): StagePlan[] {
  if (!wanted) return plan.stages;
  const unknown = wanted.filter((name) => !plan.stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const names = plan.stages.map(({ name }) => name).join(', ');
    const has = names === '__default' ? 'It has no stages: leave --stage out.' : `It has: ${names}.`;
    throw new Error(`No stage ${unknown.join(', ')} in this pipeline. ${has}`);
  }
  return plan.stages
    .filter(({ name }) => wanted.includes(name))
    .map((stage) => ({ ...stage, dependsOn: stage.dependsOn.filter((name) => wanted.includes(name)) }));
}

/** Runs the stages in their order, and in each its jobs. */
class StagesRun {
  readonly #stages: FinishedNode[] = [];
  /** The ended jobs of each ended stage, for `stageDependencies`. */
  readonly #jobsOf = new Map<string, FinishedNode[]>();

  constructor(
    readonly around: JobSurroundings,
    readonly stages: StagePlan[],
    /** Records of an earlier attempt that stand as they are. */
    readonly kept: Set<JobRecord>,
  ) {}

  async run(): Promise<TaskResult> {
    let result: TaskResult = 'succeeded';
    for (const [index, stage] of this.stages.entries()) {
      const record = this.around.run.stages[index]!;
      const jobs: FinishedNode[] = [];
      this.#jobsOf.set(stage.name, jobs);
      if (record.jobs.every((job) => this.kept.has(job))) {
        jobs.push(...stage.jobs.map((job) => finishedJob(job, record)));
      } else {
        await this.#timed(record, () => this.#runStage(stage, record));
        this.around.observer.stageFinished?.(record);
      }
      // However it ended, those that wait for it must see that.
      this.#stages.push({ ...stage, result: record.result!, outputs: stageOutputs(jobs) });
      result = combine(result, record.result!);
    }
    const { signal, run } = this.around;
    // Without a reason of its own it was the user.
    if (signal.aborted && !(signal.reason instanceof DOMException)) run.errors.push(messageOf(signal.reason));
    return signal.aborted ? 'canceled' : result;
  }

  async #runStage(stage: StagePlan, record: StageRecord): Promise<TaskResult> {
    const context = this.#context(this.#stages, stage, stage.variables);
    const isLeftOut = stage.isManual && !this.around.chosenStages.includes(stage.name);
    if (isLeftOut || !this.#decide(stage.condition, context, `stage ${stage.name}`)) {
      for (const job of record.jobs) job.result = 'skipped';
      return 'skipped';
    }
    this.around.observer.stageStarted?.(record);
    const jobs = this.#jobsOf.get(stage.name)!;
    let result: TaskResult = 'succeeded';
    for (const job of stage.jobs) {
      const own = jobRecords(record, job);
      if (!own.every((jobRecord) => this.kept.has(jobRecord))) await this.#runJob(stage, job, record, jobs);
      jobs.push(finishedJob(job, record));
      result = combine(result, jobs.at(-1)!.result);
    }
    return result;
  }

  async #runJob(stage: StagePlan, job: JobPlan, stageRecord: StageRecord, finished: FinishedNode[]): Promise<void> {
    const start = this.#start(stage, job, finished);
    if (typeof start === 'string') {
      for (const record of jobRecords(stageRecord, job)) record.result = start;
      this.around.save();
      return;
    }
    const legs = start.legs ?? [undefined];
    if (typeof job.legs === 'string') replaceRecords(stageRecord, job, start.legs!);
    for (const [index, leg] of legs.entries()) {
      const record = jobRecords(stageRecord, job)[index]!;
      if (this.kept.has(record)) continue;
      await this.#timed(record, async () => {
        this.around.observer.jobStarted?.(record, stageRecord);
        const variables = legVariables(job.variables, leg, index, legs.length);
        const values = { ...start.values, ...leg?.variables };
        const plan = { ...job, variables, displayName: record.displayName };
        const result = await new JobRun(this.around, stage, plan, record, { ...values, ...this.around.given }).run();
        record.result = result === 'failed' && job.continueOnError ? 'succeededWithIssues' : result;
        this.around.observer.jobFinished?.(record, stageRecord);
        return record.result;
      });
    }
  }

  /** The values of the job's variables, and the jobs that it stands for; or how it ends without a start. */
  #start(
    stage: StagePlan,
    job: JobPlan,
    finished: FinishedNode[],
  ): { values: Record<string, string>; legs: LegPlan[] | undefined } | TaskResult {
    try {
      const context = this.#context(finished, job, job.variables, stage);
      if (!this.#decide(job.condition, context, `job ${job.name}`)) return 'skipped';
      const values = job.variables.map(({ name }) => [name, context.variables[name] as string] as const);
      const legs = typeof job.legs === 'string' ? runtimeLegs(job.legs, context) : job.legs;
      return { values: Object.fromEntries(values), legs };
    } catch (error) {
      this.around.run.errors.push(`${job.displayName}: ${messageOf(error)}`);
      return 'failed';
    }
  }

  #decide(condition: string | undefined, context: NodeContext, what: string): boolean {
    try {
      return nodeRuns(condition, context);
    } catch (error) {
      throw new Error(`The condition of ${what} cannot be evaluated. ${messageOf(error)}`);
    }
  }

  /** What the condition and the variables of a stage, or of a job of one, may name. */
  #context(
    finished: FinishedNode[],
    { dependsOn }: StagePlan | JobPlan,
    definitions: VariableDefinition[],
    stage?: StagePlan,
  ): NodeContext {
    const { source, run, given, secrets } = this.around;
    const variables: Record<string, Value> = {
      ...sourceVariables(source),
      'Build.BuildId': String(run.id),
      'Build.BuildNumber': run.number,
      'System.HostType': run.hostType,
      ...(stage && { 'System.StageName': stage.name }),
    };
    const context: NodeContext = {
      finished,
      dependsOn,
      canceled: this.around.signal.aborted,
      variables,
      stageDependencies: this.#stageDependencies(stage?.dependsOn ?? dependsOn),
      startTime: new Date(run.startTime),
    };
    Object.assign(variables, given, secrets);
    for (const { name, value } of definitions) {
      variables[name] = expandRuntime(value, context, (prefix, seed) => this.around.counters.next(name, prefix, seed));
    }
    Object.assign(variables, given, secrets);
    return context;
  }

  #stageDependencies(stages: string[]): Record<string, Value> {
    return Object.fromEntries(
      stages.map((name) => {
        const jobs = (this.#jobsOf.get(name) ?? []).map((job) => [job.name, dependencyValue(job)] as const);
        return [name, Object.fromEntries(jobs)];
      }),
    );
  }

  async #timed(record: StageRecord | JobRecord, work: () => Promise<TaskResult>): Promise<void> {
    record.startTime = new Date().toISOString();
    try {
      record.result = await work();
    } catch (error) {
      this.around.run.errors.push(`${record.displayName}: ${messageOf(error)}`);
      record.result = 'failed';
    }
    if (record.result === 'skipped') delete record.startTime;
    else record.finishTime = new Date().toISOString();
    this.around.save();
  }
}
