import type { FastifyInstance } from 'fastify';
import type { AssetVersion } from '../assets/assetStore';
import type { RegisteredModels } from './registeredModels';
import type { RegistryQuery } from './registeredModelRoutes';
import { versionAnswer } from './registryAnswer';
import { pageOf } from './searchFilter';
import type { Pair } from './trackedRuns';

/** How a client names a version. */
interface VersionName {
  name?: string;
  version?: string;
}
type Body<T> = { Body: T | undefined };

/** The versions of MLflow's registered models. `route` ends in `/mlflow`. */
export function registerModelVersions(app: FastifyInstance, route: string, registry: RegisteredModels): void {
  const versions = `${route}/model-versions`;
  const answer = (version: AssetVersion) => ({ model_version: versionAnswer(version, registry) });

  app.post<Body<{ name?: string; source?: string; run_id?: string; description?: string; tags?: Pair[] }>>(
    `${versions}/create`,
    async ({ body }) => {
      const { name, run_id: run, ...rest } = body ?? {};
      return answer(registry.createVersion(name, { run, ...rest }));
    },
  );
  app.get<{ Querystring: VersionName }>(`${versions}/get`, async ({ query }) =>
    answer(registry.version(query.name, query.version)),
  );
  // As the artifacts of runs are: by the tracking endpoint itself, which each client of MLflow reads inside a job and outside.
  app.get<{ Querystring: VersionName }>(`${versions}/get-download-uri`, async ({ query }) => {
    const { name, version } = registry.version(query.name, query.version);
    return { artifact_uri: `mlflow-artifacts:/models/${name}/${version}` };
  });
  app.get<{ Querystring: RegistryQuery }>(`${versions}/search`, async ({ query }) => {
    const found = registry.searchVersions(query.filter, query.order_by ? [query.order_by].flat() : undefined);
    const { page, next } = pageOf(found, query.max_results, query.page_token, 10_000);
    return { model_versions: page.map((version) => versionAnswer(version, registry)), ...next };
  });
  app.route<Body<VersionName & { description?: string }>>({
    method: ['PATCH', 'POST'],
    url: `${versions}/update`,
    handler: async ({ body }) => answer(registry.describeVersion(body?.name, body?.version, body?.description)),
  });
  app.post<Body<VersionName & { stage?: string; archive_existing_versions?: boolean }>>(
    `${versions}/transition-stage`,
    async ({ body }) =>
      answer(registry.transition(body?.name, body?.version, body?.stage, body?.archive_existing_versions === true)),
  );
  app.delete<Body<VersionName>>(`${versions}/delete`, async ({ body }) => {
    registry.deleteVersion(body?.name, body?.version);
    return {};
  });
  app.post<Body<VersionName & Partial<Pair>>>(`${versions}/set-tag`, async ({ body }) => {
    registry.setVersionTag(body?.name, body?.version, body ?? {});
    return {};
  });
  app.delete<Body<VersionName & { key?: string }>>(`${versions}/delete-tag`, async ({ body }) => {
    registry.deleteVersionTag(body?.name, body?.version, body?.key);
    return {};
  });
}
