import { createHash } from 'node:crypto';
import type { Collection, LocalAzureContext } from '../../context';

/** As the service names them (swagger 2024-04-01, JobStatus). */
export type RunStatus =
  | 'NotStarted'
  | 'Starting'
  | 'Provisioning'
  | 'Preparing'
  | 'Queued'
  | 'Running'
  | 'Finalizing'
  | 'CancelRequested'
  | 'Completed'
  | 'Failed'
  | 'Canceled'
  | 'NotResponding'
  | 'Paused';

/** States that a run never leaves: one that is paused, or does not respond, may go on. */
const endStates: RunStatus[] = ['Completed', 'Failed', 'Canceled'];
export const hasEnded = (status: RunStatus): boolean => endStates.includes(status);

/** Why a run failed, in run history's shape. */
export interface RunError {
  code: string;
  message: string;
  innerError?: { code: string; innerError: null };
}

/** What run history knows of a run: a job's, or one that a script began by itself through MLflow. */
export interface Run {
  runId: string;
  /** The job service sets the state of a job's run; MLflow that of any other. */
  isJob: boolean;
  experimentName: string;
  displayName?: string;
  description?: string;
  status: RunStatus;
  runNumber: number;
  rootRunId: string;
  parentRunId?: string;
  runType: string;
  target?: string;
  /** ISO 8601. */
  createdUtc: string;
  startTimeUtc?: string;
  endTimeUtc?: string;
  tags: Record<string, string>;
  properties: Record<string, string>;
  /** MLflow's parameters. */
  params: Record<string, string>;
  error?: RunError;
  warnings: Array<{ source: string; message: string }>;
  revision: number;
  /** By MLflow; it stays where it is asked for by its id. */
  isDeleted?: boolean;
  /** Data sets and models that a client noted on it, as MLflow says them. */
  inputs?: { dataset_inputs: unknown[]; model_inputs: unknown[] };
  outputs?: { model_outputs: unknown[] };
}

export interface Experiment {
  id: string;
  name: string;
  createdUtc: string;
  tags?: Record<string, string>;
  isDeleted?: boolean;
}

/** Runs and experiments of the workspace. */
export class RunStore {
  private readonly runs: Collection<Run>;
  private readonly experiments: Collection<Experiment>;
  private readonly children = new Map<string, string[]>();

  constructor(context: LocalAzureContext) {
    this.runs = context.collection('machineLearning.runs');
    this.experiments = context.collection('machineLearning.experiments');
    for (const { value } of this.runs.list()) this.indexChild(value);
  }

  get(runId: string): Run | undefined {
    return this.runs.get(runId);
  }

  /** Oldest first. */
  list(): Run[] {
    return this.runs.list().map((entry) => entry.value);
  }

  create(run: Pick<Run, 'runId' | 'isJob' | 'experimentName' | 'status' | 'runType'> & Partial<Run>): Run {
    this.experiment(run.experimentName);
    const parent = run.parentRunId ? this.get(run.parentRunId) : undefined;
    const created: Run = {
      runNumber: this.runs.list().length + 1,
      rootRunId: parent?.rootRunId ?? run.runId,
      createdUtc: new Date().toISOString(),
      tags: {},
      properties: {},
      params: {},
      warnings: [],
      revision: 0,
      ...run,
    };
    this.runs.put(created.runId, created);
    this.indexChild(created);
    return created;
  }

  /** Changes a run that is there. */
  update(runId: string, change: (run: Run) => void): Run {
    const run = structuredClone(this.runs.get(runId));
    if (!run) throw new Error(`Run ${runId} is not in the store.`);
    change(run);
    run.revision++;
    this.runs.put(runId, run);
    return run;
  }

  childrenOf(runId: string): Run[] {
    return (this.children.get(runId) ?? []).flatMap((child) => this.get(child) ?? []);
  }

  /** Made at its first use, as the service does. */
  experiment(name: string): Experiment {
    const known = this.experiments.get(name);
    if (known) return known;
    const digest = createHash('sha256').update(name).digest('hex');
    const id = [8, 4, 4, 4, 12].map((length, index) => digest.slice(index * 12, index * 12 + length)).join('-');
    this.experiments.put(name, { id, name, createdUtc: new Date().toISOString() });
    return this.experiments.get(name) as Experiment;
  }

  findExperiment(nameOrId: { name?: string; id?: string }): Experiment | undefined {
    if (nameOrId.name !== undefined) return this.experiments.get(nameOrId.name);
    return this.experiments.list().find((entry) => entry.value.id === nameOrId.id)?.value;
  }

  changeExperiment(name: string, changes: Pick<Experiment, 'tags' | 'isDeleted'>): void {
    this.experiments.put(name, { ...this.experiment(name), ...changes });
  }

  listExperiments(): Experiment[] {
    return this.experiments.list().map((entry) => entry.value);
  }

  private indexChild(run: Run): void {
    if (!run.parentRunId) return;
    const siblings = this.children.get(run.parentRunId) ?? [];
    this.children.set(run.parentRunId, [...siblings, run.runId]);
  }
}
