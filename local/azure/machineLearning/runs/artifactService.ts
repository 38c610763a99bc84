import type { FastifyInstance } from 'fastify';
import { notFound } from '../mlError';
import { dataPlaneRoute } from '../resourceIds';
import type { RunArtifact, RunArtifacts } from './runArtifacts';
import type { RunStore } from './runStore';

interface Params {
  container: string;
}
interface Query {
  path?: string;
}

/** The artifact service for what runs leave (origin ExperimentRun, container dcid.<run>): lists, and URLs to read. */
export function registerArtifactService(app: FastifyInstance, runs: RunStore, artifacts: RunArtifacts): void {
  const route = `${dataPlaneRoute('artifact')}/artifacts/ExperimentRun/:container`;
  const runOf = (container: string): string => {
    const run = container.replace(/^dcid\./, '');
    if (!runs.get(run)) throw notFound(`Artifact container ${container}`);
    return run;
  };
  const contentInfo = (run: string, path: string) => ({
    contentUri: artifacts.readUrl(run, path),
    origin: 'ExperimentRun',
    container: `dcid.${run}`,
    path,
  });
  const list = async (
    request: { params: Params; query: Query },
    answer: (run: string, file: RunArtifact) => unknown,
  ) => {
    const run = runOf(request.params.container);
    const files = await artifacts.list(run, request.query.path ?? '');
    return { value: files.map((file) => answer(run, file)), continuationToken: null, nextLink: null };
  };

  app.get<{ Params: Params; Querystring: Query }>(route, async (request) =>
    list(request, (run, file) => ({
      artifactId: `ExperimentRun/dcid.${run}/${file.path}`,
      origin: 'ExperimentRun',
      container: `dcid.${run}`,
      path: file.path,
      etag: file.etag,
      createdTime: file.createdUtc,
      dataPath: { dataStoreName: 'workspaceartifactstore', relativePath: `ExperimentRun/dcid.${run}/${file.path}` },
    })),
  );
  app.get<{ Params: Params; Querystring: Query }>(`${route}/prefix/contentinfo`, async (request) =>
    list(request, (run, file) => contentInfo(run, file.path)),
  );
  app.get<{ Params: Params; Querystring: Query }>(`${route}/contentinfo`, async (request) => {
    const run = runOf(request.params.container);
    const path = request.query.path ?? '';
    if (!(await artifacts.client(run, path).exists())) throw notFound(`Artifact ${path} of run ${run}`);
    return contentInfo(run, path);
  });
}
