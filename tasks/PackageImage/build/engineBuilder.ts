import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../common/clock';
import type { TaskLog } from '../../common/log';
import { TaskFailure } from '../../common/taskFailure';
import { buildFailure } from './buildFailure';
import type { ContextFile } from '../context/buildContext';
import type { BuildOrder, BuiltImage, ImageBuilder } from './imageBuilder';
import { LineReader } from './lineReader';
import { inScratchFolder } from '../../common/scratchFolder';
import { messageOf } from '../../common/messageOf';
import { outcomeLine, testBegins } from './selfTestOutcome';
import { tryServer } from './server/serverTrial';
import { Secret } from '../../common/secret';

export interface EngineBuilderOptions {
  /** Where the context may lie meanwhile. */
  readonly temp: string;
  readonly timeoutInMinutes: number;
  /** Login server of the registry to push to. */
  readonly registry: string;
  /** Logins by server; docker.io for Docker Hub. */
  readonly logins: Readonly<Record<string, { userName: string; password: Secret }>>;
}

type Engine = 'docker' | 'podman';

/** The parts of Docker's config.json that say of the engine. */
interface DockerConfiguration {
  currentContext?: string;
  proxies?: object;
  cliPluginsExtraDirs?: string[];
}

const tailLength = 20_000;

/**
 * Builds on the agent, by Docker or else Podman. Credentials go into a file of this build's own that is gone after it;
 * secret arguments into the environment. Neither stands on a command line.
 */
export class EngineBuilder implements ImageBuilder {
  constructor(
    private readonly options: EngineBuilderOptions,
    private readonly log: TaskLog,
    private readonly clock: Clock,
  ) {}

  async build(order: BuildOrder, print: (lines: string) => void, signal: AbortSignal): Promise<BuiltImage> {
    const engine = await this.findEngine(signal);
    return inScratchFolder({ temp: this.options.temp, name: 'image-build' }, this.log, (work) =>
      this.buildIn(work, engine, order, print, signal),
    );
  }

  private async buildIn(
    work: string,
    engine: Engine,
    order: BuildOrder,
    print: (lines: string) => void,
    signal: AbortSignal,
  ): Promise<BuiltImage> {
    const context = path.join(work, 'context');
    for (const file of order.context) await writeFile(context, file, signal);
    const environment = this.environment(work, order);
    const names = order.tags.map((tag) => `${this.options.registry}/${order.repository}:${tag}`);
    const timeout = AbortSignal.timeout(this.options.timeoutInMinutes * 60_000);
    const inTime = AbortSignal.any([signal, timeout]);
    const late = (log: string) => (error: unknown) => {
      throw !signal.aborted && timeout.aborted ? buildFailure('Timeout', undefined, log, '') : error;
    };
    const run = (args: string[]) => runEngine(engine, args, environment, print, inTime).catch(late(''));
    await check(
      run([
        'build',
        ...['--file', path.join(context, order.dockerfile), '--platform', 'linux/amd64'],
        ...names.flatMap((name) => ['--tag', name]),
        ...order.arguments.flatMap(({ name, value }) => [
          '--build-arg',
          value instanceof Secret ? name : `${name}=${value}`,
        ]),
        context,
      ]),
    );
    if (order.serverTest) {
      const call = async (args: readonly string[], stop: AbortSignal) => {
        // What the engine says of a container is not part of the build's log.
        const { code, tail: output } = await runEngine(engine, args, environment, () => undefined, stop);
        return { code, output };
      };
      const tools = { engine: call, work, clock: this.clock, signal: inTime, print };
      const outcome = await tryServer(names[0]!, order.serverTest, tools).catch(late(testBegins));
      print(`${outcomeLine(outcome)}\n`);
      if (outcome.kind === 'failed') throw buildFailure('exit code 1', undefined, outcomeLine(outcome), '');
    }
    for (const name of names) await check(run(['push', name]));
    return { digest: undefined, isFollowed: false };
  }

  private async findEngine(signal: AbortSignal): Promise<Engine> {
    const reasons: string[] = [];
    for (const engine of ['docker', 'podman'] as const) {
      let said = '';
      try {
        const code = await runEngine(engine, ['info'], process.env, (lines) => (said += lines), signal);
        if (code.code === 0) {
          this.log.info(`Building with ${engine} on this agent`);
          return engine;
        }
        reasons.push(`${engine}: ${said.trim().split('\n').at(-1)}`);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        reasons.push(`${engine}: ${messageOf(error)}`);
      }
    }
    throw new TaskFailure(
      `Input builder: neither Docker nor Podman responds on this agent (${reasons.join('; ')}).`,
      'Install one, start it, or build by ACR Tasks (builder "acrTasks").',
    );
  }

