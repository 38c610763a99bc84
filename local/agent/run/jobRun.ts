import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { jobFolders, jobVariables, localProject, type JobFolders, type SourceVersion } from '../jobVariables';
import { stepRuns } from '../pipeline/conditions';
import type { Value } from '../pipeline/expression';
import type { JobPlan, StagePlan, StepAction, StepPlan } from '../pipeline/plan';
import { SecretMasker } from '../secretMasker';
import type { ServiceEndpoint } from '../../serviceEndpoint';
import { StepContext, type HostType, type StepContextOptions } from '../stepContext';
import { stepOutcome, type StepOutcome } from '../stepOutcome';
import { runStep, type StepRunOptions } from '../stepRun';
import { runServerTask, serverRequest } from '../server/serverTask';
import type { TaskPhase } from '../taskDefinition';
import { systemConnection } from '../taskEnvironment';
import { mergeTaskResults, type TaskResult } from '../taskResult';
import { runTaskStep } from '../taskStep';
import { Variables } from '../variables';
import type { ArtifactStore } from './artifactStore';
import { runBuiltIn } from './builtInSteps';
import type { Counters } from './counters';
import type { JobRecord, RunObserver, RunRecord, StepRecord } from './runRecord';
import { fileName, keepStepFiles, StepLog } from './stepFiles';
import { messageOf } from '../../messageOf';

/** What all jobs of a run share. */
export interface JobSurroundings {
  run: RunRecord;
  runFolder: string;
  workFolder: string;
  /** Of the machine: what is checked out. */
  repository: string;
  source: SourceVersion;
  hostType: HostType;
  artifacts: ArtifactStore;
  endpoints: ServiceEndpoint[];
  /** Environment of all steps besides this process's own, such as the local cloud's. */
  environment: Record<string, string>;
  secrets: Record<string, string>;
  /** Variables given for this run: they are the same wherever they are read. */
  given: Record<string, string>;
  counters: Counters;
  /** By --stage. */
  chosenStages: string[];
  oidcRequestUri?: string;
  accessToken?: string;
  nodePath?: string;
  signal: AbortSignal;
  observer: RunObserver;
  /** Called after each change of the record. */
  save(): void;
}

interface PlannedStep {
  plan: StepPlan;
  phase: TaskPhase;
  record: StepRecord;
}

/** Runs one job, step by step, as the agent's StepsRunner does. It never throws: what goes wrong is the job's result. */
export class JobRun {
  readonly #folders: JobFolders;
  readonly #variables: Variables;
  readonly #masker = new SecretMasker();
  readonly #endpoints: ServiceEndpoint[];
  readonly #prependPath: string[] = [];
  /** By the step's name: its phases share them. */
  readonly #taskVariables = new Map<string, Variables>();
  readonly #signal: AbortSignal;
  #result: TaskResult = 'succeeded';

