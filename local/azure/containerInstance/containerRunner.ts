import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ContainerStartError,
  type ContainerEngine,
  type ContainerGroupSandbox,
  type ContainerSpec,
  type RunningContainer,
} from '../engine/engine';
import { RegistryError } from '../engine/registryClient';
import { addEvent, type ContainerState, type InstanceView } from './containerGroup';
import type { FoundImage } from './imageAccess';
import type { Probe, RestartPolicy } from './groupDefinition';
import { ProbeWatch } from './probe';
import { valueText } from '../valueText';

export interface RunnableContainer {
  name: string;
  image: FoundImage;
  spec: Omit<ContainerSpec, 'image' | 'output'>;
  restartPolicy: RestartPolicy;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}

export interface ContainerRunnerTools {
  engine: ContainerEngine;
  sandbox: ContainerGroupSandbox;
  address: string;
  /** Begins the log of a new start and returns what writes to it. */
  beginLog(): (text: string) => void;
  /** The view has changed and is to be kept. */
  changed(): void;
  /** Takes a planned fault. */
  takeFault(name: string): Record<string, unknown> | undefined;
}

/** Kubernetes' delay before a restart, in milliseconds: none at first, then doubled from 10 s up to 5 minutes. */
const restartDelay = (restarts: number): number =>
  restarts === 0 ? 0 : Math.min(10_000 * 2 ** (restarts - 1), 300_000);
/** A container that ran this long begins again with no delay. */
const wellAfter = 10 * 60_000;
/** How long a container that is told to stop has, in seconds. */
const grace = 30;
const graceOfStop = 10;

class Stopped extends Error {}

/** The life of one container: pulled, started, watched, and started again as the group's restart policy wants it. */
export class ContainerRunner {
  /** Settles as soon as the container was started for the first time; fails when it cannot be. */
  readonly started: Promise<void>;
  /** Resolves with the last exit code when it will not run again. */
  readonly ended: Promise<number>;
  private readonly stopSignal = new AbortController();
  private running: RunningContainer | undefined;
  private grace = graceOfStop;

  constructor(
    private readonly container: RunnableContainer,
    private readonly view: InstanceView,
    private readonly tools: ContainerRunnerTools,
  ) {
    let markStarted: () => void = () => undefined;
    let markFailed: (error: Error) => void = () => undefined;
    this.started = new Promise<void>((resolve, reject) => {
      markStarted = resolve;
      markFailed = reject;
    });
    // Whoever waits only for the end must not fail for it.
    this.started.catch(() => undefined);
    this.ended = this.live(markStarted).catch((error: Error) => {
      markFailed(error);
      return 1;
    });
  }

  get name(): string {
    return this.container.name;
  }

  /** What runs now, between two starts nothing. */
  get current(): RunningContainer | undefined {
    return this.running;
  }

  /** Ends the container and everything that would start it again. */
  async stop(graceInSeconds = graceOfStop): Promise<void> {
    this.grace = graceInSeconds;
    this.stopSignal.abort(new Stopped('stopped'));
    if (this.running) this.say('Killing', `Killing container ${this.container.name} (platform initiated).`);
    await this.running?.stop(graceInSeconds);
    await this.ended;
  }

  private async live(markStarted: () => void): Promise<number> {
    const { view } = this;
    for (let ends = 0; ;) {
      const began = Date.now();
      let exitCode: number;
      try {
        exitCode = await this.runOnce(markStarted);
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        return view.currentState?.exitCode ?? 0;
      }
      const { restartPolicy } = this.container;
      const again = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
      if (!again || this.stopSignal.signal.aborted) return exitCode;
      if (Date.now() - began > wellAfter) ends = 0;
      const delay = restartDelay(ends++);
      if (delay > 0) {
        view.previousState = view.currentState;
        this.say('BackOff', 'Back-off restarting failed container', 'Warning');
        this.enter({
          state: 'Waiting',
          startTime: new Date().toISOString(),
          detailStatus: `CrashLoopBackOff: Back-off ${Math.ceil(delay / 1000)}s restarting failed`,
        });
        await this.pause(delay).catch(() => undefined);
        if (this.stopSignal.signal.aborted) return exitCode;
      } else view.previousState = view.currentState;
      view.restartCount++;
      this.tools.changed();
    }
  }

