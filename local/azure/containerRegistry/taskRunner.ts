import { rm } from 'node:fs/promises';
import type { Agent } from 'undici';
import type { Collection, LocalAzureContext } from '../context';
import { BuildError, type BaseImage, type BuildRequest, type ContainerEngine } from '../engine/engine';
import { formatImageReference, parseImageReference } from '../engine/imageReference';
import { RegistryError } from '../engine/registryClient';
import { serviceLogin } from '../engine/serviceLogin';
import type { WorkFolder } from '../engine/workFolder';
import { loginServer, openRegistryAccounts } from '../registry/registryAccounts';
import type { BuildSecrets } from './buildRequest';
import { RunLog } from './runLog';
import { SourceError, tasksContainer, unpackSource } from './sourceArchive';
import { isFinished, type OutputImage, type RunStatus, type TaskRun } from './taskRun';

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
  secrets: BuildSecrets;
  abort: AbortController;
}

export interface TaskRunnerTools {
  context: LocalAzureContext;
  runs: Collection<TaskRun>;
  engine: ContainerEngine;
  agent: Agent;
  work: WorkFolder;
}

export const runKey = (registry: string, runId: string): string => `${registry}/${runId}`;

/** Carries out the runs of ACR Tasks: really builds and pushes, with the log that ACR writes. */
export class TaskRunner {
  private readonly waiting: Pending[] = [];
  private readonly running = new Map<string, { abort: AbortController; done: Promise<void> }>();

  constructor(private readonly tools: TaskRunnerTools) {}

  schedule(run: TaskRun, secrets: BuildSecrets): void {
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
        this.finish(next.key, 'Error', { runErrorMessage: (error as Error).message });
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
      ...Object.values(secrets.arguments),
      ...Object.values(secrets.registries).map((login) => login.password),
    ];
    const container = context.blobs.container(tasksContainer(registry));
    const log = new RunLog(container, `logs/${runId}/rawtext.log`, secretValues);
    const started = Date.now();
    this.update(key, { status: 'Started', startTime: new Date().toISOString() });
    await log.begin();
    this.update(key, { status: 'Running' });
    context.log(`ACR run ${runId} builds ${request.imageNames.join(', ') || 'an image'}`);

