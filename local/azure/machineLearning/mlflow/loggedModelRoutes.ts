import type { FastifyInstance } from 'fastify';
import { loggedModelAnswer, type LoggedModelQuery, type LoggedModels, type NewLoggedModel } from './loggedModels';
import type { Pair } from './trackedRuns';

interface OfModel<Body> {
  Params: { id: string };
  Body: Body | undefined;
}

/** The models that MLflow 3 logs. `route` ends in `/mlflow`. */
export function registerLoggedModels(app: FastifyInstance, route: string, models: LoggedModels): void {
  const one = `${route}/logged-models/:id`;

  app.post<{ Body: NewLoggedModel | undefined }>(`${route}/logged-models`, async ({ body }) =>
    loggedModelAnswer(models.create(body ?? {})),
  );
  app.get<{ Params: { id: string } }>(one, async ({ params }) => loggedModelAnswer(models.find(params.id)));
  app.patch<OfModel<{ status?: string }>>(one, async ({ params, body }) =>
    loggedModelAnswer(models.setStatus(params.id, body?.status)),
  );
  app.patch<OfModel<{ tags?: Pair[] }>>(`${one}/tags`, async ({ params, body }) =>
    loggedModelAnswer(models.addTags(params.id, body?.tags)),
  );
  app.post<OfModel<{ params?: Pair[] }>>(`${one}/params`, async ({ params, body }) =>
    loggedModelAnswer(models.addParams(params.id, body?.params)),
  );
  app.post<{ Body: LoggedModelQuery | undefined }>(`${route}/logged-models/search`, async ({ body }) =>
    models.search(body ?? {}),
  );
}
