import { createHash, randomUUID } from 'node:crypto';
import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { RunRequest } from '../../common/azure/registry/runRequest';
import type { ContainerRegistry } from '../../common/azure/registry/containerRegistry';
import type { ContainerRegistryTaskRuns } from '../../common/azure/registry/containerRegistryTaskRuns';
import {
  endedStatuses,
  type BuildRun,
  type ContainerRegistryTasks,
} from '../../common/azure/registry/containerRegistryTasks';
import type { Clock } from '../../common/clock';
import type { TaskLog } from '../../common/log';
import type { LeftWork } from '../../common/task/leftWork';
import { TaskFailure } from '../../common/taskFailure';
import { isUnanswered, unansweredFailure, unansweredNameFailure } from './buildFailure';
import type { BuildOrder } from './imageBuilder';
import type { LeftBuild, TaskRunName } from './leftBuild';
import { messageOf } from '../../common/messageOf';

/** A build that this step asked for. */
export interface OwnBuild {
  readonly runId: string;
  /** The name that it was asked for by; undefined where the connection may not name runs. */
  readonly taskRun?: TaskRunName;
}

/** By how much Azure's clock may be behind the agent's. */
const clockSkew = 120_000;
/** How long the service may take to make a run of what it took. */
const longestMaking = 120_000;

/**
 * Asks for builds so that none is made twice: each as a task run, whose name is fixed by the image's content and the pipeline.
 * Sent twice it is made once, and whoever comes after this step finds it. Where the connection may not write task runs, a build
 * is asked for once, and what may run when no answer comes is named. Two pipeline runs that ask within the same seconds build
 * twice: the API has no "create only if there is none" (TaskRuns_Create of 2019-06-01-preview takes no If-None-Match).
 */
export class BuildScheduling {
  private namesRuns: boolean;

  constructor(
    private readonly tasks: ContainerRegistryTasks,
    private readonly taskRuns: ContainerRegistryTaskRuns,
    private readonly registry: ContainerRegistry,
    /** Tells this pipeline from others, which build for themselves. */
    private readonly pipeline: string,
    private readonly log: TaskLog,
    private readonly clock: Clock,
    private readonly left: LeftWork<LeftBuild>,
  ) {
    // There a run must push as its caller, which is known of scheduled runs only.
    this.namesRuns = !registry.hasRepositoryPermissions;
  }

  /** A build of the same content that is under way: of a step that was killed with its agent, or of a run beside this one. */
  async findOpen(order: BuildOrder, signal: AbortSignal): Promise<BuildRun | undefined> {
    if (!this.namesRuns) return undefined;
    try {
      const named = await this.taskRuns.find(this.nameOf(order), signal);
      return named?.run && !endedStatuses.includes(named.run.status) ? named.run : undefined;
    } catch (error) {
      if (!this.mayNotName(error)) throw error;
      return undefined;
    }
  }

  async order(order: BuildOrder, request: RunRequest, signal: AbortSignal): Promise<OwnBuild> {
    const build =
      (this.namesRuns && (await this.orderByName(order, request, signal))) || (await this.orderOnce(request, signal));
    await this.left.note({ registryId: this.registry.id, ...build });
    return build;
  }

  /** Deletes the name of a build that has ended, and with it the request that lies there with its secrets. */
  async forget({ taskRun }: OwnBuild): Promise<void> {
    if (!taskRun) return;
    try {
      await this.taskRuns.forget(taskRun.name);
    } catch (error) {
      this.log.info(`The task run ${taskRun.name} of the registry could not be deleted: ${messageOf(error)}`);
    }
  }

  private nameOf({ repository, content }: BuildOrder): string {
    const hash = createHash('sha256').update(JSON.stringify([this.pipeline, repository, content])).digest('hex'); // prettier-ignore
    return `mlops-${hash.slice(0, 40)}`;
  }

  /** @returns undefined where the connection may not write task runs */
  private async orderByName(
    order: BuildOrder,
    request: RunRequest,
    signal: AbortSignal,
  ): Promise<OwnBuild | undefined> {
    const { taskRuns, registry, left } = this;
    const taskRun = { name: this.nameOf(order), attempt: randomUUID() };
    // Before it is asked for: the answer may never come.
    await left.note({ registryId: registry.id, taskRun });
    let run: BuildRun | undefined;
    try {
      ({ run } = await taskRuns.put(taskRun.name, taskRun.attempt, request));
    } catch (error) {
      if (!isUnanswered(error)) {
        left.settle();
        if (this.mayNotName(error)) return undefined;
        throw error;
      }
      const found = await taskRuns.find(taskRun.name, signal).catch(() => undefined);
      // The post-job step looks for it again.
      if (found?.attempt !== taskRun.attempt) throw unansweredNameFailure(error, registry.name, taskRun.name);
      ({ run } = found);
    }
    run ??= await this.awaitRun(taskRun, signal);
    this.say(run);
    return { runId: run.runId, taskRun };
  }

  private async awaitRun({ name, attempt }: TaskRunName, signal: AbortSignal): Promise<BuildRun> {
    const { clock, taskRuns, registry } = this;
    for (const until = clock.now() + longestMaking; clock.now() < until;) {
      await clock.sleep(1000, signal);
      const named = await taskRuns.find(name, signal);
      if (named?.attempt === attempt && named.run) return named.run;
    }
    throw new TaskFailure(
      `The registry ${registry.name} took the task run ${name}, and made no run of it within two minutes.`,
      'Run the step again. A run that is made later is cancelled by the post-job step, or found by the next run.',
    );
  }

  /** Asking twice would build twice: it is asked for once. */
  private async orderOnce(request: RunRequest, signal: AbortSignal): Promise<OwnBuild> {
    const { tasks, clock, registry, left } = this;
    const since = clock.now() - clockSkew;
    await left.note({ registryId: registry.id, since });
    try {
      const run = await tasks.schedule(request);
      this.say(run);
      return { runId: run.runId };
    } catch (error) {
      left.settle();
      if (!isUnanswered(error)) throw error;
      const open = await tasks.openRunsSince(since, signal).catch(() => []);
      throw unansweredFailure(error, registry.name, open);
    }
  }

  private say({ runId, status }: BuildRun): void {
    this.log.info(`Build ${runId} on the registry ${this.registry.name}: ${status}`);
  }

  /** Whether the service refuses task runs, and may yet let the connection schedule a run; says so. */
  private mayNotName(error: unknown): boolean {
    if (!isAzureFailure(error)) return false;
    const { status, code, serviceMessage } = error;
    const isRefused = status === 403 && code !== 'TasksOperationsNotAllowed';
    if (!isRefused && !/^(InvalidResourceType|NoRegisteredProviderFound)$/.test(code)) return false;
    this.namesRuns = false;
    this.log.info(
      `Builds are requested without a name, because the registry ${this.registry.name} refuses task runs: ${serviceMessage} If a request is not answered, its build cannot be found again; the role "Container Registry Tasks Contributor" fixes that.`,
    );
    return true;
  }
}
