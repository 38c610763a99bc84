import { setTimeout as sleep } from 'node:timers/promises';
import { attachedTo } from '../attachedProgram';
import {
  ContainerStartError,
  type AttachedProgram,
  type ContainerExit,
  type ContainerGroupSandbox,
  type ContainerSpec,
  type RunningContainer,
  type SandboxRequest,
} from '../engine';
import { PodmanError, type Podman } from './podmanProgram';

interface ContainerInspection {
  State: { Status: string; StartedAt: string; OOMKilled: boolean; ExitCode: number };
}

/** The containers of a group as a pod: they share its network, and its ports are published at the group's address. */
export class PodSandbox implements ContainerGroupSandbox {
  private constructor(
    private readonly podman: Podman,
    private readonly pod: string,
  ) {}

  static async create(podman: Podman, request: SandboxRequest, label: string): Promise<PodSandbox> {
    const { id, address, ports } = request;
    const published = ports.flatMap((port) => ['--publish', `${address}:${port}:${port}`]);
    await podman.run([
      'pod',
      'create',
      '--name',
      id,
      '--label',
      label,
      '--hostname',
      `SandboxHost-${id}`.slice(0, 63),
      ...published,
    ]);
    return new PodSandbox(podman, id);
  }

  async start(container: ContainerSpec): Promise<RunningContainer> {
    const name = `${this.pod}-${container.name}`;
    const { command, environment, mounts, memoryInBytes, cpu } = container;
    const args = ['create', '--pod', this.pod, '--name', name, '--replace', '--pull=never'];
    args.push('--memory', String(memoryInBytes), '--memory-swap', String(memoryInBytes), '--cpus', String(cpu));
    for (const variable of Object.keys(environment)) args.push('--env', variable);
    for (const { path, source, readOnly } of mounts) args.push('--volume', `${source}:${path}${readOnly ? ':ro' : ''}`);
    if (container.directory) args.push('--workdir', container.directory);
    if (command.length > 0) args.push('--entrypoint', JSON.stringify(command));
    try {
      await this.podman.run([...args, container.image.reference], { environment });
    } catch (error) {
      if (error instanceof PodmanError) throw new ContainerStartError(error.message);
      throw error;
    }
    return PodContainer.start(this.podman, name, container);
  }

  async remove(): Promise<void> {
    await this.podman.run(['pod', 'rm', '--force', '--time', '0', this.pod]).catch(() => undefined);
  }
}

/** How often podman is asked whether a container has started, in milliseconds. */
const interval = 50;

class PodContainer implements RunningContainer {
  readonly exited: Promise<ContainerExit>;
  private isStopping = false;

  private constructor(
    private readonly podman: Podman,
    private readonly name: string,
    readonly startTime: Date,
    ended: Promise<void>,
  ) {
    this.exited = this.exit(ended);
  }

  static async start(podman: Podman, name: string, container: ContainerSpec): Promise<PodContainer> {
    const child = podman.spawn(['start', '--attach', '--sig-proxy=false', name]);
    let errors = '';
    child.stdout?.on('data', (chunk: Buffer) => container.output('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4000);
      container.output('stderr', chunk);
    });
    const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
    for (;;) {
      const { State } = await inspect(podman, name);
      if (!State.StartedAt.startsWith('0001')) {
        return new PodContainer(podman, name, new Date(State.StartedAt), ended);
      }
      if (child.exitCode !== null) {
        throw new ContainerStartError(errors.trim() || `it ended with exit code ${child.exitCode} before it began`);
      }
      await Promise.race([sleep(interval), ended]);
    }
  }

  async stop(graceInSeconds: number): Promise<void> {
    this.isStopping = true;
    await this.podman.run(['stop', '--time', String(graceInSeconds), this.name]).catch(() => undefined);
    await this.exited;
  }

  async execute(command: string[], timeoutInSeconds: number): Promise<number> {
    try {
      await this.podman.run(['exec', this.name, ...command], { timeout: timeoutInSeconds * 1000 });
      return 0;
    } catch (error) {
      return error instanceof PodmanError ? error.exitCode : 124;
    }
  }

  attach(program: string): AttachedProgram {
    return attachedTo(this.podman.spawn(['exec', '--interactive', this.name, program], {}, 'pipe'));
  }

  private async exit(ended: Promise<void>): Promise<ContainerExit> {
    await ended;
    const { State } = await inspect(this.podman, this.name);
    // Not every kernel lets podman know, but only memory kills a container that nobody else ended.
    const outOfMemory = State.OOMKilled || (State.ExitCode === 137 && !this.isStopping);
    return { exitCode: State.ExitCode, finishTime: new Date(), outOfMemory };
  }
}

async function inspect(podman: Podman, name: string): Promise<ContainerInspection> {
  const [inspection] = JSON.parse(await podman.run(['container', 'inspect', name])) as [ContainerInspection];
  return inspection;
}
