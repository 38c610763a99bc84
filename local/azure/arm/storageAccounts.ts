import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud, type LocalAzureContext } from '../context';
import { resourceNotFound } from './resourceNotFound';
import { groupOf, type GenericResource } from './resourceCatalog';

interface StorageAccount extends GenericResource {
  properties: Record<string, unknown>;
}

type Params = { group: string; account: string };
type Body = Partial<Pick<StorageAccount, 'location' | 'kind' | 'sku' | 'tags' | 'properties'>> | undefined;

const validName = /^[a-z0-9]{3,24}$/;
const invalidName = (name: string): string =>
  `${name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.`;

const collectionOf = (context: LocalAzureContext) => context.collection<StorageAccount>('storageAccounts');

export const isStorageAccountMade = (context: LocalAzureContext, account: string): boolean =>
  collectionOf(context).get(account) !== undefined;

/**
 * Storage accounts as resources (Microsoft.Storage 2023-05-01). Those that are made here hold nothing: the blobs of local Azure are
 * in the account that it starts with.
 */
export function registerStorageAccounts(app: FastifyInstance, context: LocalAzureContext): void {
  const accounts = collectionOf(context);
  const all = () => accounts.list().map(({ value }) => value);
  const route =
    '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Storage/storageAccounts/:account';
  const find = ({ group, account }: Params): StorageAccount => {
    const found = accounts.get(account);
    if (found && groupOf(found).toLowerCase() === group.toLowerCase()) return found;
    throw resourceNotFound('Microsoft.Storage/storageAccounts', account, group);
  };
  context.resources.add({
    list: all,
    removeGroup: (group) => {
      for (const account of all())
        if (groupOf(account).toLowerCase() === group.toLowerCase()) accounts.delete(account.name);
    },
  });

  app.get<{ Params: Params }>(route, async ({ params }) => find(params));
  app.get('/subscriptions/:subscription/providers/Microsoft.Storage/storageAccounts', async () => ({ value: all() }));
  app.get<{ Params: Params }>(route.replace('/:account', ''), async ({ params }) => ({
    value: all().filter((each) => groupOf(each).toLowerCase() === params.group.toLowerCase()),
  }));
  app.post<{ Body: { name?: string } | undefined }>(
    '/subscriptions/:subscription/providers/Microsoft.Storage/checkNameAvailability',
    async ({ body }) => {
      const name = body?.name ?? '';
      if (!validName.test(name))
        return { nameAvailable: false, reason: 'AccountNameInvalid', message: invalidName(name) };
      if (name !== localCloud.storageAccount && !accounts.get(name)) return { nameAvailable: true };
      const message = `The storage account named ${name} is already taken.`;
      return { nameAvailable: false, reason: 'AlreadyExists', message };
    },
  );
  app.put<{ Params: Params; Body: Body }>(route, async ({ params, body }) => {
    const { group, account } = params;
    if (!validName.test(account)) {
      throw new ArmError(400, 'AccountNameInvalid', invalidName(account));
    }
    const former = accounts.get(account);
    const isTaken =
      account === localCloud.storageAccount || (former && groupOf(former).toLowerCase() !== group.toLowerCase());
    if (isTaken) {
      throw new ArmError(409, 'StorageAccountAlreadyTaken', `The storage account named ${account} is already taken.`);
    }
    if (!body?.location || !body.kind || !body.sku?.name) {
      throw new ArmError(
        400,
        'InvalidRequestContent',
        "The request content was invalid: 'location', 'kind' and 'sku.name' are required.",
      );
    }
    const made: StorageAccount = {
      id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${account}`,
      name: account,
      type: 'Microsoft.Storage/storageAccounts',
      location: body.location,
      kind: body.kind,
      sku: { name: body.sku.name, tier: body.sku.name.split('_')[0] },
      tags: body.tags ?? {},
      properties: { ...body.properties, provisioningState: 'Succeeded' },
    };
    accounts.put(account, made);
    return made;
  });
  app.delete<{ Params: Params }>(route, async ({ params }, reply) => {
    const found = accounts.get(params.account);
    if (!found || groupOf(found).toLowerCase() !== params.group.toLowerCase()) return reply.code(204).send();
    accounts.delete(params.account);
    return reply.code(200).send();
  });
}
