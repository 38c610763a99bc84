import type { ContainerGroupSandbox, ContainerSpec, RunningContainer, SandboxRequest } from '../engine';
import type { ImageConfig } from './imageConfig';
import type { Layer, LayerStore } from './layerStore';
import type { WorkFolder } from '../workFolder';

export interface SandboxTools {
  store: LayerStore;
  work: WorkFolder;
  programs: string;
  stateDir: string;
  cacheDir: string;
  /** Images that were pulled, by digest. */
  images: ReadonlyMap<string, { config: ImageConfig; layers: Layer[] }>;
}

export class ProcessGroupSandbox implements ContainerGroupSandbox {
  constructor(
    private readonly tools: SandboxTools,
    private readonly request: SandboxRequest,
  ) {}

  async start(_container: ContainerSpec): Promise<RunningContainer> {
    throw new Error(`${this.tools.stateDir} ${this.request.id}`);
  }

  async remove(): Promise<void> {}
}
