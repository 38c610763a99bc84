import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../../context';
import { invalid, notFound } from '../mlError';
import { page } from '../paging';
import { resourceId, versionId, workspaceRoute } from '../resourceIds';
import { isListed, selectVersions, type ListQuery } from './assetLists';
import { assetRules, mergeAsset } from './assetRules';
import type { AssetContainer, AssetStores, AssetType, AssetVersion } from './assetStore';
import type { OutputLocations } from './storageLocation';

type Body = { properties?: Record<string, unknown> } | undefined;
interface VersionParams {
  name: string;
  version: string;
}

const kindOf: Record<AssetType, string> = {
  codes: 'Code',
  environments: 'Environment',
  models: 'Model',
  data: 'Data',
  components: 'Component',
};
const assetTypes: AssetType[] = ['codes', 'environments', 'models', 'data', 'components'];

/** Codes, environments, models, data and components of a workspace: containers and their versions. */
export function registerAssets(
  app: FastifyInstance,
  context: LocalAzureContext,
  stores: AssetStores,
  outputs: OutputLocations,
): void {
  for (const type of assetTypes) registerAssetType(app, context, type, stores, outputs);

  app.post<{ Params: VersionParams; Body: { pendingUploadId?: string; pendingUploadType?: string } | undefined }>(
    `${workspaceRoute}/codes/:name/versions/:version/startPendingUpload`,
    async (request) => {
      const { name, version } = request.params;
      if (stores.codes.version(name, version)) throw invalid(`Code ${name} version ${version} already exists.`);
      // A container of its own for each upload, as the service does: its SAS opens nothing else.
      const container = `${localCloud.workspaceId.slice(0, 8)}-${randomUUID()}`;
      await context.blobs.container(container).create();
      return {
        pendingUploadId: request.body?.pendingUploadId ?? randomUUID(),
        pendingUploadType: request.body?.pendingUploadType ?? 'None',
        blobReferenceForConsumption: {
          blobUri: `${context.blobs.accountUrl}/${container}`,
          storageAccountArmId:
            `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}` +
            `/providers/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}`,
          credential: { credentialType: 'SAS', sasUri: context.blobs.sasUrl(container, { permissions: 'racwl' }) },
        },
      };
    },
  );
}

function registerAssetType(
  app: FastifyInstance,
  context: LocalAzureContext,
  type: AssetType,
  stores: AssetStores,
  outputs: OutputLocations,
): void {
  const store = stores[type];
  const rules = assetRules[type];
  const route = `${workspaceRoute}/${type}`;

  const containerAnswer = ({ name, properties, system }: AssetContainer) => ({
    id: resourceId(type, name),
    name,
    type: `Microsoft.MachineLearningServices/workspaces/${type}`,
    properties: {
      description: null,
      tags: {},
      properties: {},
      isArchived: false,
      ...properties,
      latestVersion: store.latest(name)?.version ?? null,
      nextVersion: store.nextVersion(name),
      ...(type === 'data'
        ? { dataType: store.latest(name)?.properties.dataType ?? properties.dataType ?? 'uri_folder' }
        : { provisioningState: 'Succeeded' }),
    },
    systemData: system,
  });
  const versionAnswer = ({ name, version, properties, system }: AssetVersion) => ({
    id: versionId(type, name, version),
    name: version,
    type: `Microsoft.MachineLearningServices/workspaces/${type}/versions`,
    properties: {
      description: null,
      tags: {},
      properties: {},
      isArchived: false,
      isAnonymous: false,
      ...Object.fromEntries(rules.fields.map((field) => [field, null])),
      ...rules.added,
      ...properties,
    },
    systemData: system,
  });

  app.get<{ Querystring: ListQuery }>(route, async (request) => {
    isListed({}, request.query.listViewType);
    const listed = store.allContainers().filter((entry) => isListed(entry.properties, request.query.listViewType));
    return page(request, context.url, listed.map(containerAnswer));
  });
  app.get<{ Params: VersionParams }>(`${route}/:name`, async (request) => {
    const container = store.container(request.params.name);
    if (!container) throw notFound(`${kindOf[type]} container with name: ${request.params.name}`, kindOf[type]);
    return containerAnswer(container);
  });
  app.put<{ Params: VersionParams; Body: Body }>(`${route}/:name`, async (request, reply) => {
    const { name } = request.params;
    const former = store.container(name);
    const given = Object.entries(request.body?.properties ?? {}).filter(([, value]) => value != null);
    store.putContainer(name, { ...former?.properties, ...Object.fromEntries(given) });
    return reply.code(former ? 200 : 201).send(containerAnswer(store.container(name) as AssetContainer));
  });
  app.delete<{ Params: VersionParams }>(`${route}/:name`, async (request, reply) => {
    return reply.code(store.deleteContainer(request.params.name) ? 200 : 204).send();
  });

  app.get<{ Params: VersionParams; Querystring: ListQuery }>(`${route}/:name/versions`, async (request) => {
    const versions = selectVersions(store.allVersions(request.params.name), request.query);
    const { value, nextLink } = page(request, context.url, versions);
    return { value: value.map(versionAnswer), nextLink };
  });
  app.get<{ Params: VersionParams }>(`${route}/:name/versions/:version`, async (request) => {
    const { name, version } = request.params;
    const asset = store.version(name, version);
    if (!asset) throw notFound(`${kindOf[type]} asset with name: ${name} and version: ${version}`, kindOf[type]);
    return versionAnswer(asset);
  });
  app.put<{ Params: VersionParams; Body: Body }>(`${route}/:name/versions/:version`, async (request, reply) => {
    const { name, version } = request.params;
    checkName(name);
    checkName(version);
    const former = store.version(name, version);
    const merged = mergeAsset(type, request.body?.properties, former, stores, outputs);
    const answer = versionAnswer(store.putVersion(name, version, merged));
    if (former) return answer;
    return reply
      .code(201)
      .header('location', `${context.url}${answer.id}?api-version=${apiVersion(request.url)}`)
      .send(answer);
  });
  app.delete<{ Params: VersionParams }>(`${route}/:name/versions/:version`, async (request, reply) => {
    const { name, version } = request.params;
    return reply.code(store.deleteVersion(name, version) ? 200 : 204).send();
  });
}

function checkName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,254}$/.test(name)) return;
  throw invalid(`The name '${name}' has characters that are not allowed, or is longer than 255 characters.`);
}

const apiVersion = (url: string): string => new URLSearchParams(url.split('?')[1]).get('api-version') ?? '';
