import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from 'undici';
import { parse } from 'yaml';
import type { LocalAzureContext } from '../../context';
import { BuildError, ContainerStartError, type BuiltImage, type ContainerEngine } from '../../engine/engine';
import type { GroupAddresses } from '../../engine/groupAddresses';
import { formatImageReference, parseImageReference } from '../../engine/imageReference';
import { RegistryError, type RegistryLogin } from '../../engine/registryClient';
import { serviceLogin } from '../../engine/serviceLogin';
import type { WorkFolder } from '../../engine/workFolder';
import { loginServer } from '../../registry/registryAccounts';
import type { RunLog } from '../runLog';
import type { RunSecrets } from '../runRequest';
import { unpackSource } from '../sourceArchive';
import { readTaskFile, type TaskStep } from '../taskFile/taskFile';
import type { EncodedTaskRunRequest, OutputImage, TaskRun } from '../taskRun';
import { quickBuild, stepBuild, type BuildOrder } from './buildOrder';
import { DockerCommand, networkName } from './dockerCommand';
import { openDockerSocket, type DockerSocket } from './dockerSocket';
import { dependency, resolveName } from './imageNames';
import { pushImage } from './pushImage';
import { runInOrder } from './stepOrder';
import { isSystemImage, runSystemStep } from './systemImages';
import { TaskContainers } from './taskContainers';

export interface ExecutionTools {
  context: LocalAzureContext;
  engine: ContainerEngine;
  agent: Agent;
  work: WorkFolder;
  addresses: GroupAddresses;
}

/** Where every step sees the run's files, and its home. Source: acr-builder, constants_unix.go. */
const workspacePath = '/workspace';
const home = '/acb/home';
const pushTimeout = 3600;

interface EndedStep {
  readonly id: string;
  readonly seconds: number;
  readonly isBuild: boolean;
}

/** Carries out the steps of one run, with the log that ACR writes. A quick build is one step, and a push where it is wanted. */
export class RunExecution {
  private readonly server: string;
  private readonly source: string;
  private readonly volume = `acb_vol_${randomUUID()}`;
  /** What was built, by each of its names. */
  private readonly images = new Map<string, BuiltImage>();
  private readonly outputs: OutputImage[] = [];
  private readonly ended: EndedStep[] = [];
  private readonly containers: TaskContainers;
  private readonly docker: DockerCommand;
  private socket: Promise<DockerSocket> | undefined;

  constructor(
    private readonly tools: ExecutionTools,
    private readonly run: TaskRun,
    private readonly secrets: RunSecrets,
    private readonly log: RunLog,
    private readonly signal: AbortSignal,
  ) {
    const { context, engine, work, addresses } = tools;
    this.server = loginServer(run.registry, context.port);
    this.source = work.reserve('context');
    this.containers = new TaskContainers(engine, addresses, run.runId, (name) => this.findImage(name));
    this.docker = new DockerCommand({
      containers: this.containers,
      volume: { name: this.volume, directory: this.source },
      pull: async (image) => void (await this.findImage(image)),
    });
  }

  /** @throws BuildError, SourceError, RegistryError or TaskFileError where the run fails by its own fault */
  async carryOut(): Promise<OutputImage[]> {
    const { log, tools, run, source } = this;
    const { request } = run;
    try {
      await mkdir(source, { recursive: true });
      if (request.sourceLocation) {
        log.say('Downloading source code...');
        await unpackSource(tools.context, tools.agent, run.registry, request.sourceLocation, source);
        log.say('Finished downloading source code');
      }
      if (request.type === 'EncodedTaskRunRequest') await this.carryOutTask(request);
      else {
        this.signIn();
        const names = request.imageNames.map((name) => resolveName(name, this.variables(), this.server));
        const { timeout } = request;
        await this.step({ id: 'build', timeout }, true, (signal) =>
          this.build({ ...quickBuild(request, this.secrets.values), names }, signal),
        );
        if (request.isPushEnabled && names.length > 0) await this.pushStep('push', names);
      }
      this.sumUp();
      return this.outputs;
    } finally {
      await this.containers.removeAll();
      (await this.socket)?.close();
      await rm(source, { recursive: true, force: true });
    }
  }

