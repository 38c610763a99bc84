import { lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  ContainerStartError,
  type ContainerGroupSandbox,
  type ContainerSpec,
  type RunningContainer,
  type SandboxRequest,
} from '../engine';
import { fitNetwork } from './containerNetwork';
import { isOnStandIn, readEnvironment, type ImageConfig } from '../imageConfig';
import { ImagePaths } from './imagePaths';
import type { Layer } from './layerStore';
import type { MemoryMonitor } from './memoryMonitor';
import { ProcessContainer } from './processContainer';
import { withImageCustomization } from './pythonCustomization';
import type { RootFileSystems } from './rootFileSystems';

export interface SandboxTools {
  roots: RootFileSystems;
  memory: MemoryMonitor;
  /** Folder of the stand-ins for system programs. */
  programs: string;
  stateDir: string;
  /** Images that were pulled, by digest. */
  images: ReadonlyMap<string, { config: ImageConfig; layers: Layer[] }>;
  log: (line: string) => void;
}

/** The containers of a group as process groups on this machine. */
export class ProcessGroupSandbox implements ContainerGroupSandbox {
  constructor(
    private readonly tools: SandboxTools,
    private readonly request: SandboxRequest,
  ) {}

  async start(container: ContainerSpec): Promise<RunningContainer> {
    const image = this.tools.images.get(container.image.digest);
    if (!image) throw new ContainerStartError(`${container.image.reference} was not pulled`);
    const { config } = image.config;
    const command =
      container.command.length > 0 ? container.command : [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
    if (command.length === 0) throw new ContainerStartError('no command specified');

    // Each start has the image's files again, as each container of a restarted group does.
    const { root } = await this.tools.roots.take(image.layers, 'container');
    const leave = (): void => this.tools.roots.giveBack(root, image.layers);
    try {
      const paths = new ImagePaths(root, isOnStandIn(config) ? this.tools.programs : undefined);
      container.mounts.forEach((mount) => this.mount(paths, mount));
      return await this.run(container, command, config, paths, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async remove(): Promise<void> {
    // Each container has left its files when it ended.
  }

  private async run(
    container: ContainerSpec,
    command: string[],
    config: ImageConfig['config'],
    paths: ImagePaths,
    ended: () => void,
  ): Promise<RunningContainer> {
    const variables = { ...readEnvironment(config.Env), ...container.environment };
    const environment: Record<string, string> = {
      HOSTNAME: `SandboxHost-${this.request.id}`,
      HOME: '/root',
      TMPDIR: '/tmp',
      // In Azure a container sees the cores that it asked for; libraries that count them would count this machine's.
      OMP_NUM_THREADS: String(Math.max(1, Math.floor(container.cpu))),
      ...variables,
    };
    for (const [name, value] of Object.entries(environment))
      environment[name] = paths.environmentValue(value, 'existing');
    environment.PATH = paths.searchPath(variables.PATH);
    environment.PYTHONPATH = withImageCustomization(environment.PYTHONPATH);
    const directory = paths.toHost(container.directory ?? (config.WorkingDir || '/'));
    const network = await fitNetwork(paths, {
      directory,
      address: this.request.address,
      ports: container.ports,
      args: command.map((word) => translate(paths, word)),
      environment,
      log: (line) => this.tools.log(`${this.request.id}/${container.name}: ${line}`),
    });
    const resolve = (words: string[]): { program: string; args: string[] } | undefined => {
      const program = paths.findProgram(words[0] ?? '', environment.PATH ?? '', directory);
      return program === undefined ? undefined : { program, args: words.slice(1) };
    };
    // The first word is looked up as it stands in the image, the others are already this machine's.
    const resolved = resolve([command[0] ?? '', ...network.args.slice(1)]);
    if (!resolved) {
      network.close();
      throw new ContainerStartError(`exec: "${command[0]}": executable file not found in $PATH: unknown`);
    }
    return new ProcessContainer({
      name: `${this.request.id}/${container.name}`,
      ...resolved,
      directory,
      environment: network.environment,
      stateDir: this.tools.stateDir,
      output: (stream, line) => container.output(stream, Buffer.from(paths.toImage(line))),
      resolve: (words) => resolve([words[0] ?? '', ...words.slice(1).map((word) => translate(paths, word))]),
      watchMemory: (group, exceeded) => this.tools.memory.watch(group, container.memoryInBytes, exceeded),
      ended: () => {
        network.close();
        ended();
      },
    });
  }

  private mount(paths: ImagePaths, { path, source }: ContainerSpec['mounts'][number]): void {
    const target = paths.toHost(path);
    mkdirSync(dirname(target), { recursive: true });
    if (lstatSync(target, { throwIfNoEntry: false })) rmSync(target, { recursive: true, force: true });
    symlinkSync(source, target);
  }
}

/** A word of a command; what has spaces is a text for the shell. */
function translate(paths: ImagePaths, word: string): string {
  return /\s/.test(word) ? paths.shellText(word, 'existing') : paths.argument(word, 'existing');
}
