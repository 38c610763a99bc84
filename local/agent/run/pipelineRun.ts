import { cpSync } from 'node:fs';
import path from 'node:path';
import { dependencyValue, expandRuntime, nodeRuns, type FinishedNode, type NodeContext } from '../pipeline/conditions';
import type { Value } from '../pipeline/expression';
import type { JobPlan, PipelinePlan, StagePlan, VariableDefinition } from '../pipeline/plan';
import type { ServiceEndpoint } from '../../serviceEndpoint';
import { sourceVariables } from '../jobVariables';
import type { HostType } from '../stepContext';
import { mergeTaskResults, type TaskResult } from '../taskResult';
import { ArtifactStore } from './artifactStore';
import { Counters } from './counters';
import { JobRun, type JobSurroundings } from './jobRun';
import { createRunFolder, runFolders, writeRunRecord } from './runFolder';
import type { JobRecord, RunObserver, RunRecord, StageRecord } from './runRecord';
import { repositoryRoot, sourceVersion } from './sources';

export interface PipelineRunOptions {
  /** The pipeline file, for the record and for the repository that it is in. */
  file: string;
  /** Where the runs are kept: `<runs>/<n>`. */
  runs: string;
  /** The agent's work folder. */
  workFolder: string;
  hostType?: HostType;
  /** Only these stages, whatever they depend on; without artifacts of their own they take those of the last run. */
  stages?: string[];
  set?: Record<string, string>;
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
  const { id, folder } = createRunFolder(options.runs);
  const repository = repositoryRoot(options.file);
  const run: RunRecord = {
    id,
    pipeline: plan.name,
    file: path.relative(repository, path.resolve(options.file)),
    hostType: options.hostType ?? 'build',
    set: options.set ?? {},
    source: sourceVersion(repository),
    warnings: plan.warnings,
    errors: [],
    startTime: new Date().toISOString(),
    stages: stages.map(({ name, displayName, jobs }) => ({
      name,
      displayName,
      jobs: jobs.map((job) => ({
        name: job.name,
        displayName: job.displayName,
        environment: job.environment,
        steps: [],
        outputs: {},
      })),
    })),
    artifacts: [],
    buildTags: [],
  };
  const artifacts = new ArtifactStore(path.join(folder, 'artifacts'));
  if (options.stages) takeArtifacts(artifacts, options.runs);
  run.artifacts = artifacts.list();

