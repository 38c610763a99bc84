import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Registries, RegistryName } from './registries';
import { registryRoute } from './registryRoutes';
import { runAnswer } from './runAnswer';
import type { Runs } from './runs';

type Route = { Params: RegistryName };
type RunRoute = { Params: RegistryName & { run: string } };

/** ACR Tasks. Source: azure-specs Microsoft.ContainerRegistry 2019-06-01-preview; 2019-04-01 is the same for these paths. */
export function registerRuns(app: FastifyInstance, registries: Registries, runs: Runs): void {
  app.post<Route>(`${registryRoute}/listBuildSourceUploadUrl`, async (request) =>
    runs.uploadPlace(registries.get(request.params), correlationId(request)),
  );
  app.post<Route & { Querystring: { 'api-version'?: string } }>(
    `${registryRoute}/scheduleRun`,
    async ({ params, body, query }) => {
      const account = registries.get(params);
      return runAnswer(await runs.schedule(account, body, query['api-version'] ?? ''), account);
    },
  );
  app.get<Route & { Querystring: { $filter?: string; $top?: string } }>(
    `${registryRoute}/runs`,
    async ({ params, query }) => ({ value: runs.list(registries.get(params), query.$filter, query.$top) }),
  );
  app.get<RunRoute>(`${registryRoute}/runs/:run`, async ({ params }) => {
    const account = registries.get(params);
    return runAnswer(runs.get(account, params.run), account);
  });
  app.post<RunRoute>(`${registryRoute}/runs/:run/listLogSasUrl`, async ({ params }) => {
    const account = registries.get(params);
    return { logLink: await runs.logUrl(account, runs.get(account, params.run)) };
  });
  app.post<RunRoute>(`${registryRoute}/runs/:run/cancel`, async ({ params }, reply) => {
    const run = runs.get(registries.get(params), params.run);
    return reply.code(runs.cancel(run) ? 202 : 200).send();
  });
}

function correlationId(request: FastifyRequest): string {
  const given = request.headers['x-ms-correlation-request-id'];
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
}
