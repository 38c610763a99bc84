import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from 'undici';
import type { LocalAzureContext } from '../../context';
import { createLocalAgent } from '../../registry/localAgent';
import { recordProcess } from '../../processes/processRecords';
import { DockerfileError, parseDockerfile } from '../dockerfile/parse';
import {
  BuildError,
  type BaseImage,
  type BuildRequest,
  type BuiltImage,
  type ContainerEngine,
  type ContainerGroupSandbox,
  type PulledImage,
  type SandboxRequest,
} from '../engine';
import { formatImageReference, localReference, parseImageReference, type ImageReference } from '../imageReference';
import { RegistryError, RepositoryClient, type RegistryLogin } from '../registryClient';
import { WorkFolder } from '../workFolder';
import { startOf, type ContainerConfig } from '../imageConfig';
import { baseNames } from './baseNames';
import { pullToFolder, pushFromFolder, type FolderImage } from './imageFolder';
import { Podman, PodmanError } from './podmanProgram';
import { PodSandbox } from './podSandbox';
import { messageOf } from '../../../messageOf';
import { signalGroup } from '../../../processSignals';

/** Builds and runs images with Podman: real containers, on base images that the local cloud's registries or its mirror hold. */
export class PodmanEngine implements ContainerEngine {
  readonly name = 'podman';
  private readonly agent: Agent;
  private readonly podman: Podman;
  private readonly work: WorkFolder;
  /** Names the pods of this state directory, so that those of a killed local cloud are found. */
  private readonly owner: string;
  private leftoversRemoved: Promise<void> | undefined;

  constructor(private readonly context: LocalAzureContext) {
    this.agent = createLocalAgent(context.caFile);
    this.podman = new Podman(context.cacheDir);
    this.work = new WorkFolder(context.cacheDir);
    this.owner = createHash('sha256').update(context.stateDir).digest('hex').slice(0, 12);
  }

  async build(request: BuildRequest): Promise<BuiltImage> {
    const { baseImages, steps } = await this.provideBases(request);
    const idFile = this.work.reserve('image-id');
    const names = Object.keys(request.buildArguments);
    // In Docker's form, as ACR Tasks build: OCI's has no place for a HEALTHCHECK.
    const args = ['build', '--format', 'docker', '--isolation', 'oci', '--pull=never', '--network', 'host'];
    args.push('--iidfile', idFile);
    args.push(
      '--platform',
      `linux/${request.architecture}`,
      '--file',
      join(request.contextDirectory, request.dockerfile),
    );
    if (request.noCache) args.push('--no-cache');
    else args.push('--layers');
    if (request.target) args.push('--target', request.target);
    // Values go by the environment, as arguments stand in the list of processes.
    for (const name of names) args.push('--build-arg', name);
    const exitCode = await this.follow([...args, request.contextDirectory], request.buildArguments, request);
    if (exitCode !== 0) throw new BuildError(`podman build ended with exit code ${exitCode}`, exitCode);
    const id = readFileSync(idFile, 'utf8').trim();
    rmSync(idFile);
    return { id, baseImages, layers: steps, cachedLayers: 0 };
  }