  private environment(work: string, order: BuildOrder): NodeJS.ProcessEnv {
    const auths = Object.fromEntries(
      Object.entries(this.options.logins).map(([server, { userName, password }]) => [
        server === 'docker.io' ? 'https://index.docker.io/v1/' : server,
        { auth: Buffer.from(`${userName}:${password.reveal()}`).toString('base64') },
      ]),
    );
    const file = path.join(work, 'config.json');
    fs.writeFileSync(file, JSON.stringify({ ...ownConfiguration(work), auths }), { mode: 0o600 });
    const secrets = order.arguments.flatMap(({ name, value }) =>
      value instanceof Secret ? [[name, value.reveal()]] : [],
    );
    return {
      ...process.env,
      DOCKER_CONFIG: work,
      REGISTRY_AUTH_FILE: file,
      BUILDKIT_PROGRESS: 'plain',
      // With its attestations BuildKit pushes an index of several manifests instead of the image.
      BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
      ...(Object.fromEntries(secrets) as Record<string, string>),
    };
  }
}

/**
 * What Docker's own configuration on this agent says of the engine: which one it is (contexts), by which plug-ins it builds
 * and which proxies builds are given. Its credentials are left where they are: the build signs in by those that it is given.
 * Source: Docker's CLI, config.json; a folder that DOCKER_CONFIG names takes the place of the user's in all of this.
 * @param work the folder that DOCKER_CONFIG will name; it gets a link to the contexts
 */
function ownConfiguration(work: string): object {
  const directory = path.resolve(process.env.DOCKER_CONFIG || path.join(os.homedir(), '.docker'));
  let own: DockerConfiguration | null = null;
  try {
    own = JSON.parse(fs.readFileSync(path.join(directory, 'config.json'), 'utf8')) as DockerConfiguration | null;
  } catch {
    // There is none; or Docker has said of it already that it cannot be read.
  }
  const contexts = path.join(directory, 'contexts');
  if (fs.existsSync(contexts)) fs.symlinkSync(contexts, path.join(work, 'contexts'), 'junction');
  const plugins = path.join(directory, 'cli-plugins');
  return {
    currentContext: own?.currentContext,
    proxies: own?.proxies,
    cliPluginsExtraDirs: [plugins, ...(own?.cliPluginsExtraDirs ?? [])],
  };
}

async function writeFile(directory: string, file: ContextFile, signal: AbortSignal): Promise<void> {
  const target = path.resolve(directory, file.path);
  // Names of a model's files come from storage, where a name may hold "..".
  if (!target.startsWith(path.join(directory, path.sep))) {
    throw new TaskFailure(
      `The file "${file.path}" would lie outside of the build's folder.`,
      'Register a model whose files lie beneath its path.',
    );
  }
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (file.link !== undefined) {
    fs.symlinkSync(file.link, target);
    return;
  }
  const { stream } = await file.open(signal);
  await pipeline(stream, fs.createWriteStream(target, { mode: file.executable ? 0o755 : 0o644 }), { signal });
}

async function check(running: Promise<{ code: number; tail: string }>): Promise<void> {
  const { code, tail } = await running;
  if (code !== 0) throw buildFailure(`exit code ${code}`, undefined, tail, 'The whole log stands above.');
}

/** Runs a command of the engine to its end; it ends at the signal. */
function runEngine(
  engine: Engine,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  print: (lines: string) => void,
  signal: AbortSignal,
): Promise<{ code: number; tail: string }> {
  return new Promise((resolve, reject) => {
    let tail = '';
    const lines = new LineReader((text) => {
      tail = (tail + text).slice(-tailLength);
      print(text);
    });
    const child = spawn(engine, args, { env, stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGTERM' });
    child.stdout.on('data', (bytes: Buffer) => lines.write(bytes));
    child.stderr.on('data', (bytes: Buffer) => lines.write(bytes));
    child.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    child.once('close', (code) => {
      lines.end();
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ code: code ?? 1, tail });
    });
  });
}
