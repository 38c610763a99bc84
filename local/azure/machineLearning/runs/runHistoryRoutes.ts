import type { FastifyInstance } from 'fastify';
import { dataPlaneRoute } from '../resourceIds';
import type { RunHistory } from './runHistory';

interface RunParams {
  run: string;
}

/** The data plane of run history. */
export function registerRunHistory(app: FastifyInstance, runs: RunHistory): void {
  const history = dataPlaneRoute('history');
  for (const scope of [`${history}/runs/:run`, `${history}/experiments/:experiment/runs/:run`]) {
    app.get<{ Params: RunParams }>(scope, async ({ params }) => runs.summary(runs.find(params.run)));
    app.get<{ Params: RunParams }>(`${scope}/details`, async ({ params }) => runs.details(runs.find(params.run)));
    app.get<{ Params: RunParams }>(`${scope}/children`, async ({ params }) => runs.children(runs.find(params.run)));
  }
  app.post<{ Body: { runId: string } | undefined }>(`${history}/rundata`, async ({ body }) => {
    const run = runs.find(body?.runId ?? '');
    return { runMetadata: runs.summary(run), runDefinition: null, jobSpecification: null, systemSettings: null };
  });
}
