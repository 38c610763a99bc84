import type { NetworkSettings } from '../azure/http/network';
import type { AzureSession } from '../azure/http/session';
import type { ServiceConnection } from '../azure/http/serviceConnection';
import type { Clock } from '../clock';
import type { TaskLog } from '../log';
import type { Pipeline } from '../pipeline';
import type { Secret } from '../secret';
import type { Publisher } from './publisher';

/** What a stage's logic is given beside its inputs: everything by which it touches the world outside. */
export interface TaskContext {
  readonly log: TaskLog;
  readonly clock: Clock;
  /** Aborted when the pipeline is cancelled or the step times out; 7.5 s are left from then on. */
  readonly signal: AbortSignal;
  readonly pipeline: Pipeline;
  readonly publish: Publisher;
  readonly state: TaskState;
  /** The agent's proxy and certificates, for requests that go elsewhere than to Azure. */
  readonly network: NetworkSettings;
  readonly jobSecrets: JobSecrets;
  /** The record's file that the previous task of this job named. */
  readonly recordVariable?: string;
  /** Signs in lazily: nothing is sent before the first request. */
  azure(connection: ServiceConnection): AzureSession;
  /** Registers a value that must never show; call it before the value's first use. */
  secret: (value: Secret) => void;
}

/** What a task leaves for its own post-job step, which runs at the job's end whatever happened. */
export interface TaskState {
  get(name: string): string | undefined;
  /** @param secret true keeps the value out of every log */
  set(name: string, value: string, secret?: boolean): void;
}

/** Secret variables of the job: later tasks of the same job read them, no log shows them, and they end with the job. */
export interface JobSecrets {
  get(name: string): Secret | undefined;
  /** @param value one line */
  set(name: string, value: Secret): void;
}

/** What a stage hands back. `outputs` are the output variables of task.json; a value of undefined is not set. */
export interface StageResult {
  readonly outputs: Readonly<Record<string, string | undefined>>;
  /** Left out: succeeded. A rejected model is a result, not an error: the stage says what it means to the pipeline. */
  readonly outcome?: 'succeeded' | 'succeededWithIssues' | 'failed';
  /** Why, where the outcome is not succeeded. */
  readonly reason?: string;
  /** The record's file as it now is, for the next task of this job. */
  readonly recordFile?: string;
}