  const observer = options.observer ?? {};
  const save = (): void => writeRunRecord(folder, run);
  const around: JobSurroundings = {
    run,
    runFolder: folder,
    workFolder: options.workFolder,
    repository,
    source: run.source,
    hostType: run.hostType,
    artifacts,
    endpoints: options.endpoints ?? [],
    environment: options.environment ?? {},
    secrets: options.secrets ?? {},
    given: plan.given,
    counters: new Counters(path.join(options.runs, 'counters.json'), run.file),
    oidcRequestUri: options.oidcRequestUri,
    accessToken: options.accessToken,
    nodePath: options.nodePath,
    signal: options.signal ?? new AbortController().signal,
    observer,
    save,
  };
  save();
  observer.runStarted?.(run);
  run.result = await new StagesRun(around, stages).run();
  run.finishTime = new Date().toISOString();
  save();
  observer.runFinished?.(run);
  return { run, folder };
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
    throw new Error(`No stage ${unknown.join(', ')} in this pipeline. It has: ${names}.`);
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
  ) {}

  async run(): Promise<TaskResult> {
    let result: TaskResult = 'succeeded';
    for (const [index, stage] of this.stages.entries()) {
      const record = this.around.run.stages[index]!;
      const jobs: FinishedNode[] = [];
      this.#jobsOf.set(stage.name, jobs);
      await this.#timed(record, () => this.#runStage(stage, record));
      // However it ended, those that wait for it must see that.
      this.#stages.push({ ...stage, result: record.result!, outputs: stageOutputs(jobs) });
      this.around.observer.stageFinished?.(record);
      result = combine(result, record.result!);
    }
    const { signal, run } = this.around;
    // Without a reason of its own it was the user.
    if (signal.aborted && !(signal.reason instanceof DOMException)) run.errors.push((signal.reason as Error).message);
    return signal.aborted ? 'canceled' : result;
  }

  async #runStage(stage: StagePlan, record: StageRecord): Promise<TaskResult> {
    const context = this.#context(this.#stages, stage, stage.variables);
    if (!this.#decide(stage.condition, context, `stage ${stage.name}`)) return 'skipped';
    this.around.observer.stageStarted?.(record);
    const jobs = this.#jobsOf.get(stage.name)!;
    let result: TaskResult = 'succeeded';
    for (const [index, job] of stage.jobs.entries()) {
      const jobRecord = record.jobs[index]!;
      await this.#timed(jobRecord, () => this.#runJob(stage, job, jobRecord, record, jobs));
      jobs.push({ ...job, result: jobRecord.result!, outputs: outputsOf(job, jobRecord) });
      result = combine(result, jobRecord.result!);
    }
    return result;
  }

  async #runJob(
    stage: StagePlan,
    job: JobPlan,
    record: JobRecord,
    stageRecord: StageRecord,
    finished: FinishedNode[],
  ): Promise<TaskResult> {
    const context = this.#context(finished, job, job.variables, stage);
    if (!this.#decide(job.condition, context, `job ${job.name}`)) return 'skipped';
    this.around.observer.jobStarted?.(record, stageRecord);
    const values = Object.fromEntries(job.variables.map(({ name }) => [name, context.variables[name] as string]));
    const result = await new JobRun(this.around, stage, job, record, values).run();
    record.result = result === 'failed' && job.continueOnError ? 'succeededWithIssues' : result;
    this.around.observer.jobFinished?.(record, stageRecord);
    return record.result;
  }

  #decide(condition: string | undefined, context: NodeContext, what: string): boolean {
    try {
      return nodeRuns(condition, context);
    } catch (error) {
      throw new Error(`The condition of ${what} cannot be evaluated. ${(error as Error).message}`);
    }
  }

  /** What the condition and the variables of a stage, or of a job of one, may name. */
  #context(
    finished: FinishedNode[],
    { dependsOn }: StagePlan | JobPlan,
    definitions: VariableDefinition[],
    stage?: StagePlan,
  ): NodeContext {
    const { source, run, given } = this.around;
    const variables: Record<string, Value> = {
      ...sourceVariables(source),
      'Build.BuildId': String(run.id),
      'System.HostType': run.hostType,
      ...(stage && { 'System.StageName': stage.name }),
      ...given,
    };
    const context: NodeContext = {
      finished,
      dependsOn,
      canceled: this.around.signal.aborted,
      variables,
      stageDependencies: this.#stageDependencies(stage?.dependsOn ?? dependsOn),
    };
    for (const { name, value } of definitions) {
      variables[name] = expandRuntime(value, context, (prefix, seed) => this.around.counters.next(name, prefix, seed));
    }
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
      this.around.run.errors.push(`${record.displayName}: ${(error as Error).message}`);
      record.result = 'failed';
    }
    if (record.result === 'skipped') delete record.startTime;
    else record.finishTime = new Date().toISOString();
    this.around.save();
  }
}

/** A stage or run is as good as the worst of its parts; a part that was skipped takes nothing away. */
function combine(result: TaskResult, part: TaskResult): TaskResult {
  return part === 'skipped' ? result : mergeTaskResults(result, part);
}

function stageOutputs(jobs: FinishedNode[]): Record<string, string> {
  const outputs = jobs.flatMap(({ name, outputs }) =>
    Object.entries(outputs).map(([variable, value]) => [`${name}.${variable}`, value]),
  );
  return Object.fromEntries(outputs) as Record<string, string>;
}

/** Outputs of a deployment job are named with the job before the step, too. */
function outputsOf(job: JobPlan, record: JobRecord): Record<string, string> {
  const own = record.outputs;
  if (!job.deployment) return own;
  return { ...own, ...Object.fromEntries(Object.entries(own).map(([name, value]) => [`${job.name}.${name}`, value])) };
}
