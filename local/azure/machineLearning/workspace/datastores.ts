import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../../context';
import { invalid, notFound } from '../mlError';
import { page } from '../paging';
import { resourceId, workspaceRoute } from '../resourceIds';
import { systemData } from '../systemData';

export interface Datastore {
  name: string;
  container: string;
  isDefault: boolean;
}

/** The datastores that each workspace is born with: for the user's data, and for what runs leave behind. */
export const datastores: Datastore[] = [
  { name: 'workspaceblobstore', container: `azureml-blobstore-${localCloud.workspaceId}`, isDefault: true },
  { name: 'workspaceartifactstore', container: 'azureml', isDefault: false },
];

export const findDatastore = (name: string): Datastore | undefined =>
  datastores.find((datastore) => datastore.name === name.toLowerCase());

export async function registerDatastores(
  app: FastifyInstance,
  context: LocalAzureContext,
  storageKey: string,
): Promise<void> {
  for (const datastore of datastores) await context.blobs.container(datastore.container).createIfNotExists();
  const { protocol, host } = new URL(context.blobs.accountUrl);
  const system = systemData();
  const answer = (datastore: Datastore) => ({
    id: resourceId('datastores', datastore.name),
    name: datastore.name,
    type: 'Microsoft.MachineLearningServices/workspaces/datastores',
    properties: {
      description: null,
      tags: null,
      properties: null,
      isDefault: datastore.isDefault,
      // The key itself is for listSecrets alone.
      credentials: { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey' } },
      datastoreType: 'AzureBlob',
      accountName: localCloud.storageAccount,
      containerName: datastore.container,
      // The URL of a blob is {protocol}://{accountName}.blob.{endpoint}/..., as for any other cloud.
      endpoint: host.slice(`${localCloud.storageAccount}.blob.`.length),
      protocol: protocol.slice(0, -1),
      serviceDataAccessAuthIdentity: 'None',
      subscriptionId: localCloud.subscriptionId,
      resourceGroup: localCloud.resourceGroup,
    },
    systemData: system,
  });
  const find = (name: string): Datastore => {
    const datastore = findDatastore(name);
    if (!datastore) throw notFound(`Datastore with name: ${name}`);
    return datastore;
  };

  app.get<{ Querystring: { isDefault?: string; names?: string } }>(`${workspaceRoute}/datastores`, async (request) => {
    const { isDefault, names } = request.query;
    if (isDefault !== undefined && !/^(true|false)$/i.test(isDefault)) {
      throw invalid(`'${isDefault}' is not a valid value of 'isDefault'.`);
    }
    const chosen = datastores.filter(
      (datastore) =>
        (isDefault === undefined || datastore.isDefault === (isDefault.toLowerCase() === 'true')) &&
        (!names || names.split(',').includes(datastore.name)),
    );
    return page(request, context.url, chosen.map(answer));
  });
  app.get<{ Params: { name: string } }>(`${workspaceRoute}/datastores/:name`, async (request) =>
    answer(find(request.params.name)),
  );
  app.post<{ Params: { name: string } }>(`${workspaceRoute}/datastores/:name/listSecrets`, async (request) => {
    find(request.params.name);
    return { secretsType: 'AccountKey', key: storageKey };
  });
}