    const planned = context.takeFault('acr.timeout')?.seconds;
    const timeout = typeof planned === 'number' ? planned : request.timeout;
    const timer = setTimeout(() => abort.abort(new Ended('Timeout')), timeout * 1000);
    const seconds = (): number => Math.round((Date.now() - started) / 1000);
    try {
      const outputImages = await this.build(run, secrets, log, abort.signal);
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
      const isOwnFault =
        reason instanceof BuildError || reason instanceof SourceError || reason instanceof RegistryError;
      if (!isOwnFault) {
        log.write(
          `\nRun ID: ${runId} failed after ${seconds()}s. Error: internal error: ${(reason as Error).message}\n`,
        );
        await log.complete('internalerror');
        throw reason;
      }
      const message = `failed during run, err: ${reason instanceof BuildError ? `exit status ${reason.exitCode}` : reason.message}`;
      log.write(`\nRun ID: ${runId} failed after ${seconds()}s. Error: ${message}\n`);
      await log.complete('Failed');
      this.finish(key, 'Failed', { runErrorMessage: message });
    } finally {
      clearTimeout(timer);
    }
  }

  private async build(run: TaskRun, secrets: BuildSecrets, log: RunLog, signal: AbortSignal): Promise<OutputImage[]> {
    const { context, engine, agent, work } = this.tools;
    const { registry, runId, request } = run;
    const server = loginServer(registry, context.port);
    const directory = work.reserve('context');
    try {
      log.say('Downloading source code...');
      await unpackSource(context, agent, registry, request.sourceLocation, directory);
      log.say('Finished downloading source code');
      log.say('Setting up Docker configuration...');
      log.say('Successfully set up Docker configuration');
      for (const name of [
        ...(request.sourceRegistryLogin === 'Default' ? [server] : []),
        ...Object.keys(secrets.registries),
      ]) {
        log.say(`Logging in to registry: ${name}`);
        log.say(`Successfully logged into ${name}`);
      }
      log.say(`Executing step ID: build. Timeout(sec): ${request.timeout}, Working directory: '', Network: ''`);
      const buildStarted = Date.now();
      log.say('Launching container with name: build');
      const image = await engine
        .build(this.engineRequest(run, secrets, directory, log, signal))
        .catch((error: unknown) => {
          if (error instanceof BuildError) {
            log.write(`${error.message}\n`);
            log.say(`Container failed during run: build. No retries remaining.`);
            log.write(`failed to run step ID: build: exit status ${error.exitCode}\n`);
          }
          throw error;
        });
      const names = request.imageNames.map((name) => this.resolveName(name, runId, server));
      names.forEach((name) => log.write(`Successfully tagged ${name}\n`));
      log.say('Successfully executed container: build');
      const outputs: OutputImage[] = [];
      if (request.isPushEnabled && names.length > 0) {
        this.checkMayPush(run, log);
        const pushStarted = Date.now();
        log.say(`Executing step ID: push. Timeout(sec): 3600, Working directory: '', Network: ''`);
        for (const name of names) {
          log.say(`Pushing image: ${name}, attempt 1`);
          const { digest } = await this.push(
            name,
            (login) => engine.push(image, name, login, (text) => log.write(text), signal),
            log,
          );
          log.say(`Successfully pushed image: ${name}`);
          const { host, repository, tag = 'latest' } = parseImageReference(name);
          outputs.push({ registry: host, repository, tag, digest });
        }
        log.say(`Step ID: build marked as successful (elapsed time in seconds: ${elapsed(buildStarted)})`);
        log.say('Populating digests for step ID: build...');
        log.say('Successfully populated digests for step ID: build');
        log.say(`Step ID: push marked as successful (elapsed time in seconds: ${elapsed(pushStarted)})`);
        log.say('The following dependencies were found:');
        log.say('');
        log.write(outputs.map((output) => dependency(output, image.baseImages)).join(''));
      } else log.say(`Step ID: build marked as successful (elapsed time in seconds: ${elapsed(buildStarted)})`);
      return outputs;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private engineRequest(
    run: TaskRun,
    secrets: BuildSecrets,
    contextDirectory: string,
    log: RunLog,
    signal: AbortSignal,
  ): BuildRequest {
    const { context } = this.tools;
    const { request, registry } = run;
    const given = request.arguments.map(({ name, value }) => [name, value ?? secrets.arguments[name] ?? '']);
    const planned = context.takeFault('acr.outOfMemory');
    return {
      contextDirectory,
      dockerfile: request.dockerFilePath,
      target: request.target,
      buildArguments: Object.fromEntries(given) as Record<string, string>,
      noCache: request.noCache,
      architecture: request.platform.architecture ?? 'amd64',
      login: (server) => {
        const own = server === loginServer(registry, context.port);
        if (own && request.sourceRegistryLogin === 'None') return undefined;
        if (own || server.startsWith('mirror.')) return serviceLogin(context, server, `run:${run.runId}`);
        return secrets.registries[server];
      },
      endCommandsWith: planned ? 137 : undefined,
      log: (text) => log.write(text),
      signal,
    };
  }

  /** A registry with repository permissions gives a run rights only as its caller. */
  private checkMayPush({ registry, request }: TaskRun, log: RunLog): void {
    const mode = openRegistryAccounts(this.tools.context).get(registry)?.roleAssignmentMode;
    if (mode !== 'AbacRepositoryPermissions' || request.actsAsCaller) return;
    // Source: microsoft/GitHub-Copilot-for-Azure#1106.
    const message = 'failed to scan dependencies: when specifying push, at least one credential is required';
    log.write(`${message}\n`);
    throw new RegistryError(401, 'UNAUTHORIZED', message);
  }

  private async push<T>(
    name: string,
    push: (login: NonNullable<ReturnType<typeof serviceLogin>>) => Promise<T>,
    log: RunLog,
  ): Promise<T> {
    const { context } = this.tools;
    const { host } = parseImageReference(name);
    try {
      const login = serviceLogin(context, host, 'acr-tasks');
      if (!login) throw new RegistryError(401, 'UNAUTHORIZED', `there is no login for the registry ${host}`);
      if (context.takeFault('acr.networkRestricted')) {
        throw new RegistryError(
          403,
          'DENIED',
          "denied: client with IP '20.62.128.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
        );
      }
      return await push(login);
    } catch (error) {
      if (error instanceof RegistryError) {
        log.write(`${error.message}\n`);
        log.say(`Container failed during run: push. No retries remaining.`);
        log.write('failed to run step ID: push: exit status 1\n');
        throw new BuildError(error.message, 1);
      }
      throw error;
    }
  }

  /** Fills in the run's own variables and the registry. */
  private resolveName(name: string, runId: string, server: string): string {
    const filled = name
      .replace(/\{\{\s*\.Run\.ID\s*\}\}/g, runId)
      .replace(/\{\{\s*\.Run\.Registry\s*\}\}/g, server)
      .replace(/\{\{\s*\.Run\.Date\s*\}\}/g, new Date().toISOString().slice(0, 19).replace(/[-:T]/g, ''));
    return formatImageReference(parseImageReference(filled.startsWith(`${server}/`) ? filled : `${server}/${filled}`));
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

const elapsed = (start: number): string => ((Date.now() - start) / 1000).toFixed(6);

function dependency(output: OutputImage, baseImages: BaseImage[]): string {
  const lines = (
    kind: string,
    image: { registry: string; repository: string; tag?: string; digest?: string },
  ): string[] => [
    `  ${kind}:`,
    `    registry: ${image.registry}`,
    `    repository: ${image.repository}`,
    ...(image.tag ? [`    tag: "${image.tag}"`] : []),
    ...(image.digest ? [`    digest: ${image.digest}`] : []),
  ];
  const [runtime, ...buildTime] = [...baseImages].reverse();
  const text = [
    ...lines('image', output),
    ...(runtime ? lines('runtime-dependency', runtime) : []),
    ...buildTime.flatMap((image) => lines('buildtime-dependency', image)),
    '  git: {}',
  ];
  return `-${text.join('\n').slice(1)}\n`;
}
