import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../../context';
import { page } from '../paging';
import { workspaceRoute } from '../resourceIds';
import type { ListQuery } from './assetLists';
import { Assets } from './assets';
import { assetTypes, type AssetStores } from './assetStore';
import { startCodeUpload, type UploadRequest } from './codeUpload';
import type { OutputLocations } from './storageLocation';

type Body = { properties?: Record<string, unknown> } | undefined;
interface ContainerParams {
  name: string;
}
interface VersionParams extends ContainerParams {
  version: string;
}

/** Codes, environments, models, data and components of a workspace: containers and their versions. */
export function registerAssets(
  app: FastifyInstance,
  context: LocalAzureContext,
  stores: AssetStores,
  outputs: OutputLocations,
): void {
  for (const type of assetTypes) {
    const assets = new Assets(type, stores, outputs);
    registerContainers(app, context.url, `${workspaceRoute}/${type}`, assets);
    registerVersions(app, context.url, `${workspaceRoute}/${type}/:name/versions`, assets);
  }
  app.post<{ Params: VersionParams; Body: UploadRequest | undefined }>(
    `${workspaceRoute}/codes/:name/versions/:version/startPendingUpload`,
    async ({ params, body }) => startCodeUpload(context.blobs, stores.codes, params.name, params.version, body),
  );
}

function registerContainers(app: FastifyInstance, url: string, route: string, assets: Assets): void {
  const one = `${route}/:name`;

  app.get<{ Querystring: ListQuery }>(route, async (request) => {
    const containers = assets.containers(request.query.listViewType);
    return page(
      request,
      url,
      containers.map((container) => assets.containerAnswer(container)),
    );
  });
  app.get<{ Params: ContainerParams }>(one, async ({ params }) =>
    assets.containerAnswer(assets.container(params.name)),
  );
  app.put<{ Params: ContainerParams; Body: Body }>(one, async ({ params, body }, reply) => {
    const { isNew, container } = assets.putContainer(params.name, body?.properties ?? {});
    return reply.code(isNew ? 201 : 200).send(assets.containerAnswer(container));
  });
  app.delete<{ Params: ContainerParams }>(one, async ({ params }, reply) =>
    reply.code(assets.deleteContainer(params.name) ? 200 : 204).send(),
  );
}

function registerVersions(app: FastifyInstance, url: string, route: string, assets: Assets): void {
  const one = `${route}/:version`;

  app.get<{ Params: ContainerParams; Querystring: ListQuery }>(route, async (request) => {
    const { value, nextLink } = page(request, url, assets.versions(request.params.name, request.query));
    return { value: value.map((version) => assets.versionAnswer(version)), nextLink };
  });
  app.get<{ Params: VersionParams }>(one, async ({ params }) =>
    assets.versionAnswer(assets.version(params.name, params.version)),
  );
  app.put<{ Params: VersionParams; Body: Body; Querystring: { 'api-version'?: string } }>(
    one,
    async ({ params, body, query }, reply) => {
      const { isNew, version } = assets.putVersion(params.name, params.version, body?.properties);
      const answer = assets.versionAnswer(version);
      if (!isNew) return answer;
      const location = `${url}${answer.id}?api-version=${query['api-version'] ?? ''}`;
      return reply.code(201).header('location', location).send(answer);
    },
  );
  app.delete<{ Params: VersionParams }>(one, async ({ params }, reply) =>
    reply.code(assets.deleteVersion(params.name, params.version) ? 200 : 204).send(),
  );
}
