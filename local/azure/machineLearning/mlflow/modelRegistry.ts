import type { FastifyInstance } from 'fastify';
import type { AssetStore, AssetVersion } from '../assets/assetStore';
import { MlflowError, required } from './mlflowError';

interface Pair {
  key: string;
  value: string;
}
interface VersionQuery {
  name?: string;
  version?: string;
}

/** MLflow's model registry, which in Azure ML is the workspace's models. `uriOf` gives a source its long form. */
export function registerModelRegistry(
  app: FastifyInstance,
  route: string,
  models: AssetStore,
  uriOf: (source: string) => string,
): void {
  const pairs = (tags: unknown) =>
    Object.entries((tags ?? {}) as Record<string, string>).map(([key, value]) => ({ key, value }));
  const versionAnswer = ({ name, version, properties, system }: AssetVersion) => ({
    name,
    version,
    creation_timestamp: Date.parse(system.createdAt),
    last_updated_timestamp: Date.parse(system.lastModifiedAt),
    current_stage: 'None',
    description: properties.description ?? '',
    source: properties.modelUri,
    run_id: properties.jobName,
    status: 'READY',
    tags: pairs(properties.tags),
  });
  const modelAnswer = (name: string) => {
    const container = models.container(name);
    if (!container) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);
    const latest = models.latest(name);
    return {
      registered_model: {
        name: container.name,
        creation_timestamp: Date.parse(container.system.createdAt),
        last_updated_timestamp: Date.parse(container.system.lastModifiedAt),
        description: container.properties.description ?? '',
        latest_versions: latest ? [versionAnswer(latest)] : [],
        tags: pairs(container.properties.tags),
      },
    };
  };
  const find = ({ name, version }: VersionQuery): AssetVersion => {
    const found = models.version(required('name', name), required('version', version));
    if (!found)
      throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${version}) not found`);
    return found;
  };
  const bag = (tags: Pair[] = []) => Object.fromEntries(tags.map(({ key, value }) => [key, value]));

  app.post<{ Body: { name?: string; description?: string; tags?: Pair[] } | undefined }>(
    `${route}/registered-models/create`,
    async (request) => {
      const name = required('name', request.body?.name);
      if (models.container(name)) {
        throw new MlflowError('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
      }
      models.putContainer(name, { description: request.body?.description, tags: bag(request.body?.tags) });
      return modelAnswer(name);
    },
  );
  app.get<{ Querystring: VersionQuery }>(`${route}/registered-models/get`, async (request) =>
    modelAnswer(required('name', request.query.name)),
  );
  app.post<{
    Body: { name?: string; source?: string; run_id?: string; description?: string; tags?: Pair[] } | undefined;
  }>(`${route}/model-versions/create`, async (request) => {
    const { name, source, run_id: run, description, tags } = request.body ?? {};
    modelAnswer(required('name', name));
    const properties = {
      modelUri: uriOf(required('source', source)),
      modelType: 'mlflow_model',
      jobName: run,
      description,
      tags: bag(tags),
    };
    const version = models.putVersion(name ?? '', models.nextVersion(name ?? ''), properties);
    return { model_version: versionAnswer(version) };
  });
  app.get<{ Querystring: VersionQuery }>(`${route}/model-versions/get`, async (request) => ({
    model_version: versionAnswer(find(request.query)),
  }));
  app.get<{ Querystring: VersionQuery }>(`${route}/model-versions/get-download-uri`, async (request) => ({
    artifact_uri: find(request.query).properties.modelUri,
  }));
  app.post<{ Body: (VersionQuery & Pair) | undefined }>(`${route}/model-versions/set-tag`, async (request) => {
    const { name, version, properties } = find(request.body ?? {});
    const tags = {
      ...(properties.tags as object | undefined),
      [required('key', request.body?.key)]: request.body?.value,
    };
    models.putVersion(name, version, { ...properties, tags });
    return {};
  });
}
