import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildCache, CachedStep } from './buildCache';
import { stepKey } from './buildCache';
import {
  isOnStandIn,
  readEnvironment,
  type ContainerConfig,
  type HistoryEntry,
  type ImageConfig,
} from '../imageConfig';
import { ImagePaths } from './imagePaths';
import type { Layer, LayerStore } from './layerStore';
import type { LayerEntry } from './layerEntry';
import type { RootFileSystems } from './rootFileSystems';
import type { Snapshot } from './snapshot';
import type { UnpackedLayer } from './unpackedLayer';
import type { WorkFolder } from '../workFolder';

export interface StageTools {
  store: LayerStore;
  cache: BuildCache;
  work: WorkFolder;
  roots: RootFileSystems;
  /** Folder of the stand-ins for system programs. */
  programs: string;
}

/** The image that a FROM begins with. */
export interface StageBase {
  /** What the stage's cache keys begin with: the same for the same base. */
  key: string;
  config: ContainerConfig;
  layers: Layer[];
  history: HistoryEntry[];
  created: string;
}

/** A build stage on its way: the image so far, and, while commands run, its files put together. */
export class Stage {
  readonly layers: Layer[];
  readonly config: ContainerConfig;
  readonly history: HistoryEntry[];
  /** Values of the build arguments that the stage declared. */
  readonly buildArguments: Record<string, string> = {};
  key: string;
  created: string;
  /** It has a CMD of its own, which an ENTRYPOINT leaves. */
  hasOwnCommand = false;
  /**
   * What the files put together were like after the last command, or when they were put together, and which of them the
   * command changed.
   */
  lastSnapshot: { files: Snapshot; changed: string[] } | undefined;
  private root: string | undefined;

  constructor(
    private readonly tools: StageTools,
    base: StageBase,
  ) {
    this.layers = [...base.layers];
    this.config = structuredClone(base.config);
    this.history = [...base.history];
    this.key = base.key;
    this.created = base.created;
  }

  /** The arguments that run a command by the stage's shell. */
  inShell(command: string): string[] {
    return [...(this.config.Shell ?? ['/bin/sh', '-c']), command];
  }

  /** What variables mean in the stage's instructions: an ENV goes before an ARG. */
  get variables(): Record<string, string> {
    return { ...this.buildArguments, ...readEnvironment(this.config.Env) };
  }

  get workingDirectory(): string {
    return this.config.WorkingDir || '/';
  }

  /** Notes an instruction that changes only the image's config. */
  configure(createdBy: string): void {
    this.key = stepKey(this.key, createdBy, this.config);
    this.history.push({ created: this.created, created_by: createdBy, empty_layer: true });
  }

  /**
   * Carries out an instruction that changes files, unless the cache has its outcome. `make` returns the changes as entries
   * of a layer; `inPlace` when it makes them in the files put together. `notes` are filled by it, or from the cache. Returns
   * whether the outcome came from the cache.
   */
  async change(
    step: { inputs: unknown[]; createdBy: string; useCache: boolean; inPlace: boolean; notes: string[] },
    make: () => Promise<LayerEntry[]>,
  ): Promise<boolean> {
    this.key = stepKey(this.key, step.inputs);
    const cached = step.useCache ? this.tools.cache.find(this.key) : undefined;
    let outcome: CachedStep;
    if (cached) {
      outcome = cached;
      step.notes.push(...cached.notes);
    } else {
      const entries = await make();
      const layer = entries.length > 0 ? await this.tools.store.create(entries) : undefined;
      outcome = { layer, created: new Date().toISOString(), notes: step.notes };
      this.tools.cache.put(this.key, outcome);
    }
    // Files that were put together before do not have this change.
    if (outcome.layer && (cached || !step.inPlace)) this.leaveRoot();
    // The next step stands on what this one made, whatever made it.
    this.key = stepKey(this.key, outcome.layer?.diffId);
    const empty = outcome.layer ? {} : { empty_layer: true as const };
    if (outcome.layer) this.layers.push(outcome.layer);
    this.created = outcome.created;
    this.history.push({ created: outcome.created, created_by: step.createdBy, ...empty });
    return cached !== undefined;
  }

  unpackedLayers(): Promise<UnpackedLayer[]> {
    return Promise.all(this.layers.map((layer) => this.tools.store.unpacked(layer)));
  }

  /** The stage's files put together, for a command to work on. */
  async rootFileSystem(): Promise<{ root: string; paths: ImagePaths }> {
    if (!this.root) {
      const { root, files } = await this.tools.roots.take(this.layers, 'build');
      this.root = root;
      this.lastSnapshot = { files, changed: [] };
    }
    return {
      root: this.root,
      paths: new ImagePaths(this.root, isOnStandIn(this.config) ? this.tools.programs : undefined),
    };
  }

  /** The next command has the files put together again. */
  leaveRoot(): void {
    if (this.root) this.tools.roots.giveBack(this.root, this.layers);
    this.root = undefined;
    this.lastSnapshot = undefined;
  }

  /** A command wrote into files that it shares with unpacked layers: those are unpacked again before they are used again. */
  async repairLayers(paths: string[]): Promise<void> {
    const contents = paths.length > 0 ? await this.unpackedLayers() : [];
    for (const [index, content] of contents.entries()) {
      if (paths.some((path) => existsSync(join(content.root, path)))) {
        await this.tools.store.damaged(this.layers[index] as Layer);
      }
    }
  }

  imageConfig(architecture: string): ImageConfig {
    return {
      created: this.created,
      architecture,
      os: 'linux',
      config: this.config,
      rootfs: { type: 'layers', diff_ids: this.layers.map((layer) => layer.diffId) },
      history: this.history,
    };
  }
}
