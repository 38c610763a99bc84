import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ContainerStartError } from '../../engine/engine';
import { RegistryError } from '../../engine/registryClient';
import type { TaskContainer, TaskContainers } from './taskContainers';
import { messageOf } from '../../../messageOf';

export interface CommandOutcome {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export interface DockerCommandTools {
  readonly containers: TaskContainers;
  /** The run's volume by its name, and where its files lie. */
  readonly volume: { readonly name: string; readonly directory: string };
  pull(image: string): Promise<void>;
}

/** The only network of a run. Source: acr-builder, graph/network.go. */
export const networkName = 'acb_default_network';

const runOptions = {
  detach: { type: 'boolean', short: 'd' },
  rm: { type: 'boolean' },
  name: { type: 'string' },
  network: { type: 'string' },
  entrypoint: { type: 'string' },
  expose: { type: 'string', multiple: true },
  publish: { type: 'string', short: 'p', multiple: true },
  env: { type: 'string', short: 'e', multiple: true },
  'env-file': { type: 'string', multiple: true },
  volume: { type: 'string', short: 'v', multiple: true },
} as const satisfies ParseArgsConfig['options'];

function outcomeOf(error: unknown): CommandOutcome {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('ERR_PARSE_ARGS')) return failed(125, `local Azure's docker: ${messageOf(error)}`);
  // As Docker tells a program that is not in the image from a container that cannot be made.
  if (error instanceof ContainerStartError)
    return failed(/executable file not found/.test(error.message) ? 127 : 125, error.message);
  if (error instanceof RegistryError) return failed(125, `Error response from daemon: ${error.message}`);
  throw error;
}

/** Docker's client as a step of a task has it: those of its commands by which a step deals with the containers of its run. */
export class DockerCommand {
  private count = 0;

  constructor(private readonly tools: DockerCommandTools) {}

  /** @param directory by which files on the command line are meant */
  async run(words: readonly string[], directory: string): Promise<CommandOutcome> {
    const [command = '', ...rest] = words;
    try {
      return await this.obey(command, rest, directory);
    } catch (error) {
      return outcomeOf(error);
    }
  }

  private async obey(command: string, rest: readonly string[], directory: string): Promise<CommandOutcome> {
    switch (command) {
      case 'run':
        return this.start(rest, directory);
      case 'inspect':
        return this.inspect(rest);
      case 'logs':
        return this.logs(rest);
      case 'rm':
      case 'stop':
      case 'kill':
        return this.remove(rest);
      case 'pull':
        await this.tools.pull(rest.at(-1) ?? '');
        return printed(`${rest.at(-1)}\n`);
      default:
        return failed(1, `local Azure's docker does not know the command "${command}"`);
    }
  }

  private async start(words: readonly string[], directory: string): Promise<CommandOutcome> {
    const at = imageAt(words);
    const { values } = parseArgs({ args: words.slice(0, at), options: runOptions, allowPositionals: false });
    const [image, ...command] = words.slice(at);
    if (!image) return failed(125, '"docker run" requires at least 1 argument.');
    const { network } = values;
    if (network && ![networkName, 'none', 'bridge'].includes(network))
      return failed(125, `network ${network} not found`);
    const name = values.name ?? `container-${++this.count}`;
    const files = await Promise.all(
      (values['env-file'] ?? []).map((file) => readFile(resolve(directory, file), 'utf8')),
    );
    const lines = [...files.flatMap((file) => file.split('\n')), ...(values.env ?? [])];
    const container = await this.tools.containers.start({
      ...{ name, image, entryPoint: values.entrypoint, words: command },
      environment: Object.fromEntries(lines.filter((line) => /^[^#=]+=/.test(line)).map(pairOf)),
      ports: [...(values.expose ?? []), ...(values.publish ?? [])].map((port) => Number(port.split(':').at(-1))),
      mounts: (values.volume ?? []).flatMap((volume) => this.mount(volume)),
    });
    if (values.detach) return printed(`${name}\n`);
    await container.ended;
    const outcome = { stdout: container.log, stderr: '', exitCode: container.exit!.code };
    if (values.rm) await this.tools.containers.remove(name);
    return outcome;
  }

  private mount(volume: string) {
    const [source = '', path = '', mode] = volume.split(':');
    // Docker makes a volume of a name that it does not know: an empty one is none here.
    if (source !== this.tools.volume.name) return [];
    return [{ path, source: this.tools.volume.directory, readOnly: mode === 'ro' }];
  }

  private inspect(words: readonly string[]): CommandOutcome {
    const options = { format: { type: 'string', short: 'f' } } as const;
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const container = this.tools.containers.find(positionals[0] ?? '');
    if (!container) return failed(1, `Error: No such object: ${positionals[0]}`);
    const inspection = inspectionOf(container);
    if (values.format === undefined) return printed(`${JSON.stringify([inspection], null, 4)}\n`);
    return printed(`${values.format.replace(/\{\{\s*\.([\w.]+)\s*\}\}/g, (_whole, place: string) => valueAt(inspection, place))}\n`); // prettier-ignore
  }

  private logs(words: readonly string[]): CommandOutcome {
    const options = { tail: { type: 'string', short: 'n' } } as const;
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const container = this.tools.containers.find(positionals[0] ?? '');
    if (!container) return failed(1, `Error response from daemon: No such container: ${positionals[0]}`);
    const lines = container.log.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    return printed((values.tail === undefined ? lines : lines.slice(-Number(values.tail))).join(''));
  }

  private async remove(words: readonly string[]): Promise<CommandOutcome> {
    const names = words.filter((word) => !word.startsWith('-'));
    const missing: string[] = [];
    for (const name of names) if (!(await this.tools.containers.remove(name))) missing.push(name);
    if (missing.length === 0) return printed(names.map((name) => `${name}\n`).join(''));
    return failed(1, `Error response from daemon: No such container: ${missing.join(', ')}`);
  }
}

/** Where in the words of `docker run` the image stands: behind the flags and their values. */
function imageAt(words: readonly string[]): number {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith('-')) return at;
    const name = word.replace(/^-+/, '');
    const option = Object.entries(runOptions).find(([long, each]) => long === name || ('short' in each && each.short === name)); // prettier-ignore
    if (option?.[1].type === 'string') at++;
  }
  return words.length;
}

/** What of `docker inspect` a step may ask for. */
function inspectionOf({ address, exit }: TaskContainer): Record<string, unknown> {
  const isRunning = exit === undefined;
  return {
    State: {
      Status: isRunning ? 'running' : 'exited',
      Running: isRunning,
      ExitCode: exit?.code ?? 0,
      OOMKilled: exit?.outOfMemory ?? false,
    },
    NetworkSettings: { Networks: { [networkName]: { IPAddress: isRunning ? address : '' } } },
  };
}

function valueAt(value: unknown, place: string): string {
  const found = place
    .split('.')
    .reduce((each: unknown, name) => (each as Record<string, unknown> | undefined)?.[name], value);
  return typeof found === 'object' ? JSON.stringify(found) : String((found as string | undefined) ?? '<no value>');
}

function pairOf(line: string): [string, string] {
  const equals = line.indexOf('=');
  return [line.slice(0, equals), line.slice(equals + 1)];
}

const printed = (stdout: string): CommandOutcome => ({ stdout, stderr: '', exitCode: 0 });
const failed = (exitCode: number, message: string): CommandOutcome => ({
  stdout: '',
  stderr: `docker: ${message}\n`,
  exitCode,
});
