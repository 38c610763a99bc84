import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Artifacts } from './artifacts';

type Wildcard = { Params: { '*': string } };

/** The artifacts of runs and models for MLflow's client: listed, and passed through. `api` ends in `/api/2.0`. */
export function registerMlflowArtifacts(app: FastifyInstance, api: string, artifacts: Artifacts): void {
  // Bodies are files, whatever type they say that they are.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.get<{ Querystring: { run_id?: string; run_uuid?: string; path?: string } }>(
    `${api}/mlflow/artifacts/list`,
    async ({ query }) => {
      const run = query.run_id ?? query.run_uuid ?? '';
      return { root_uri: `mlflow-artifacts:/${run}`, files: await artifacts.list(`${run}/${query.path ?? ''}`) };
    },
  );

  const proxy = `${api}/mlflow-artifacts/artifacts`;
  app.get<{ Querystring: { path?: string } }>(proxy, async ({ query }) => ({
    files: await artifacts.names(query.path ?? ''),
  }));
  app.put<Wildcard>(`${proxy}/*`, async ({ params, body }) => {
    await artifacts.write(params['*'], body as Readable | undefined);
    return {};
  });
  app.get<Wildcard>(`${proxy}/*`, async ({ params }, reply) =>
    reply.type('application/octet-stream').send(await artifacts.read(params['*'])),
  );
  app.delete<Wildcard>(`${proxy}/*`, async ({ params }) => {
    await artifacts.remove(params['*']);
    return {};
  });
}
