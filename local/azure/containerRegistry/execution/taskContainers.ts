import { StringDecoder } from 'node:string_decoder';
import {
  ContainerStartError,
  type ContainerEngine,
  type ContainerGroupSandbox,
  type PulledImage,
  type RunningContainer,
} from '../../engine/engine';
import { type GroupAddresses } from '../../engine/groupAddresses';

/** A container as `docker run` is asked for it. */
export interface ContainerOrder {
  readonly name: string;
  readonly image: string;
  /** Takes the place of the image's own. */
  readonly entryPoint?: string;
  /** Behind the entry point; none: the image's own command, unless the entry point is replaced. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Beside those that the image exposes. */
  readonly ports: readonly number[];
  readonly mounts: ReadonlyArray<{ path: string; source: string; readOnly: boolean }>;
  /** Takes the place of the image's working directory. */
  readonly directory?: string;
}

export interface TaskContainer {
  readonly address: string;
  /** Undefined while it runs. */
  exit?: { readonly code: number; readonly outOfMemory: boolean };
  /** What it printed, its end at least. */
  log: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

const mostLog = 4 * 1024 * 1024;
/** Build agents have two cores and eight gigabytes. */
const resources = { cpu: 2, memoryInBytes: 7 * 1024 ** 3 };
/** Where addresses are looked for first, as container groups take theirs from 127.0.0.1 on. */
const firstAddress = '127.0.0.200';

interface Live extends TaskContainer {
  readonly sandbox: ContainerGroupSandbox;
  readonly running: RunningContainer;
}

/** The containers of one run, by name: each has an address of its own in the run's network. */
export class TaskContainers {
  private readonly live = new Map<string, Live>();

  constructor(
    private readonly engine: ContainerEngine,
    private readonly addresses: GroupAddresses,
    private readonly runId: string,
    /** Finds an image that the run has built, or pulls it. */
    private readonly findImage: (name: string) => Promise<PulledImage>,
  ) {}

  find(name: string): TaskContainer | undefined {
    return this.live.get(name);
  }

  /** Names and addresses, for whoever speaks to a container by its name. */
  hosts(): Array<[name: string, address: string]> {
    return [...this.live].map(([name, { address }]) => [name, address]);
  }

  /**
   * @param output gets what it prints, beside its log
   * @throws ContainerStartError
   */
  async start(order: ContainerOrder, output: (text: string) => void = () => undefined): Promise<TaskContainer> {
    const { name, entryPoint, words } = order;
    if (this.live.has(name)) throw new ContainerStartError(`Conflict. The container name "/${name}" is already in use`);
    const image = await this.findImage(order.image);
    const ports = [...new Set([...image.ports, ...order.ports])];
    const id = `${this.runId}-${name}`;
    const address = await this.addresses.reserve(id, ports, firstAddress);
    const shown: Pick<TaskContainer, 'log'> = { log: '' };
    const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
    const sandbox = await this.engine.createSandbox({ id, address, ports });
    try {
      const running = await sandbox.start({
        ...{
          name,
          image,
          ports,
          directory: order.directory,
          ...resources,
          mounts: [...order.mounts],
          environment: { ...order.environment },
        },
        command: entryPoint
          ? [entryPoint, ...words]
          : words.length > 0
            ? [...image.entryPoint, ...words]
            : [...image.entryPoint, ...image.command],
        output: (stream, chunk) => {
          const text = decoders[stream].write(chunk);
          shown.log = (shown.log + text).slice(-mostLog);
          output(text);
        },
      });
      const ended = running.exited.then(({ exitCode: code, outOfMemory }) => {
        container.exit = { code, outOfMemory };
      });
      const container: Live = Object.assign(shown, { address, sandbox, running, ended });
      this.live.set(name, container);
      return container;
    } catch (error) {
      await this.leave(id, sandbox);
      throw error;
    }
  }

  /** Ends it, if it still runs, and forgets it. @returns whether there is one */
  async remove(name: string, graceInSeconds = 0): Promise<boolean> {
    const container = this.live.get(name);
    if (!container) return false;
    this.live.delete(name);
    if (!container.exit) await container.running.stop(graceInSeconds);
    await this.leave(`${this.runId}-${name}`, container.sandbox);
    return true;
  }

  async removeAll(): Promise<void> {
    await Promise.all([...this.live.keys()].map((name) => this.remove(name)));
  }

  private async leave(id: string, sandbox: ContainerGroupSandbox): Promise<void> {
    await sandbox.remove();
    this.addresses.release(id);
  }
}
