import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { RunArtifacts } from '../runs/runArtifacts';
import type { RunStore } from '../runs/runStore';
import { MlflowError } from './mlflowError';

type Wildcard = { Params: { '*': string } };

/**
 * The artifacts of runs for MLflow's client: listed, and passed through to the blobs where the job's own artifacts are, so
 * that what a script logs is found at `azureml://jobs/<run>/outputs/artifacts/paths/`. `api` ends in `/api/2.0`.
 */
export function registerMlflowArtifacts(
  app: FastifyInstance,
  api: string,
  runs: RunStore,
  artifacts: RunArtifacts,
): void {
  // Bodies are files, whatever type they say that they are.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  const list = async (run: string, path: string) => {
    if (!runs.get(run)) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run '${run}' not found`);
    const prefix = path.replace(/\/?$/, path ? '/' : '');
    const entries = new Map<string, { path: string; is_dir: boolean; file_size?: number }>();
    for (const file of await artifacts.list(run, prefix)) {
      const rest = file.path.slice(prefix.length);
      const [first = ''] = rest.split('/');
      const entry = prefix + first;
      entries.set(
        entry,
        rest === first ? { path: entry, is_dir: false, file_size: file.size } : { path: entry, is_dir: true },
      );
    }
    return [...entries.values()];
  };
  const split = (text: string): { run: string; path: string } => {
    const [run = '', ...path] = text.split('/').filter(Boolean);
    return { run, path: path.join('/') };
  };

  app.get<{ Querystring: { run_id?: string; run_uuid?: string; path?: string } }>(
    `${api}/mlflow/artifacts/list`,
    async (request) => {
      const { run_id: id, run_uuid: uuid, path = '' } = request.query;
      return { root_uri: `mlflow-artifacts:/${id ?? uuid}`, files: await list(id ?? uuid ?? '', path) };
    },
  );

  const proxy = `${api}/mlflow-artifacts/artifacts`;
  app.get<{ Querystring: { path?: string } }>(proxy, async (request) => {
    const { run, path } = split(request.query.path ?? '');
    const files = await list(run, path);
    // Paths are relative to the folder that was asked for.
    return { files: files.map((file) => ({ ...file, path: file.path.split('/').at(-1) })) };
  });
  app.put<Wildcard>(`${proxy}/*`, async (request) => {
    const { run, path } = split(request.params['*']);
    if (!runs.get(run)) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run '${run}' not found`);
    const blob = artifacts.client(run, path);
    // An empty file comes without a body.
    if (request.body) await blob.uploadStream(request.body as Readable);
    else await blob.upload('', 0);
    return {};
  });
  app.get<Wildcard>(`${proxy}/*`, async (request, reply) => {
    const { run, path } = split(request.params['*']);
    const blob = artifacts.client(run, path);
    if (!runs.get(run) || !(await blob.exists())) {
      throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Artifact '${path}' of run '${run}' not found`);
    }
    const download = await blob.download();
    return reply.type('application/octet-stream').send(download.readableStreamBody);
  });
  app.delete<Wildcard>(`${proxy}/*`, async (request) => {
    const { run, path } = split(request.params['*']);
    for (const file of await artifacts.list(run, path)) await artifacts.client(run, file.path).deleteIfExists();
    return {};
  });
}