  constructor(
    readonly around: JobSurroundings,
    readonly stage: StagePlan,
    readonly plan: JobPlan,
    readonly record: JobRecord,
    /** The plan's variables with their `$[ ]` worked out. */
    values: Record<string, string>,
  ) {
    const { hostType, accessToken } = around;
    this.#folders = jobFolders(around.workFolder, hostType);
    this.#variables = jobVariables({
      hostType,
      folders: this.#folders,
      runId: around.run.id,
      buildNumber: around.run.number,
      startTime: around.run.startTime,
      pipelineName: around.run.pipeline,
      stage,
      job: plan,
      leg: record.leg,
      stageAttempt: around.run.stages.find(({ name }) => name === stage.name)?.attempt,
      jobAttempt: record.attempt,
      source: around.source,
      environment: plan.environment,
      oidcRequestUri: around.oidcRequestUri,
      accessToken,
    });
    for (const { name, value, readOnly, secret } of plan.variables) {
      this.#variables.set(name, values[name] ?? value, { readOnly, secret });
    }
    for (const [name, value] of Object.entries(around.given)) this.#variables.set(name, value);
    for (const [name, value] of Object.entries(around.secrets)) this.#variables.set(name, value, { secret: true });
    this.#endpoints = [
      ...around.endpoints,
      ...(accessToken ? [systemConnection(localProject.collectionUri, accessToken)] : []),
    ];
    const limit = plan.timeoutInMinutes && AbortSignal.timeout(plan.timeoutInMinutes * 60_000);
    this.#signal = limit ? AbortSignal.any([around.signal, limit]) : around.signal;
  }

  async run(): Promise<TaskResult> {
    this.#clean();
    const steps = this.#plan();
    this.record.steps = steps.map(({ record }) => record);
    this.around.save();
    const warnings = this.#variables.warnings();
    for (const [index, step] of steps.entries()) await this.#runStep(step, index === 0 ? warnings : []);
    return this.#result;
  }

  /** The folders that an agent empties before a job; the work folder holds nothing else. */
  #clean(): void {
    for (const folder of [this.#folders.pipeline, this.#folders.temp]) rmSync(folder, { recursive: true, force: true });
    for (const folder of Object.values(this.#folders) as string[]) mkdirSync(folder, { recursive: true });
  }

  /** Pre-job phases first, post-job phases last and in reverse order (JobExtension). */
  #plan(): PlannedStep[] {
    const steps = this.around.hostType === 'release' ? releaseSteps(this.plan.steps) : this.plan.steps;
    const phases = (phase: 'prejob' | 'postjob', label: string): Array<[StepPlan, TaskPhase]> =>
      steps
        .filter(({ action }) => action.kind === 'task' && action.task[`${phase}execution`])
        .map((plan) => [{ ...plan, displayName: `${label}: ${plan.displayName}` }, phase]);
    const post = phases('postjob', 'Post-job').reverse();
    const all: Array<[StepPlan, TaskPhase]> = [
      ...phases('prejob', 'Pre-job'),
      ...steps.map((plan): [StepPlan, TaskPhase] => [plan, 'main']),
      ...post.map(([plan, phase]): [StepPlan, TaskPhase] => [{ ...plan, condition: 'always()' }, phase]),
    ];
    return all.map(([plan, phase], index) => {
      const number = String(index + 1).padStart(2, '0');
      const folder = path.join('logs', jobFolderName(this.stage, this.record));
      const log = path.join(folder, `${number}-${fileName(plan.displayName)}.log`);
      return { plan, phase, record: emptyRecord(plan, log) };
    });
  }

  async #runStep({ plan, phase, record }: PlannedStep, warnings: string[]): Promise<void> {
    const { observer, runFolder, run } = this.around;
    if (this.#signal.aborted) this.#result = 'canceled';
    this.#setJobStatus();
    record.startTime = new Date().toISOString();
    const log = new StepLog(path.join(runFolder, record.log));
    const onLine = (line: string): void => {
      log.write(line);
      observer.stepLine?.(line, record);
    };
    for (const warning of warnings) onLine(`##[warning]${this.#masker.mask(warning)}`);
    try {
      if (!stepRuns(plan.condition, this.#result, this.#values())) {
        record.result = 'skipped';
        log.write(`Skipping step due to condition evaluation: ${plan.condition ?? 'succeeded()'} is False.`);
      } else {
        observer.stepStarted?.(record, this.record);
        this.around.save();
        const outcome = await this.#execute(plan, phase, record, onLine);
        this.#keep(plan, record, outcome);
        for (const tag of outcome.buildTags) if (!run.buildTags.includes(tag)) run.buildTags.push(tag);
      }
    } catch (error) {
      // A condition that cannot be read, a missing task, a full disk: the step fails, not the agent.
      const message = this.#masker.mask(messageOf(error));
      onLine(`##[error]${message}`);
      record.issues.push({ type: 'error', message, data: {} });
      record.errorCount++;
      record.result = 'failed';
    } finally {
      log.close();
    }
    record.finishTime = new Date().toISOString();
    if (record.result === 'failed' && plan.continueOnError) record.result = 'succeededWithIssues';
    if (record.result === 'failed' || record.result === 'succeededWithIssues') {
      this.#result = mergeTaskResults(this.#result, record.result);
    }
    if (this.#signal.aborted) this.#result = 'canceled';
    observer.stepFinished?.(record, this.record);
    this.around.save();
  }

  async #execute(
    plan: StepPlan,
    phase: TaskPhase,
    record: StepRecord,
    onLine: (line: string) => void,
  ): Promise<StepOutcome> {
    const cancel = this.#stepSignal(plan);
    const common = {
      hostType: this.around.hostType,
      displayName: plan.displayName,
      refName: plan.name,
      endpoints: this.#endpoints,
      variables: this.#variables,
      masker: this.#masker,
      prependPath: this.#prependPath,
      earlierBuildTags: this.around.run.buildTags,
      timeoutInMinutes: plan.timeoutInMinutes,
      retryCountOnTaskFailure: plan.retryCountOnTaskFailure,
      signal: cancel.signal,
      onLine,
      onProgress: (percent: number, operation: string) =>
        this.around.observer.stepProgress?.(percent, operation, record),
    };
    try {
      const { action } = plan;
      if (action.kind === 'task' && serverRequest(action.task)) return await this.#executeOnServer(action, common);
      if (action.kind === 'task') {
        const taskVariables = this.#taskVariables.get(plan.name) ?? new Variables();
        this.#taskVariables.set(plan.name, taskVariables);
        return await runTaskStep({
          ...common,
          taskFolder: action.folder,
          workFolder: this.#folders.work,
          phase,
          inputs: action.inputs,
          env: plan.env,
          environment: this.around.environment,
          nodePath: this.around.nodePath,
          taskVariables,
        });
      }
      for (const variable of this.#variables.list()) if (variable.secret) this.#masker.addVariable(variable.value);
      const task = action.kind === 'inBox' ? action.task : undefined;
      const context = new StepContext({ ...common, task, taskVariables: new Variables() });
      const { repository, artifacts, environment } = this.around;
      await runStep(context, common, (signal) =>
        runBuiltIn(context, action, { repository, artifacts, environment, env: plan.env }, signal),
      );
      return stepOutcome(context);
    } finally {
      cancel.dispose();
    }
  }

  /** A task of a job with `pool: server`. */
  async #executeOnServer(
    { task, inputs }: Extract<StepAction, { kind: 'task' }>,
    common: Omit<StepContextOptions, 'taskVariables'> & StepRunOptions,
  ): Promise<StepOutcome> {
    for (const variable of this.#variables.list()) if (variable.secret) this.#masker.addVariable(variable.value);
    const { oidcRequestUri, accessToken, environment } = this.around;
    const context = new StepContext({ ...common, task, taskVariables: new Variables() });
    const caFile = environment.NODE_EXTRA_CA_CERTS;
    await runStep(context, common, (signal) =>
      runServerTask(context, { task, inputs, oidcRequestUri, accessToken, caFile }, signal),
    );
    return stepOutcome(context);
  }

  /** When the job is cancelled, a step whose condition still holds goes on (StepsRunner). */
  #stepSignal(plan: StepPlan): { signal: AbortSignal; dispose(): void } {
    const controller = new AbortController();
    const onAbort = (): void => {
      this.#result = 'canceled';
      this.#setJobStatus();
      if (!stepRuns(plan.condition, this.#result, this.#values())) controller.abort();
    };
    // A step that starts after the cancellation does so on purpose.
    if (!this.#signal.aborted) this.#signal.addEventListener('abort', onAbort, { once: true });
    return { signal: controller.signal, dispose: () => this.#signal.removeEventListener('abort', onAbort) };
  }

  #setJobStatus(): void {
    this.#variables.set('Agent.JobStatus', this.#result[0]!.toUpperCase() + this.#result.slice(1));
  }

  #values(): Record<string, Value> {
    return Object.fromEntries(this.#variables.list().map(({ name, value }) => [name, value]));
  }

  /** Puts what a step left behind into the run's folder and record. */
  #keep(plan: StepPlan, record: StepRecord, outcome: StepOutcome): void {
    const { runFolder, artifacts, run } = this.around;
    const open = (values: Record<string, string>, prefix = ''): Record<string, string> =>
      Object.fromEntries(Object.entries(values).filter(([name]) => !this.#variables.find(prefix + name)?.secret));
    Object.assign(record, {
      result: outcome.result,
      issues: outcome.issues,
      errorCount: outcome.errorCount,
      warningCount: outcome.warningCount,
      ...this.#masker.maskAll({
        outputs: open(outcome.outputs, `${plan.name}.`),
        variables: open(outcome.variables),
        ...keepStepFiles(runFolder, path.parse(record.log).name, outcome),
      }),
    } satisfies Partial<StepRecord>);
    for (const [name, value] of Object.entries(record.outputs)) this.record.outputs[`${plan.name}.${name}`] = value;
    for (const artifact of outcome.artifacts) artifacts.add(artifact.name, artifact.containerFolder, artifact.path);
    run.artifacts = artifacts.list();
    const { recordFile } = outcome.outputs;
    if (recordFile && existsSync(recordFile)) {
      run.modelRecord = 'mlops-record.json';
      copyFileSync(recordFile, path.join(runFolder, run.modelRecord));
      const own = path.join('records', `${fileName(this.stage.name)}-${fileName(this.plan.name)}.json`);
      mkdirSync(path.join(runFolder, 'records'), { recursive: true });
      copyFileSync(recordFile, path.join(runFolder, own));
      run.modelRecords = [...new Set([...(run.modelRecords ?? []), own])];
    }
  }
}

/**
 * A classic release has no sources and publishes no artifacts: those steps of a YAML stage are left out. It downloads the
 * artifacts of its build before its first step.
 */
function releaseSteps(steps: StepPlan[]): StepPlan[] {
  const kept = steps.filter(({ action }) => action.kind !== 'checkout' && !publishes(action));
  if (kept.some(({ action }) => action.kind === 'download')) return kept;
  const download: StepPlan = {
    name: '__download',
    displayName: 'Download artifacts',
    condition: undefined,
    continueOnError: false,
    timeoutInMinutes: undefined,
    retryCountOnTaskFailure: 0,
    env: {},
    action: { kind: 'download', patterns: [] },
  };
  return [download, ...kept];
}

function nameOf(action: StepAction): string {
  if (action.kind === 'missing') return action.reference;
  const isTask = action.kind === 'task' || action.kind === 'inBox';
  return isTask ? `${action.task.name}@${action.task.version.Major}` : action.kind;
}

function publishes(action: StepAction): boolean {
  return action.kind === 'publish' || (action.kind === 'inBox' && /^Publish\w+Artifacts?$/.test(action.task.name));
}

/** Each leg of a matrix and each attempt has a folder of its own. */
function jobFolderName(stage: StagePlan, { name, leg, attempt }: JobRecord): string {
  const parts = [stage.name, name, leg, attempt && `attempt${attempt}`];
  return parts.flatMap((part) => (part ? [fileName(part)] : [])).join('-');
}

function emptyRecord(plan: StepPlan, log: string): StepRecord {
  const { action } = plan;
  return {
    name: plan.name,
    displayName: plan.displayName,
    task: nameOf(action),
    log,
    issues: [],
    errorCount: 0,
    warningCount: 0,
    outputs: {},
    variables: {},
    summaries: [],
    attachments: [],
    testRuns: [],
  };
}
