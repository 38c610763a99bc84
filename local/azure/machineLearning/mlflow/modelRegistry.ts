import type { FastifyInstance } from 'fastify';
import type { AssetContainer, AssetVersion } from '../assets/assetStore';
import { MlflowError, required } from './mlflowError';
import { type RegisteredModels, stageOf, tagsOf, type Pair } from './registeredModels';
import { pageOf } from './searchFilter';

interface VersionQuery {
  name?: string;
  version?: string;
}
interface Search {
  filter?: string;
  max_results?: number | string;
  order_by?: string | string[];
  page_token?: string;
}
type Body<T> = { Body: T | undefined };

/** Source: learn.microsoft.com/azure/machine-learning/how-to-manage-models-mlflow, the table of support and its footnote 3. */
const immutable = 'Registered models are immutable objects in Azure Machine Learning.';

/** MLflow's model registry, which in Azure ML is the workspace's models. `route` ends in `/mlflow`. */
export function registerModelRegistry(app: FastifyInstance, route: string, registry: RegisteredModels): void {
  const pairs = (tags: Record<string, string>) => Object.entries(tags).map(([key, value]) => ({ key, value }));
  const aliasesOf = (model: AssetContainer) =>
    Object.entries(registry.aliases(model)).map(([alias, version]) => ({ alias, version }));
  const versionAnswer = (found: AssetVersion) => ({
    name: found.name,
    version: found.version,
    creation_timestamp: Date.parse(found.system.createdAt),
    last_updated_timestamp: Date.parse(found.system.lastModifiedAt),
    current_stage: stageOf(found.properties.stage),
    description: found.properties.description ?? '',
    source: found.properties.modelUri,
    run_id: found.properties.jobName,
    status: 'READY',
    tags: pairs(tagsOf(found)),
    aliases: aliasesOf(registry.model(found.name)).flatMap(({ alias, version }) =>
      version === found.version ? [alias] : [],
    ),
  });
  const modelAnswer = (model: AssetContainer) => ({
    name: model.name,
    creation_timestamp: Date.parse(model.system.createdAt),
    last_updated_timestamp: Date.parse(model.system.lastModifiedAt),
    description: model.properties.description ?? '',
    latest_versions: registry.latest(model.name, undefined).map(versionAnswer),
    tags: pairs(tagsOf(model)),
    aliases: aliasesOf(model),
  });
  const models = `${route}/registered-models`;
  const versions = `${route}/model-versions`;

  app.post<Body<{ name?: string; description?: string; tags?: Pair[] }>>(`${models}/create`, async ({ body }) => ({
    registered_model: modelAnswer(registry.create(body?.name, body?.description, body?.tags)),
  }));
  app.get<{ Querystring: VersionQuery }>(`${models}/get`, async ({ query }) => ({
    registered_model: modelAnswer(registry.model(query.name)),
  }));
  app.get<{ Querystring: Search }>(`${models}/search`, async ({ query }) => {
    const found = registry.searchModels(query.filter, query.order_by ? [query.order_by].flat() : undefined);
    const { page, next } = pageOf(found, query.max_results, query.page_token, 100);
    return { registered_models: page.map(modelAnswer), ...next };
  });
  app.route<{ Body: { name?: string; description?: string } | undefined }>({
    method: ['PATCH', 'POST'],
    url: `${models}/update`,
    handler: async ({ body }) => ({
      registered_model: modelAnswer(
        registry.changeModel(body?.name, (properties) => (properties.description = body?.description)),
      ),
    }),
  });
  app.post<Body<{ name?: string; new_name?: string }>>(`${models}/rename`, async () => {
    throw new MlflowError('NOT_IMPLEMENTED', `Azure Machine Learning does not rename registered models. ${immutable}`);
  });
  app.delete<Body<VersionQuery>>(`${models}/delete`, async ({ body }) => {
    registry.model(body?.name);
    throw new MlflowError('NOT_IMPLEMENTED', `Azure Machine Learning does not delete registered models, only their versions. ${immutable}`); // prettier-ignore
  });
  app.route<{
    Body: { name?: string; stages?: string[] } | undefined;
    Querystring: { name?: string; stages?: string };
  }>({
    method: ['GET', 'POST'],
    url: `${models}/get-latest-versions`,
    handler: async ({ body, query }) => ({
      model_versions: registry
        .latest(body?.name ?? query.name, body?.stages ?? (query.stages ? [query.stages].flat() : undefined))
        .map(versionAnswer),
    }),
  });
  app.post<Body<{ name?: string } & Pair>>(`${models}/set-tag`, async ({ body }) => {
    registry.changeModel(body?.name, setTag(body));
    return {};
  });
  app.delete<Body<{ name?: string } & Pair>>(`${models}/delete-tag`, async ({ body }) => {
    registry.changeModel(body?.name, deleteTag(body?.key));
    return {};
  });
  app.post<Body<{ name?: string; alias?: string; version?: string }>>(`${models}/alias`, async ({ body }) => {
    const { version } = registry.version(body?.name, body?.version);
    const alias = required('alias', body?.alias);
    registry.changeModel(body?.name, (properties) => {
      properties.aliases = { ...(properties.aliases as object | undefined), [alias]: version };
    });
    return {};
  });
  app.get<{ Querystring: { name?: string; alias?: string } }>(`${models}/alias`, async ({ query }) => ({
    model_version: versionAnswer(registry.aliased(query.name, query.alias)),
  }));
  app.delete<Body<{ name?: string; alias?: string }>>(`${models}/alias`, async ({ body }) => {
    const alias = required('alias', body?.alias);
    registry.changeModel(body?.name, (properties) => {
      const { [alias]: _gone, ...rest } = (properties.aliases ?? {}) as Record<string, string>;
      properties.aliases = rest;
    });
    return {};
  });

  app.post<Body<{ name?: string; source?: string; run_id?: string; description?: string; tags?: Pair[] }>>(
    `${versions}/create`,
    async ({ body }) => {
      const { name, run_id: run, ...rest } = body ?? {};
      return { model_version: versionAnswer(registry.createVersion(name, { run, ...rest })) };
    },
  );
  app.get<{ Querystring: VersionQuery }>(`${versions}/get`, async ({ query }) => ({
    model_version: versionAnswer(registry.version(query.name, query.version)),
  }));
  // As the artifacts of runs are: by the tracking endpoint itself, which each client of MLflow reads inside a job and outside.
  app.get<{ Querystring: VersionQuery }>(`${versions}/get-download-uri`, async ({ query }) => {
    const { name, version } = registry.version(query.name, query.version);
    return { artifact_uri: `mlflow-artifacts:/models/${name}/${version}` };
  });
  app.get<{ Querystring: Search }>(`${versions}/search`, async ({ query }) => {
    const found = registry.searchVersions(query.filter, query.order_by ? [query.order_by].flat() : undefined);
    const { page, next } = pageOf(found, query.max_results, query.page_token, 10_000);
    return { model_versions: page.map(versionAnswer), ...next };
  });
  app.route<{ Body: (VersionQuery & { description?: string }) | undefined }>({
    method: ['PATCH', 'POST'],
    url: `${versions}/update`,
    handler: async ({ body }) => ({
      model_version: versionAnswer(
        registry.changeVersion(body?.name, body?.version, (properties) => (properties.description = body?.description)),
      ),
    }),
  });
  app.post<Body<VersionQuery & { stage?: string; archive_existing_versions?: boolean }>>(
    `${versions}/transition-stage`,
    async ({ body }) => ({
      model_version: versionAnswer(
        registry.transition(body?.name, body?.version, body?.stage, body?.archive_existing_versions === true),
      ),
    }),
  );
  app.delete<Body<VersionQuery>>(`${versions}/delete`, async ({ body }) => {
    registry.deleteVersion(body?.name, body?.version);
    return {};
  });
  app.post<Body<VersionQuery & Pair>>(`${versions}/set-tag`, async ({ body }) => {
    registry.changeVersion(body?.name, body?.version, setTag(body));
    return {};
  });
  app.delete<Body<VersionQuery & Pair>>(`${versions}/delete-tag`, async ({ body }) => {
    registry.changeVersion(body?.name, body?.version, deleteTag(body?.key));
    return {};
  });
}

function setTag(pair: Partial<Pair> | undefined) {
  const key = required('key', pair?.key);
  return (properties: Record<string, unknown>): void => {
    properties.tags = { ...(properties.tags as object | undefined), [key]: pair?.value };
  };
}

function deleteTag(key: string | undefined) {
  const name = required('key', key);
  return (properties: Record<string, unknown>): void => {
    const { [name]: _gone, ...rest } = (properties.tags ?? {}) as Record<string, string>;
    properties.tags = rest;
  };
}
