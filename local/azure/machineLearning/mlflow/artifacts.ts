import type { Readable } from 'node:stream';
import type { ArtifactPlace, ArtifactPlaces } from './artifactPlaces';
import { MlflowError } from './mlflowError';

interface ListedArtifact {
  readonly path: string;
  readonly is_dir: boolean;
  readonly file_size?: number;
}

/**
 * The artifacts of runs and models, in the blobs where the job's own artifacts are, so that what a script logs is found at
 * `azureml://jobs/<run>/outputs/artifacts/paths/`. Paths begin with a run, or with models/<name>/<version>.
 */
export class Artifacts {
  constructor(private readonly places: ArtifactPlaces) {}

  /** The files and folders right beneath a path, by their paths from the run or model on. */
  async list(path: string): Promise<ListedArtifact[]> {
    return list(this.places.find(path));
  }

  /** The same by their names, as the proxy lists them. */
  async names(path: string): Promise<ListedArtifact[]> {
    return (await this.list(path)).map((file) => ({ ...file, path: file.path.split('/').at(-1)! }));
  }

  /** @param content undefined of an empty file, which comes without a body. @throws MlflowError where it is a model's */
  async write(path: string, content: Readable | undefined): Promise<void> {
    const blob = ofRun(this.places.find(path)).blob();
    if (content) await blob.uploadStream(content);
    else await blob.upload('', 0);
  }

  /** @throws MlflowError where there is no such file */
  async read(path: string): Promise<NodeJS.ReadableStream | undefined> {
    const blob = this.places.find(path).blob();
    if (!(await blob.exists())) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Artifact '${path}' not found`);
    return (await blob.download()).readableStreamBody;
  }

  /** A file, or a folder with all that is in it. @throws MlflowError where it is a model's */
  async remove(path: string): Promise<void> {
    const place = ofRun(this.places.find(path));
    for (const file of await place.files()) await place.blob(file.path).deleteIfExists();
    await place.blob().deleteIfExists();
  }
}

async function list(place: ArtifactPlace): Promise<ListedArtifact[]> {
  const prefix = place.path ? `${place.path}/` : '';
  const entries = new Map<string, ListedArtifact>();
  for (const { path, size } of await place.files()) {
    const rest = path.slice(prefix.length);
    const [first = ''] = rest.split('/');
    const entry = prefix + first;
    entries.set(
      entry,
      rest === first ? { path: entry, is_dir: false, file_size: size } : { path: entry, is_dir: true },
    );
  }
  return [...entries.values()];
}

function ofRun(place: ArtifactPlace): ArtifactPlace {
  if (!place.isModel) return place;
  throw new MlflowError('INVALID_PARAMETER_VALUE', 'The files of a registered model cannot be changed.');
}