  private async carryOutTask(request: EncodedTaskRunRequest): Promise<void> {
    const { log, secrets } = this;
    const file = Buffer.from(request.encodedTaskContent, 'base64').toString();
    const encoded = Buffer.from(request.encodedValuesContent ?? '', 'base64').toString();
    const given = Object.fromEntries(
      request.values.map(({ name, value }) => [name, value ?? secrets.values[name] ?? '']),
    );
    const fromFile = Object.entries((parse(encoded) ?? {}) as object).map(([name, value]) => [name, String(value)]);
    const Values = { ...(Object.fromEntries(fromFile) as Record<string, string>), ...given };
    const steps = readTaskFile(file, { Run: this.variables(), Values });
    log.say(`Using ${this.volume} as the home volume`);
    log.say(`Creating Docker network: ${networkName}, driver: 'bridge'`);
    log.say(`Successfully set up Docker network: ${networkName}`);
    this.signIn();
    await runInOrder(steps, (step) => this.taskStep(step));
  }

  private signIn(): void {
    const { log, run, secrets } = this;
    log.say('Setting up Docker configuration...');
    log.say('Successfully set up Docker configuration');
    const own = run.request.sourceRegistryLogin === 'Default' ? [this.server] : [];
    for (const name of [...own, ...Object.keys(secrets.registries)]) {
      log.say(`Logging in to registry: ${name}`);
      log.say(`Successfully logged into ${name}`);
    }
  }

  private variables(): Record<string, string> {
    const { registry, runId, createTime, request } = this.run;
    return {
      ...{ ID: runId, Registry: this.server, RegistryName: registry, SharedVolume: this.volume },
      Date: createTime.slice(0, 19).replace(/[-:]/g, '').replace('T', '-') + 'z',
      ...{ OS: 'linux', Architecture: request.platform.architecture ?? 'amd64', TaskName: 'quickrun' },
      ...{ Commit: '', Branch: '' },
    };
  }

  private async taskStep(step: TaskStep): Promise<void> {
    const { log, signal } = this;
    if (step.startDelay > 0) {
      log.say(`Waiting ${step.startDelay} seconds before executing step ID: ${step.id}`);
      await sleep(step.startDelay * 1000, undefined, { signal });
    }
    try {
      for (let count = 0; count <= step.repeat; count++) await this.tryStep(step);
    } catch (error) {
      if (!step.ignoreErrors || signal.aborted || !isOwnFault(error)) throw error;
      log.say(`Step ID: ${step.id} encountered an error: ${error.message}, but is set to ignore errors. Continuing...`);
    }
  }

