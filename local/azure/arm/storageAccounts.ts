import { ArmError, localCloud, type LocalAzureContext } from '../context';
import { GroupedResources, type MadeResource } from './groupedResources';

export type AccountRequest =
  Partial<Pick<MadeResource, 'location' | 'kind' | 'sku' | 'tags' | 'properties'>> | undefined;

const validName = /^[a-z0-9]{3,24}$/;
const invalidName = (name: string): string =>
  `${name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.`;

/**
 * Storage accounts as resources (Microsoft.Storage 2023-05-01). Those that are made here hold nothing: the blobs of local Azure are
 * in the account that it starts with.
 */
export class StorageAccounts {
  readonly resources: GroupedResources<MadeResource>;

  constructor(context: LocalAzureContext) {
    const collection = context.collection<MadeResource>('storageAccounts');
    this.resources = new GroupedResources('Microsoft.Storage/storageAccounts', collection).joinCatalog(context);
  }

  isMade(name: string): boolean {
    return this.resources.isTaken(name);
  }

  checkName(name: string): { nameAvailable: boolean; reason?: string; message?: string } {
    if (!validName.test(name))
      return { nameAvailable: false, reason: 'AccountNameInvalid', message: invalidName(name) };
    if (name !== localCloud.storageAccount && !this.isMade(name)) return { nameAvailable: true };
    const message = `The storage account named ${name} is already taken.`;
    return { nameAvailable: false, reason: 'AlreadyExists', message };
  }

  put(group: string, name: string, body: AccountRequest): MadeResource {
    if (!validName.test(name)) throw new ArmError(400, 'AccountNameInvalid', invalidName(name));
    const isElsewhere = this.isMade(name) && !this.resources.find(group, name);
    if (name === localCloud.storageAccount || isElsewhere) {
      throw new ArmError(409, 'StorageAccountAlreadyTaken', `The storage account named ${name} is already taken.`);
    }
    if (!body?.location || !body.kind || !body.sku?.name) {
      throw new ArmError(
        400,
        'InvalidRequestContent',
        "The request content was invalid: 'location', 'kind' and 'sku.name' are required.",
      );
    }
    const made: MadeResource = {
      id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${name}`,
      name,
      type: 'Microsoft.Storage/storageAccounts',
      location: body.location,
      kind: body.kind,
      sku: { name: body.sku.name, tier: body.sku.name.split('_')[0] },
      tags: body.tags ?? {},
      properties: { ...body.properties, provisioningState: 'Succeeded' },
    };
    this.resources.put(made);
    return made;
  }
}
