import type { ContainerRegistry } from '../../common/azure/registry/containerRegistry';
import {
  endedStatuses,
  type BuildRun,
  type ContainerRegistryTasks,
} from '../../common/azure/registry/containerRegistryTasks';
import { Outage } from '../../common/azure/http/outage';
import type { Clock } from '../../common/clock';
import type { TaskLog } from '../../common/log';
import type { LeftWork } from '../../common/task/leftWork';
import { TaskFailure } from '../../common/taskFailure';
import type { ContextFile } from '../context/buildContext';
import { archive } from '../context/contextArchive';
import { serverTestFiles } from '../plan/serverTesting';
import { buildFailure, schedulingFailure } from './buildFailure';
import type { BuildScheduling, OwnBuild } from './buildScheduling';
import type { BuildOrder, BuiltImage, ImageBuilder } from './imageBuilder';
import type { LeftBuild } from './leftBuild';
import { LineReader } from './lineReader';
import { messageOf } from '../../common/messageOf';
import { buildAndTestTask, contextFolder } from './server/taskFile';
import type { Secret } from '../../common/secret';

export interface AcrBuilderOptions {
  readonly timeoutInMinutes: number;
  readonly agentPool?: string;
  /** Logins to registries that base images come from, by login server. */
  readonly customRegistries: Readonly<Record<string, { userName: string; password: Secret }>>;
}

interface EndedBuild {
  readonly run: BuildRun;
  /** The end of its log. */
  readonly tail: string;
}

/** How often the run is looked at, in milliseconds: soon after it said something, later and later while it is silent. */
const shortestPause = 300;
const longestPause = 4000;
/** How long the log may still lack its end after the run has ended. */
const logGrace = 15_000;
/** How much of the log's end is looked at for the reason of a failure. */
const tailLength = 20_000;

/** Builds remotely, by ACR Tasks. */
export class AcrBuilder implements ImageBuilder {
  constructor(
    private readonly tasks: ContainerRegistryTasks,
    private readonly scheduling: BuildScheduling,
    private readonly registry: ContainerRegistry,
    private readonly options: AcrBuilderOptions,
    private readonly log: TaskLog,
    private readonly clock: Clock,
    private readonly left: LeftWork<LeftBuild>,
  ) {}

  async build(order: BuildOrder, print: (lines: string) => void, signal: AbortSignal): Promise<BuiltImage> {
    const open = await this.refusalsExplained(() => this.scheduling.findOpen(order, signal));
    if (open) {
      const { runId, status } = open;
      this.log.info(`Build ${runId} of the same content is under way (${status}): following it.`);
      const end = await this.follow(runId, print, signal);
      if (end.run.status !== 'Canceled') return { digest: this.digestOf(end, order), isFollowed: true };
      this.log.info(`Build ${runId} was cancelled by the run that requested it: requesting another.`);
    }
    return { digest: await this.buildOwn(order, print, signal), isFollowed: false };
  }

  private async buildOwn(
    order: BuildOrder,
    print: (lines: string) => void,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const build = await this.refusalsExplained(() => this.schedule(order, signal));
    let end: EndedBuild;
    try {
      signal.throwIfAborted();
      end = await this.follow(build.runId, print, signal);
    } catch (error) {
      if (signal.aborted) await this.cancel(build);
      throw signal.aborted ? error : this.lostSight(build, error);
    }
    await this.scheduling.forget(build);
    this.left.settle();
    return this.digestOf(end, order);
  }

  /** A build that cannot be seen may go well: it runs on where the next run finds it by its name. */
  private lostSight({ runId, taskRun }: OwnBuild, error: unknown): unknown {
    if (!(error instanceof TaskFailure) || !taskRun) return error;
    this.left.settle();
    return new TaskFailure(
      `${error.message} The build ${runId} is not cancelled and may go on.`,
      'Run the step again: it follows that build, or takes the image that came of it.',
      { cause: error },
    );
  }

  /** @throws TaskFailure that explains a run that did not succeed */
  private digestOf({ run, tail }: EndedBuild, { repository }: BuildOrder): string | undefined {
    if (run.status !== 'Succeeded') {
      const link = `The whole log stands above; it is the run ${run.runId} of the registry ${this.registry.name}.`;
      throw buildFailure(run.status, run.runErrorMessage, tail, link);
    }
    return run.outputImages.find((image) => image.repository === repository && image.digest)?.digest;
  }