  private async tryStep(step: TaskStep): Promise<void> {
    if (step.kind === 'push') return this.pushStep(step.id, step.images.map(withTag));
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.step(step, step.kind === 'build', (signal) =>
          step.kind === 'build' ? this.build(stepBuild(step), signal) : this.command(step, signal),
        );
      } catch (error) {
        if (attempt >= step.retries || this.signal.aborted || !isOwnFault(error)) throw error;
        this.log.say(`Container failed during run: ${step.id}, waiting ${step.retryDelay} seconds before retrying...`);
        await sleep(step.retryDelay * 1000, undefined, { signal: this.signal });
      }
    }
  }

  /** Runs a step's container within the step's time, and says how that ended. */
  private async step(
    { id, timeout, workingDirectory = '' }: Pick<TaskStep, 'id' | 'timeout'> & Partial<TaskStep>,
    isBuild: boolean,
    carryOut: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { log } = this;
    const network = this.run.request.type === 'EncodedTaskRunRequest' ? networkName : '';
    log.say(`Executing step ID: ${id}. Timeout(sec): ${timeout}, Working directory: '${workingDirectory}', Network: '${network}'`); // prettier-ignore
    const started = Date.now();
    log.say(`Launching container with name: ${id}`);
    const limit = AbortSignal.timeout(timeout * 1000);
    try {
      await carryOut(AbortSignal.any([this.signal, limit]));
    } catch (error) {
      if (this.signal.aborted) throw this.signal.reason;
      if (!limit.aborted && !isOwnFault(error)) throw error;
      const { message } = error as Error;
      if (!limit.aborted && message) log.write(`${message}\n`);
      log.say(`Container failed during run: ${id}. No retries remaining.`);
      const exitCode = error instanceof BuildError ? error.exitCode : 125;
      const told = limit.aborted ? 'context deadline exceeded' : `exit status ${exitCode}`;
      log.write(`failed to run step ID: ${id}: ${told}\n`);
      throw new BuildError(told, exitCode);
    }
    log.say(`Successfully executed container: ${id}`);
    this.ended.push({ id, isBuild, seconds: (Date.now() - started) / 1000 });
  }

  private async build(order: BuildOrder, signal: AbortSignal): Promise<void> {
    const { tools, run, log, secrets, server } = this;
    const { context, engine } = tools;
    const { request } = run;
    const planned = context.takeFault('acr.outOfMemory');
    const image = await engine.build({
      contextDirectory: join(this.source, order.context),
      ...{ dockerfile: order.dockerfile, target: order.target, noCache: order.noCache },
      buildArguments: { ...order.arguments },
      architecture: request.platform.architecture ?? 'amd64',
      login: (host) => {
        const own = host === server;
        if (own && request.sourceRegistryLogin === 'None') return undefined;
        return own || host.startsWith('mirror.')
          ? serviceLogin(context, host, `run:${run.runId}`)
          : secrets.registries[host];
      },
      endCommandsWith: planned ? 137 : undefined,
      log: (text) => log.write(text),
      signal,
    });
    for (const name of order.names) {
      this.images.set(withTag(name), image);
      log.write(`Successfully tagged ${name}\n`);
    }
  }

  private async pushStep(id: string, names: readonly string[]): Promise<void> {
    const { log, tools, run, signal } = this;
    const started = Date.now();
    log.say(`Executing step ID: ${id}. Timeout(sec): ${pushTimeout}, Working directory: '', Network: ''`);
    for (const name of names) {
      const image = this.images.get(name);
      if (!image) {
        log.write(`An image does not exist locally with the tag: ${name.replace(/:[^:/]*$/, '')}\n`);
        log.write(`failed to run step ID: ${id}: failed to push images successfully\n`);
        throw new BuildError('failed to push images successfully');
      }
      log.say(`Pushing image: ${name}, attempt 1`);
      this.outputs.push(await pushImage(image, name, id, { ...tools, run, log, signal }));
      log.say(`Successfully pushed image: ${name}`);
    }
    this.ended.push({ id, isBuild: false, seconds: (Date.now() - started) / 1000 });
  }

  private async command(step: TaskStep, signal: AbortSignal): Promise<void> {
    const { containers, log, source } = this;
    const [image = '', ...words] = step.words;
    const output = (text: string) => log.write(text);
    if (isSystemImage(image)) {
      this.socket ??= openDockerSocket(this.docker);
      const directory = join(source, step.workingDirectory.replace(/^\/workspace(?=\/|$)/, ''));
      const { stateDir } = this.tools.context;
      const hosts = containers.hosts();
      const tools = { docker: this.docker, socket: await this.socket, workspace: source, directory, hosts };
      const exitCode = await runSystemStep(step, { ...tools, stateDir, signal, output });
      if (exitCode !== 0) throw new BuildError('', exitCode);
      return;
    }
    const { id: name, entryPoint, ports } = step;
    const container = await containers.start(
      {
        ...{ name, image, entryPoint, words, ports },
        environment: { HOME: home, ...step.environment },
        mounts: [workspacePath, home].map((path) => ({ path, source, readOnly: false })),
        directory: step.disableWorkingDirectoryOverride ? undefined : join(workspacePath, step.workingDirectory),
      },
      step.detach ? undefined : output,
    );
    const leave = async () => void (step.keep || (await containers.remove(name)));
    if (step.detach) {
      void container.ended.then(leave);
      return;
    }
    const stop = () => void containers.remove(name);
    signal.addEventListener('abort', stop, { once: true });
    await container.ended;
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    await leave();
    const { code } = container.exit!;
    if (code !== 0) throw new BuildError('', code);
  }

  private async findImage(name: string) {
    const { engine, context } = this.tools;
    const built = this.images.get(withTag(name));
    if (built) return engine.asPulled(built);
    const { host } = parseImageReference(name);
    const login: RegistryLogin | undefined = serviceLogin(context, host, 'acr-tasks') ?? this.secrets.registries[host];
    return engine.pull(name, login);
  }

  private sumUp(): void {
    const { log, outputs } = this;
    for (const { id, seconds, isBuild } of this.ended) {
      log.say(`Step ID: ${id} marked as successful (elapsed time in seconds: ${seconds.toFixed(6)})`);
      if (!isBuild || outputs.length === 0) continue;
      log.say(`Populating digests for step ID: ${id}...`);
      log.say(`Successfully populated digests for step ID: ${id}`);
    }
    if (outputs.length === 0) return;
    log.say('The following dependencies were found:');
    log.say('');
    const basesOf = ({ registry, repository, tag }: OutputImage) =>
      this.images.get(`${registry}/${repository}:${tag}`)?.baseImages ?? [];
    log.write(outputs.map((output) => dependency(output, basesOf(output))).join(''));
  }
}

/** Whether the run itself is to blame, and not local Azure. */
function isOwnFault(error: unknown): error is Error {
  return error instanceof BuildError || error instanceof ContainerStartError || error instanceof RegistryError;
}

const withTag = (name: string): string => formatImageReference(parseImageReference(name));