  private async runOnce(markStarted: () => void): Promise<number> {
    const { container, tools } = this;
    const image = await this.pull();
    const write = tools.beginLog();
    const outOfPlace = image.os !== 'linux' || image.architecture !== 'amd64';
    if (outOfPlace) {
      // As the kernel of the service's machines says it.
      markStarted();
      write(`exec ${container.spec.command[0] ?? '/entrypoint'}: exec format error\n`);
      const now = new Date().toISOString();
      this.enter({ state: 'Terminated', startTime: now, finishTime: now, exitCode: 255, detailStatus: 'Error' });
      return 255;
    }
    let running: RunningContainer;
    try {
      running = await tools.sandbox.start({
        ...container.spec,
        image,
        output: (_stream, chunk) => write(chunk.toString()),
      });
    } catch (error) {
      if (!(error instanceof ContainerStartError)) throw error;
      const message = `Error: Failed to start container ${container.name}, Error response: to create containerd task: failed to create container ${container.name}: ${error.message}`;
      this.say('Failed', message, 'Warning');
      this.enter({ state: 'Waiting', startTime: new Date().toISOString(), detailStatus: 'Error' });
      throw new ContainerStartError(message);
    }
    this.running = running;
    this.say('Started', 'Started container');
    this.enter({ state: 'Running', startTime: running.startTime.toISOString(), detailStatus: '' });
    markStarted();
    if (this.stopSignal.signal.aborted) void running.stop(this.grace);
    const planned = tools.takeFault('aci.outOfMemory');
    if (planned) void running.stop(0);
    const probes = this.watch(running);
    if (tools.takeFault('aci.livenessProbeFails')) this.killByLiveness(running, 'planned');
    const exit = await running.exited;
    probes.forEach((probe) => probe.stop());
    this.running = undefined;
    const outOfMemory = exit.outOfMemory || planned !== undefined;
    const exitCode = outOfMemory ? 137 : exit.exitCode;
    this.enter({
      state: 'Terminated',
      startTime: running.startTime.toISOString(),
      finishTime: exit.finishTime.toISOString(),
      exitCode,
      detailStatus: outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    });
    return exitCode;
  }

  private async pull() {
    const { name, pinned, login } = this.container.image;
    for (let attempt = 0; ; attempt++) {
      this.say('Pulling', `pulling image "${name}"`);
      try {
        const planned = this.tools.takeFault('aci.pullFails');
        if (planned)
          throw new RegistryError(503, 'UNAVAILABLE', valueText(planned.message ?? 'the registry did not answer'));
        const image = await this.tools.engine.pull(pinned, login);
        this.stopSignal.signal.throwIfAborted();
        this.say('Pulled', `Successfully pulled image "${name}"`);
        return image;
      } catch (error) {
        this.stopSignal.signal.throwIfAborted();
        if (!(error instanceof RegistryError)) throw error;
        this.say('Failed', `Failed to pull image "${name}": ${error.message}`, 'Warning');
        this.enter({ state: 'Waiting', startTime: new Date().toISOString(), detailStatus: 'ImagePullBackOff' });
        if (attempt > 0) this.say('BackOff', `Back-off pulling image "${name}"`, 'Warning');
        await this.pause(restartDelay(attempt));
      }
    }
  }

  private watch(running: RunningContainer): ProbeWatch[] {
    const { livenessProbe, readinessProbe } = this.container;
    const target = {
      address: this.tools.address,
      execute: (command: string[], timeout: number) => running.execute(command, timeout),
    };
    const watches: ProbeWatch[] = [];
    if (livenessProbe) {
      let killed = false;
      watches.push(
        new ProbeWatch(livenessProbe, target, (message, isThreshold) => {
          if (isThreshold && !killed) {
            killed = true;
            this.killByLiveness(running, message);
          } else this.say('Unhealthy', `Liveness probe failed: ${message}`, 'Warning');
        }),
      );
    }
    if (readinessProbe) {
      watches.push(
        new ProbeWatch(readinessProbe, target, (message) => {
          this.say('Unhealthy', `Readiness probe failed: ${message}`, 'Warning');
        }),
      );
    }
    return watches;
  }

  private killByLiveness(running: RunningContainer, message: string): void {
    this.say('Unhealthy', `Liveness probe failed: ${message}`, 'Warning');
    // The recorded texts of this event name no reason.
    const id = createHash('sha256').update(`${this.container.name} ${running.startTime.toISOString()}`).digest('hex');
    this.say('Killing', `Killing container with id ${id}.`);
    void running.stop(grace);
  }

  private async pause(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal: this.stopSignal.signal, ref: false });
    } catch {
      throw this.stopSignal.signal.reason as Error;
    }
  }

  private say(name: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): void {
    addEvent(this.view.events, name, message, type);
    this.tools.changed();
  }

  private enter(state: ContainerState): void {
    this.view.currentState = state;
    this.tools.changed();
  }
}