  async push(
    image: BuiltImage,
    name: string,
    login: RegistryLogin,
    log: (text: string) => void,
    signal: AbortSignal,
  ): Promise<{ digest: string; size: number }> {
    const { host, repository, tag = 'latest' } = parseImageReference(name);
    const folder = this.work.reserve('image');
    try {
      await this.podman.run(['push', '--quiet', '--compress', '--format', 'v2s2', image.id, `dir:${folder}`]);
      log(`The push refers to repository [${host}/${repository}]\n`);
      const client = new RepositoryClient(this.agent, host, repository, login, signal);
      const pushed = await pushFromFolder(client, tag, folder, log);
      log(`${tag}: digest: ${pushed.digest} size: ${pushed.size}\n`);
      return pushed;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async pull(name: string, login: RegistryLogin | undefined): Promise<PulledImage> {
    const reference = parseImageReference(name);
    const local = localReference(reference, this.context.port);
    const { digest, config } = await this.fetch(local, login, (id) => this.has(id));
    return { ...(await this.inspect(config.slice('sha256:'.length))), digest };
  }

  async asPulled({ id }: BuiltImage): Promise<PulledImage> {
    return this.inspect(id.replace(/^sha256:/, ''));
  }

  async createSandbox(request: SandboxRequest): Promise<ContainerGroupSandbox> {
    this.leftoversRemoved ??= this.removeLeftovers();
    await this.leftoversRemoved;
    return PodSandbox.create(this.podman, request, `local-azure=${this.owner}`);
  }

  async close(): Promise<void> {
    this.work.remove();
    await this.agent.close();
  }

  /**
   * Downloads an image into podman's storage.
   * @param isKnown whether podman has it already, by the image's id; it knows one that it built itself, but not by the
   * digest that it got in the registry
   */
  private async fetch(
    reference: ImageReference,
    login: RegistryLogin | undefined,
    isKnown: (id: string) => Promise<boolean>,
  ): Promise<FolderImage> {
    const repository = new RepositoryClient(this.agent, reference.host, reference.repository, login);
    const folder = this.work.reserve('image');
    try {
      const image = await pullToFolder(repository, reference.digest ?? reference.tag ?? 'latest', folder);
      const id = image.config.slice('sha256:'.length);
      if (!(await isKnown(id))) await this.podman.run(['pull', '--quiet', `dir:${folder}`]);
      return image;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private async inspect(id: string): Promise<PulledImage> {
    const text = await this.podman.run(['image', 'inspect', id]);
    const [{ Os: os, Architecture: architecture, Config }] = JSON.parse(text) as [
      { Os: string; Architecture: string; Config: ContainerConfig },
    ];
    return { reference: id, digest: `sha256:${id}`, os, architecture, ...startOf(Config) };
  }

  private async has(image: string): Promise<boolean> {
    try {
      await this.podman.run(['image', 'exists', image]);
      return true;
    } catch (error) {
      if (error instanceof PodmanError && error.exitCode === 1) return false;
      throw error;
    }
  }

  /** Brings every base image that the Dockerfile names into podman's storage, under the very name. */
  private async provideBases(request: BuildRequest): Promise<{ baseImages: BaseImage[]; steps: number }> {
    const { names, steps } = readBases(request);
    const baseImages: BaseImage[] = [];
    for (const name of names) baseImages.push(await this.provideBase(name, request));
    return { baseImages, steps };
  }

  private async provideBase(name: string, request: BuildRequest): Promise<BaseImage> {
    let reference: ImageReference;
    try {
      reference = parseImageReference(name);
    } catch (error) {
      throw new BuildError(messageOf(error));
    }
    const local = localReference(reference, this.context.port);
    try {
      const { digest, config } = await this.fetch(local, request.login(local.host), async () => false);
      const { host: registry, repository, tag } = reference;
      // A name with only a digest needs some tag to be found by.
      const tagged = formatImageReference({ host: registry, repository, tag: tag ?? 'by-digest' });
      await this.podman.run(['tag', config.slice('sha256:'.length), tagged]);
      return { registry, repository, tag, digest, standIn: false };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const hint = local.mirrored
        ? ` It is looked for as ${formatImageReference(local)}, to which someone must push it.`
        : '';
      throw new BuildError(
        error.isNotFound
          ? `manifest for ${name} not found: manifest unknown: ${error.message}.${hint}`
          : `pull access denied for ${reference.host}/${reference.repository}: ${error.message}`,
      );
    }
  }

  private follow(args: string[], environment: Record<string, string>, request: BuildRequest): Promise<number> {
    return new Promise((resolve, reject) => {
      request.signal.throwIfAborted();
      const child = this.podman.spawn(args, environment);
      const forget = child.pid
        ? recordProcess(this.context.stateDir, child.pid, 'podman build', { group: true })
        : () => undefined;
      const end = (): void => signalGroup(child.pid, 'SIGTERM');
      request.signal.addEventListener('abort', end, { once: true });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', (text: string) => request.log(text));
      }
      child.once('error', reject);
      child.once('close', (code) => {
        request.signal.removeEventListener('abort', end);
        forget();
        if (request.signal.aborted) reject(request.signal.reason as Error);
        else resolve(code ?? 1);
      });
    });
  }

  private async removeLeftovers(): Promise<void> {
    const listed = await this.podman.run(['pod', 'ps', '--quiet', '--filter', `label=local-azure=${this.owner}`]);
    const pods = listed.split('\n').filter(Boolean);
    if (pods.length === 0) return;
    this.context.log(`Removing ${pods.length} pod(s) left over from a former run.`);
    await this.podman.run(['pod', 'rm', '--force', ...pods]);
  }
}

/** The base images that the request's Dockerfile names, and of how many steps it is. */
function readBases({ contextDirectory, dockerfile, buildArguments }: BuildRequest): { names: string[]; steps: number } {
  try {
    const parsed = parseDockerfile(readFileSync(join(contextDirectory, dockerfile), 'utf8'));
    return { names: baseNames(parsed, buildArguments), steps: parsed.instructions.length };
  } catch (error) {
    if (error instanceof DockerfileError) throw new BuildError(`dockerfile parse error: ${error.message}`);
    throw new BuildError(messageOf(error));
  }
}
