import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ArtifactPlace, ArtifactPlaces } from './artifactPlaces';
import { MlflowError } from './mlflowError';

type Wildcard = { Params: { '*': string } };

/**
 * The artifacts of runs and models for MLflow's client: listed, and passed through to the blobs where the job's own artifacts
 * are, so that what a script logs is found at `azureml://jobs/<run>/outputs/artifacts/paths/`. `api` ends in `/api/2.0`.
 */
export function registerMlflowArtifacts(app: FastifyInstance, api: string, places: ArtifactPlaces): void {
  // Bodies are files, whatever type they say that they are.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.get<{ Querystring: { run_id?: string; run_uuid?: string; path?: string } }>(
    `${api}/mlflow/artifacts/list`,
    async (request) => {
      const { run_id: id, run_uuid: uuid, path = '' } = request.query;
      const run = id ?? uuid ?? '';
      return { root_uri: `mlflow-artifacts:/${run}`, files: await list(places.find(`${run}/${path}`)) };
    },
  );

  const proxy = `${api}/mlflow-artifacts/artifacts`;
  app.get<{ Querystring: { path?: string } }>(proxy, async (request) => {
    const files = await list(places.find(request.query.path ?? ''));
    // Paths are relative to the folder that was asked for.
    return { files: files.map((file) => ({ ...file, path: file.path.split('/').at(-1) })) };
  });
  app.put<Wildcard>(`${proxy}/*`, async (request) => {
    const blob = ofRun(places.find(request.params['*'])).blob();
    // An empty file comes without a body.
    if (request.body) await blob.uploadStream(request.body as Readable);
    else await blob.upload('', 0);
    return {};
  });
  app.get<Wildcard>(`${proxy}/*`, async (request, reply) => {
    const blob = places.find(request.params['*']).blob();
    if (!(await blob.exists())) {
      throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Artifact '${request.params['*']}' not found`);
    }
    const download = await blob.download();
    return reply.type('application/octet-stream').send(download.readableStreamBody);
  });
  app.delete<Wildcard>(`${proxy}/*`, async (request) => {
    const place = ofRun(places.find(request.params['*']));
    for (const { path } of await place.files()) await place.blob(path).deleteIfExists();
    await place.blob().deleteIfExists();
    return {};
  });
}

/** The files and folders right beneath a place. */
async function list(place: ArtifactPlace) {
  const prefix = place.path ? `${place.path}/` : '';
  const entries = new Map<string, { path: string; is_dir: boolean; file_size?: number }>();
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
