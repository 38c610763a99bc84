import { createHash } from 'node:crypto';
import type { Agent } from 'undici';
import type { LocalAzureContext } from '../../context';
import { createLocalAgent } from '../../registry/localAgent';
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
import { BuildCache } from './buildCache';
import { Builder } from './builder';
import { startOf, type ImageConfig } from '../imageConfig';
import { LayerStore, type Layer } from './layerStore';
import { MemoryMonitor } from './memoryMonitor';
import { ProcessGroupSandbox } from './processGroupSandbox';
import type { StageBase } from './stage';
import { RootFileSystems } from './rootFileSystems';
import { StandInBases } from './standIn';
import { engineSays, makeSystemPrograms } from './systemPrograms';
import { WorkFolder } from '../workFolder';
import { messageOf } from '../../../messageOf';

/** Docker's form, in which ACR Tasks push what they build. It knows no annotations. */
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const configType = 'application/vnd.docker.container.image.v1+json';
const layerType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** What the layers of the cache may take, about. */
const mostLayerBytes = 10 * 1024 ** 3;

interface LocalImage {
  digest: string;
  manifest: Buffer;
  config: Buffer;
  layers: Layer[];
}

/**
 * Builds and runs images without Docker or root: commands of a Dockerfile and containers are plain processes on this machine's
 * own system, images are ordinary OCI images. What it cannot carry out it says in the log.
 */
export class EmbeddedEngine implements ContainerEngine {
  readonly name = 'embedded';
  private readonly agent: Agent;
  private readonly store: LayerStore;
  private readonly cache: BuildCache;
  private readonly work: WorkFolder;
  private readonly roots: RootFileSystems;
  private readonly standIns: StandInBases;
  private readonly programs: string;
  private readonly memory = new MemoryMonitor();
  private readonly built = new Map<string, LocalImage>();
  private readonly pulled = new Map<string, { config: ImageConfig; layers: Layer[] }>();

  constructor(private readonly context: LocalAzureContext) {
    this.agent = createLocalAgent(context.caFile);
    this.store = new LayerStore(context.cacheDir);
    this.store.prune(mostLayerBytes).catch((error: Error) => context.log(`Old layers stay: ${error.message}`));
    this.cache = new BuildCache(context.cacheDir, this.store);
    this.work = new WorkFolder(context.cacheDir);
    this.roots = new RootFileSystems(context.cacheDir, this.store, this.work);
    this.standIns = new StandInBases(context.cacheDir, this.store, this.work);
    this.programs = makeSystemPrograms(context.cacheDir);
  }

  async build(request: BuildRequest): Promise<BuiltImage> {
    const { store, cache, work, roots, programs } = this;
    const outcome = await new Builder(
      {
        store,
        cache,
        work,
        roots,
        programs,
        stateDir: this.context.stateDir,
        cacheDir: this.context.cacheDir,
        resolveBase: (name) => this.resolveBase(name, request),
      },
      request,
    ).build();
    const image = packImage(outcome.stage.imageConfig(request.architecture), outcome.stage.layers);
    this.built.set(image.digest, image);
    request.log(`Successfully built ${sha256(image.config).slice('sha256:'.length, 'sha256:'.length + 12)}\n`);
    const { baseImages, layers, cachedLayers } = outcome;
    return { id: image.digest, baseImages, layers, cachedLayers };
  }

  async push(
    { id }: BuiltImage,
    name: string,
    login: RegistryLogin,
    log: (text: string) => void,
    signal: AbortSignal,
  ): Promise<{ digest: string; size: number }> {
    const image = this.built.get(id);
    if (!image) throw new Error(`image ${id} was not built here`);
    const reference = parseImageReference(name);
    const repository = new RepositoryClient(this.agent, reference.host, reference.repository, login, signal);
    log(`The push refers to repository [${reference.host}/${reference.repository}]\n`);
    for (const layer of image.layers) {
      const shown = layer.diffId.slice('sha256:'.length, 'sha256:'.length + 12);
      if (await repository.hasBlob(layer.digest)) log(`${shown}: Layer already exists\n`);
      else {
        await repository.pushBlob(layer.digest, layer.size, { file: this.store.archive(layer) });
        log(`${shown}: Pushed\n`);
      }
    }
    const config = sha256(image.config);
    if (!(await repository.hasBlob(config))) await repository.pushBlob(config, image.config.length, image.config);
    const tag = reference.tag ?? image.digest;
    await repository.pushManifest(tag, manifestType, image.manifest);
    log(`${tag}: digest: ${image.digest} size: ${image.manifest.length}\n`);
    return { digest: image.digest, size: image.manifest.length };
  }