  private async refusalsExplained<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw schedulingFailure(error, this.registry);
    }
  }

  private async schedule(order: BuildOrder, signal: AbortSignal): Promise<OwnBuild> {
    const { tasks, options, log, clock } = this;
    const start = clock.now();
    let shown = 0;
    const { sourceLocation, bytes } = await tasks.uploadContext(archive(filesOf(order), signal), signal, (sent) => {
      if (sent - shown < 100e6) return;
      shown = sent;
      log.info(`Build context: ${megabytes(sent)} sent`);
    });
    log.info(`Build context: ${megabytes(bytes)} sent in ${((clock.now() - start) / 1000).toFixed(1)} s`);
    signal.throwIfAborted();
    const { timeoutInMinutes, customRegistries, agentPool: agentPoolName } = options;
    const terms = { sourceLocation, customRegistries, agentPoolName, timeout: timeoutInMinutes * 60 };
    const request = order.serverTest
      ? { ...terms, ...(await buildAndTestTask(order, order.serverTest, terms.timeout)) }
      : { ...terms, ...quickBuild(order) };
    return this.scheduling.order(order, request, signal);
  }

  /** Shows the log and the run's states until the run itself says that it has ended. */
  private async follow(runId: string, print: (lines: string) => void, signal: AbortSignal): Promise<EndedBuild> {
    const { tasks, log, clock } = this;
    const service = new Outage(log, clock, { follows: true });
    const storage = new Outage(log, clock);
    let tail = '';
    const lines = new LineReader((text) => {
      tail = (tail + text).slice(-tailLength);
      print(text);
    });
    const buildLog = tasks.log(runId);
    let isLogLost = false;
    const readLog = async (): Promise<boolean> => {
      let grew = false;
      try {
        while (!buildLog.complete && !isLogLost) {
          const bytes = await storage.ride(() => buildLog.read(signal));
          if (!bytes?.length) break;
          lines.write(bytes);
          await log.taken();
          grew = true;
        }
        return grew;
      } catch (error) {
        if (!(error instanceof TaskFailure)) throw error;
        // A pity, but no reason to stop a build that goes on.
        isLogLost = true;
        log.warning(`The log of the build ${runId} cannot be read; the build continues. ${error.message}`);
        return false;
      }
    };
    let status = '';
    let pause = shortestPause;
    for (;;) {
      // The state is asked for before the log: what the log lacks when the run has ended comes in the grace below.
      const run = await service.ride(() => tasks.run(runId, signal));
      const grew = await readLog();
      if (run && run.status !== status) {
        if (status !== '') log.info(`Build ${runId}: ${run.status}`);
        ({ status } = run);
        pause = shortestPause;
      }
      if (run && endedStatuses.includes(run.status)) {
        for (const until = clock.now() + logGrace; !buildLog.complete && !isLogLost && clock.now() < until;) {
          await clock.sleep(shortestPause, signal);
          await readLog();
        }
        lines.end();
        return { run, tail };
      }
      pause = grew ? shortestPause : Math.min(longestPause, pause * 1.5);
      await clock.sleep(pause, signal);
    }
  }

  private async cancel(build: OwnBuild): Promise<void> {
    const { runId } = build;
    try {
      await this.tasks.cancel(runId);
      this.log.info(`Build ${runId} was asked to stop.`);
    } catch (error) {
      this.log.warning(`The build ${runId} could not be stopped and may still be running: ${messageOf(error)}`);
      return;
    }
    await this.scheduling.forget(build);
    this.left.settle();
  }
}

/** Of the run: the context, or the context and what the test of the server needs. */
function filesOf({ context, serverTest }: BuildOrder): readonly ContextFile[] {
  if (!serverTest) return context;
  const inner = context.map((file) => ({ ...file, path: `${contextFolder}/${file.path}` }));
  return [...inner, ...serverTestFiles(serverTest)];
}

function quickBuild({ repository, dockerfile, tags, arguments: given }: BuildOrder) {
  return { dockerFilePath: dockerfile, imageNames: tags.map((tag) => `${repository}:${tag}`), arguments: given };
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
