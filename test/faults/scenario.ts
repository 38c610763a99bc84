import type { TaskStepResult } from '../../local/agent/taskStep';
import type { Variables } from '../../local/agent/variables';
import type { JournalEntry } from '../../local/azure/traffic/requestJournal';
import type { Surface } from './surface';
import type { World } from './world';

/** What a scenario runs a task with. */
export interface RunOptions {
  environment: Record<string, string>;
  signal?: AbortSignal;
  phase?: 'postjob';
  taskVariables?: Variables;
}

/** What the step went through before its state is judged. */
export interface Circumstances {
  /** It was killed and run again: what was cancelled meanwhile counts no more. */
  afterKill?: boolean;
  /** The fault did not pass: an extra may be lost to it, and is said to be. */
  lasting?: boolean;
}

/** One run of a task, and what must be true of local Azure afterwards. */
export interface Attempt {
  run(options: RunOptions): Promise<TaskStepResult>;
  /** What is wrong with the state of local Azure where the step did what it is for; empty if nothing is. */
  whenDone(result: TaskStepResult, requests: JournalEntry[], how?: Circumstances): Promise<string[]>;
  /** The same where the step ended with an error: work that is doubled, or runs on and was not said. */
  whenFailed(result: TaskStepResult, requests: JournalEntry[]): Promise<string[]>;
  /** What is wrong after the step was killed and its post-job step has run: work that runs on. */
  afterPostJob?(requests: JournalEntry[]): Promise<string[]>;
  /** Removes what the attempt left that would hinder others. */
  clear?(): Promise<void>;
}

export interface Scenario {
  name: string;
  /** How its step ends without a fault. */
  ends: 'succeeded' | 'failed';
  /** A post-job step never fails a pipeline: what it could not end is a warning, and counts as its error. */
  isPostJob?: boolean;
  /** Local Azure unless told. */
  surface?(world: World): Surface;
  /** Makes what the step works on; under names of its own. */
  prepare(world: World, id: string): Promise<Attempt>;
}

/** Names of what requests with this method created or changed, e.g. the jobs that were put. */
export function namesIn(requests: JournalEntry[], method: string, path: RegExp): string[] {
  const names = requests.filter((request) => request.method === method).map(({ url }) => path.exec(url)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}
