import type { FastifyInstance } from 'fastify';
import type { AssetContainer } from '../assets/assetStore';
import { MlflowError } from './mlflowError';
import type { RegisteredModels } from './registeredModels';
import { modelAnswer, versionAnswer } from './registryAnswer';
import { pageOf } from './searchFilter';
import type { Pair } from './trackedRuns';

/** How a client asks the registry for what fits. */
export interface RegistryQuery {
  filter?: string;
  max_results?: number | string;
  order_by?: string | string[];
  page_token?: string;
}

type Body<T> = { Body: T | undefined };
type Alias = { name?: string; alias?: string };

/** Source: learn.microsoft.com/azure/machine-learning/how-to-manage-models-mlflow, the table of support and its footnote 3. */
const immutable = 'Registered models are immutable objects in Azure Machine Learning.';

/** MLflow's registered models, which in Azure ML are the workspace's models. `route` ends in `/mlflow`. */
export function registerRegisteredModels(app: FastifyInstance, route: string, registry: RegisteredModels): void {
  const models = `${route}/registered-models`;
  const answer = (model: AssetContainer) => ({ registered_model: modelAnswer(model, registry) });

  app.post<Body<{ name?: string; description?: string; tags?: Pair[] }>>(`${models}/create`, async ({ body }) =>
    answer(registry.create(body?.name, body?.description, body?.tags)),
  );
  app.get<{ Querystring: { name?: string } }>(`${models}/get`, async ({ query }) => answer(registry.model(query.name)));
  app.get<{ Querystring: RegistryQuery }>(`${models}/search`, async ({ query }) => {
    const found = registry.searchModels(query.filter, query.order_by ? [query.order_by].flat() : undefined);
    const { page, next } = pageOf(found, query.max_results, query.page_token, 100);
    return { registered_models: page.map((model) => modelAnswer(model, registry)), ...next };
  });
  app.route<Body<{ name?: string; description?: string }>>({
    method: ['PATCH', 'POST'],
    url: `${models}/update`,
    handler: async ({ body }) => answer(registry.describeModel(body?.name, body?.description)),
  });
  app.post<Body<{ name?: string; new_name?: string }>>(`${models}/rename`, async () => {
    throw new MlflowError('NOT_IMPLEMENTED', `Azure Machine Learning does not rename registered models. ${immutable}`);
  });
  app.delete<Body<{ name?: string }>>(`${models}/delete`, async ({ body }) => {
    registry.model(body?.name);
    throw new MlflowError('NOT_IMPLEMENTED', `Azure Machine Learning does not delete registered models, only their versions. ${immutable}`); // prettier-ignore
  });
  app.route<Body<{ name?: string; stages?: string[] }> & { Querystring: { name?: string; stages?: string } }>({
    method: ['GET', 'POST'],
    url: `${models}/get-latest-versions`,
    handler: async ({ body, query }) => {
      const stages = body?.stages ?? (query.stages ? [query.stages].flat() : undefined);
      const found = registry.latest(body?.name ?? query.name, stages);
      return { model_versions: found.map((version) => versionAnswer(version, registry)) };
    },
  });
  app.post<Body<{ name?: string } & Partial<Pair>>>(`${models}/set-tag`, async ({ body }) => {
    registry.setModelTag(body?.name, body?.key, body?.value);
    return {};
  });
  app.delete<Body<{ name?: string; key?: string }>>(`${models}/delete-tag`, async ({ body }) => {
    registry.deleteModelTag(body?.name, body?.key);
    return {};
  });
  app.post<Body<Alias & { version?: string }>>(`${models}/alias`, async ({ body }) => {
    registry.setAlias(body?.name, body?.alias, body?.version);
    return {};
  });
  app.get<{ Querystring: Alias }>(`${models}/alias`, async ({ query }) => ({
    model_version: versionAnswer(registry.aliased(query.name, query.alias), registry),
  }));
  app.delete<Body<Alias>>(`${models}/alias`, async ({ body }) => {
    registry.deleteAlias(body?.name, body?.alias);
    return {};
  });
}
