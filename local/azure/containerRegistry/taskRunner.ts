import type { Collection } from '../context';
import { BuildError } from '../engine/engine';
import { RegistryError } from '../engine/registryClient';
import { RunExecution, type ExecutionTools } from './execution/runExecution';
import { RunLog } from './runLog';
import type { RunSecrets } from './runRequest';
import { SourceError, tasksContainer } from './sourceArchive';
import { TaskFileError } from './taskFile/taskFileError';
import { isFinished, type RunStatus, type TaskRun } from './taskRun';
import { messageOf } from '../../messageOf';

/** Builds at the same time; others wait as Queued. */
const concurrency = 2;

/** Why a run was ended from outside. */
class Ended extends Error {
  constructor(readonly status: 'Canceled' | 'Timeout') {
    super(status);
  }
}

interface Pending {
  key: string;
  secrets: RunSecrets;
  abort: AbortController;
}

export interface TaskRunnerTools extends ExecutionTools {
  runs: Collection<TaskRun>;
}

export const runKey = (registry: string, runId: string): string => `${registry}/${runId}`;

/** Carries out the runs of ACR Tasks: really builds and pushes, with the log that ACR writes. */
export class TaskRunner {
  private readonly waiting: Pending[] = [];
  private readonly running = new Map<string, { abort: AbortController; done: Promise<void> }>();

  constructor(private readonly tools: TaskRunnerTools) {}

  schedule(run: TaskRun, secrets: RunSecrets): void {
    const key = runKey(run.registry, run.runId);
    this.tools.runs.put(key, run);
    const seconds = this.tools.context.takeFault('acr.stayQueued')?.seconds;
    const pending: Pending = { key, secrets, abort: new AbortController() };
    this.waiting.push(pending);
    if (typeof seconds === 'number') setTimeout(() => this.startNext(), seconds * 1000).unref();
    else setImmediate(() => this.startNext());
  }

  cancel(run: TaskRun): void {
    const key = runKey(run.registry, run.runId);
    const waiting = this.waiting.findIndex((pending) => pending.key === key);
    if (waiting >= 0) {
      this.waiting.splice(waiting, 1);
      this.update(key, { status: 'Canceled', provisioningState: 'Canceled', finishTime: new Date().toISOString() });
    } else this.running.get(key)?.abort.abort(new Ended('Canceled'));
  }

  /** Ends all runs and waits for them. */
  async close(): Promise<void> {
    this.waiting.length = 0;
    const ends = [...this.running.values()].map(({ abort, done }) => {
      abort.abort(new Ended('Canceled'));
      return done;
    });
    await Promise.all(ends);
  }

  private startNext(): void {
    if (this.running.size >= concurrency) return;
    const next = this.waiting.shift();
    if (!next) return;
    const done = this.carryOut(next)
      .catch((error: unknown) => {
        this.tools.context.log(`ACR run ${next.key} failed: ${(error as Error).stack}`);
        this.finish(next.key, 'Error', { runErrorMessage: messageOf(error) });
      })
      .finally(() => {
        this.running.delete(next.key);
        this.startNext();
      });
    this.running.set(next.key, { abort: next.abort, done });
  }

  private async carryOut({ key, secrets, abort }: Pending): Promise<void> {
    const { context } = this.tools;
    const run = this.tools.runs.get(key) as TaskRun;
    const { runId, registry, request } = run;
    const secretValues = [
      ...Object.values(secrets.values),
      ...Object.values(secrets.registries).map((login) => login.password),
    ];
    const container = context.blobs.container(tasksContainer(registry));
    const log = new RunLog(container, `logs/${runId}/rawtext.log`, secretValues);
    const started = Date.now();
    this.update(key, { status: 'Started', startTime: new Date().toISOString() });
    await log.begin();
    this.update(key, { status: 'Running' });
    const names = request.type === 'DockerBuildRequest' ? request.imageNames : ['the images of a task'];
    context.log(`ACR run ${runId} builds ${names.join(', ') || 'an image'}`);

    const planned = context.takeFault('acr.timeout')?.seconds;
    const timeout = typeof planned === 'number' ? planned : request.timeout;
    const timer = setTimeout(() => abort.abort(new Ended('Timeout')), timeout * 1000);
    const seconds = (): number => Math.round((Date.now() - started) / 1000);
    try {
      const outputImages = await new RunExecution(this.tools, run, secrets, log, abort.signal).carryOut();
      log.write(`\nRun ID: ${runId} was successful after ${seconds()}s\n`);
      await log.complete('Succeeded');
      this.finish(key, 'Succeeded', { outputImages });
    } catch (error) {
      const reason: unknown = abort.signal.aborted ? abort.signal.reason : error;
      if (reason instanceof Ended) {
        const word = reason.status === 'Timeout' ? 'timed out' : 'was canceled';
        log.write(`\nRun ID: ${runId} ${word} after ${seconds()}s\n`);
        await log.complete(reason.status === 'Timeout' ? 'timedout' : 'canceled');
        this.finish(key, reason.status);
        return;
      }
      const isOwnFault = [BuildError, SourceError, RegistryError, TaskFileError].some((kind) => reason instanceof kind);
      if (!isOwnFault) {
        log.write(`\nRun ID: ${runId} failed after ${seconds()}s. Error: internal error: ${messageOf(reason)}\n`);
        await log.complete('internalerror');
        throw reason;
      }
      const told = reason instanceof BuildError ? `exit status ${reason.exitCode}` : messageOf(reason);
      if (reason instanceof TaskFileError) log.write(`${told}\n`);
      const message = `failed during run, err: ${told}`;
      log.write(`\nRun ID: ${runId} failed after ${seconds()}s. Error: ${message}\n`);
      await log.complete('Failed');
      this.finish(key, 'Failed', { runErrorMessage: message });
    } finally {
      clearTimeout(timer);
    }
  }

  private finish(key: string, status: RunStatus, more: Partial<TaskRun> = {}): void {
    const provisioningState = status === 'Succeeded' ? 'Succeeded' : status === 'Canceled' ? 'Canceled' : 'Failed';
    this.update(key, { status, provisioningState, finishTime: new Date().toISOString(), ...more });
  }

  private update(key: string, changes: Partial<TaskRun>): void {
    const run = this.tools.runs.get(key) as TaskRun;
    this.tools.runs.put(key, { ...run, ...changes, lastUpdatedTime: new Date().toISOString() });
  }
}

/** Runs that were under way when the last local Azure ended: nobody carries them out any more. */
export function endOrphanedRuns(runs: Collection<TaskRun>): void {
  const now = new Date().toISOString();
  for (const { key, value } of runs.list()) {
    if (isFinished(value)) continue;
    runs.put(key, {
      ...value,
      status: 'Error',
      provisioningState: 'Failed',
      finishTime: now,
      lastUpdatedTime: now,
      runErrorMessage: 'The run ended with the local Azure that carried it out.',
    });
  }
}
