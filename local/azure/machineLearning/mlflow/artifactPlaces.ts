import type { BlockBlobClient } from '@azure/storage-blob';
import type { Blobs } from '../../context';
import { artifactContainer, artifactPrefix, type StorageLocation } from '../assets/storageLocation';
import type { RunStore } from '../runs/runStore';
import { MlflowError } from './mlflowError';

/** A folder or file that MLflow's clients name: in a run's artifacts, or in a version of a model. */
export class ArtifactPlace {
  constructor(
    private readonly blobs: Blobs,
    private readonly container: string,
    /** Without a slash at the end. */
    private readonly root: string,
    readonly path: string,
    readonly isModel: boolean,
  ) {}

  /** Every file beneath the place, by its path from the run or model on. */
  async files(): Promise<Array<{ path: string; size: number }>> {
    const within = this.path ? `${this.path}/` : '';
    const found: Array<{ path: string; size: number }> = [];
    for await (const { name, properties } of this.blobs
      .container(this.container)
      .listBlobsFlat({ prefix: `${this.root}/${within}` })) {
      found.push({ path: name.slice(this.root.length + 1), size: properties.contentLength ?? 0 });
    }
    return found;
  }

  blob(path = this.path): BlockBlobClient {
    return this.blobs.container(this.container).getBlockBlobClient(`${this.root}/${path}`);
  }
}

/** Finds what `mlflow-artifacts:/<run>/…` and `mlflow-artifacts:/models/<name>/<version>/…` mean. */
export class ArtifactPlaces {
  constructor(
    private readonly blobs: Blobs,
    private readonly runs: RunStore,
    /** Where the files of a model's version are. It throws where there is none. */
    private readonly modelLocation: (name: string, version: string) => StorageLocation | { problem: string },
  ) {}

  find(text: string): ArtifactPlace {
    const [run = '', ...rest] = text.split('/').filter(Boolean);
    if (run !== 'models') {
      if (!this.runs.get(run)) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run '${run}' not found`);
      return this.place(artifactContainer, artifactPrefix(run), rest, false);
    }
    const [name = '', version = '', ...path] = rest;
    const location = this.modelLocation(name, version);
    if ('container' in location) return this.place(location.container, location.path, path, true);
    const problem = 'problem' in location ? location.problem : `it is at ${location.url}.`;
    throw new MlflowError('INVALID_STATE', `Model ${name}, version ${version} is not in the workspace: ${problem}`);
  }

  private place(container: string, root: string, path: string[], isModel: boolean): ArtifactPlace {
    return new ArtifactPlace(this.blobs, container, root.replace(/\/+$/, ''), path.join('/'), isModel);
  }
}