  async pull(name: string, login: RegistryLogin | undefined): Promise<PulledImage> {
    const reference = parseImageReference(name);
    const { digest, config } = await this.fetch(localReference(reference, this.context.port), login);
    const { os, architecture } = config;
    return { reference: formatImageReference(reference), digest, os, architecture, ...startOf(config.config) };
  }

  async asPulled({ id }: BuiltImage): Promise<PulledImage> {
    const image = this.built.get(id);
    if (!image) throw new Error(`image ${id} was not built here`);
    const config = JSON.parse(image.config.toString()) as ImageConfig;
    this.pulled.set(id, { config, layers: image.layers });
    return { reference: id, digest: id, os: config.os, architecture: config.architecture, ...startOf(config.config) };
  }

  async createSandbox(request: SandboxRequest): Promise<ContainerGroupSandbox> {
    const { roots, memory, programs, pulled: images } = this;
    const { stateDir, log } = this.context;
    return new ProcessGroupSandbox({ roots, memory, programs, stateDir, images, log }, request);
  }

  async close(): Promise<void> {
    this.work.remove();
    await this.agent.close();
  }

  /** Manifest and config from the registry, layers from there too unless this machine has them. */
  private async fetch(
    reference: ImageReference,
    login: RegistryLogin | undefined,
  ): Promise<{ digest: string; config: ImageConfig; layers: Layer[] }> {
    const repository = new RepositoryClient(this.agent, reference.host, reference.repository, login);
    const { digest, mediaType, content } = await repository.manifest(reference.digest ?? reference.tag ?? 'latest');
    const manifest = JSON.parse(content.toString()) as {
      config?: { digest: string };
      layers?: Array<{ digest: string; mediaType: string }>;
    };
    if (!manifest.config || !manifest.layers) {
      throw new Error(`${formatImageReference(reference)} is a ${mediaType}, not the manifest of one image`);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of await repository.blob(manifest.config.digest)) chunks.push(chunk as Buffer);
    const config = JSON.parse(Buffer.concat(chunks).toString()) as ImageConfig;
    const layers: Layer[] = [];
    for (const [index, descriptor] of manifest.layers.entries()) {
      const diffId = config.rootfs.diff_ids[index] ?? '';
      const known = this.store.find(diffId);
      layers.push(
        known ??
          (await this.store.import(await repository.blob(descriptor.digest), {
            diffId,
            mediaType: descriptor.mediaType,
          })),
      );
    }
    this.pulled.set(digest, { config, layers });
    return { digest, config, layers };
  }

  private async resolveBase(name: string, request: BuildRequest): Promise<StageBase & { image?: BaseImage }> {
    const created = new Date(0).toISOString();
    if (name === 'scratch') return { key: 'scratch', config: {}, layers: [], history: [], created };
    let reference: ImageReference;
    try {
      reference = parseImageReference(name);
    } catch (error) {
      throw new BuildError(messageOf(error));
    }
    const { host: registry, repository, tag, digest } = reference;
    const image = (standIn: boolean): BaseImage => ({ registry, repository, tag, digest, standIn });
    const local = localReference(reference, this.context.port);
    try {
      const found = await this.fetch(local, request.login(local.host));
      request.log(` ---> ${found.digest}\n`);
      const { config, history, created } = found.config;
      return {
        key: found.digest,
        config: config ?? {},
        layers: found.layers,
        history: history ?? [],
        created,
        image: { ...image(false), digest: found.digest },
      };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (!local.mirrored || !error.isNotFound) {
        throw new BuildError(
          error.isNotFound
            ? `manifest for ${name} not found: manifest unknown: ${error.message}`
            : `pull access denied for ${reference.host}/${reference.repository}: ${error.message}`,
        );
      }
    }
    const standIn = await this.standIns.get(reference, request.architecture);
    request.log(
      `${engineSays} ${registry}/${repository} is not on this machine: using the embedded stand-in (Python ${standIn.python.version} of this machine)\n`,
    );
    if (digest)
      request.log(`${engineSays} the digest ${digest} is accepted for the stand-in, which is another image\n`);
    return {
      key: `${standIn.config.rootfs.diff_ids.join()} for ${formatImageReference(reference)}`,
      config: standIn.config.config,
      layers: standIn.layers,
      history: standIn.config.history,
      created: standIn.config.created,
      image: image(true),
    };
  }
}

/** The image as it goes to a registry. */
function packImage(imageConfig: ImageConfig, layers: Layer[]): LocalImage {
  const config = Buffer.from(JSON.stringify(imageConfig));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, digest: sha256(config), size: config.length },
      layers: layers.map((layer) => ({ mediaType: layerType, digest: layer.digest, size: layer.size })),
    }),
  );
  return { digest: sha256(manifest), manifest, config, layers };
}

const sha256 = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
