import { localCloud, type LocalAzureContext } from '../../context';
import { invalid, notFound } from '../mlError';
import { resourceId } from '../resourceIds';
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

/** The workspace's datastores, in the shape of the service. */
export class Datastores {
  private readonly system = systemData();

  private constructor(
    private readonly account: URL,
    private readonly storageKey: string,
  ) {}

  /** Makes their containers where they are missing. */
  static async open({ blobs }: Pick<LocalAzureContext, 'blobs'>, storageKey: string): Promise<Datastores> {
    for (const { container } of datastores) await blobs.container(container).createIfNotExists();
    return new Datastores(new URL(blobs.accountUrl), storageKey);
  }

  /** @param isDefault as it was asked for: true or false. @throws MlError where it is neither */
  list(isDefault?: string, names?: readonly string[]) {
    if (isDefault !== undefined && !/^(true|false)$/i.test(isDefault)) {
      throw invalid(`'${isDefault}' is not a valid value of 'isDefault'.`);
    }
    return datastores
      .filter((each) => isDefault === undefined || each.isDefault === (isDefault.toLowerCase() === 'true'))
      .filter(({ name }) => !names || names.includes(name))
      .map((each) => this.answer(each));
  }

  /** @throws MlError where there is none */
  get(name: string) {
    return this.answer(found(name));
  }

  /** @throws MlError where there is none */
  secrets(name: string) {
    found(name);
    return { secretsType: 'AccountKey', key: this.storageKey };
  }

  private answer({ name, container, isDefault }: Datastore) {
    return {
      id: resourceId('datastores', name),
      name,
      type: 'Microsoft.MachineLearningServices/workspaces/datastores',
      properties: {
        description: null,
        tags: null,
        properties: null,
        isDefault,
        // The key itself is for listSecrets only.
        credentials: { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey' } },
        datastoreType: 'AzureBlob',
        accountName: localCloud.storageAccount,
        containerName: container,
        // The URL of a blob is {protocol}://{accountName}.blob.{endpoint}/..., as for any other cloud.
        endpoint: this.account.host.slice(`${localCloud.storageAccount}.blob.`.length),
        protocol: this.account.protocol.slice(0, -1),
        serviceDataAccessAuthIdentity: 'None',
        subscriptionId: localCloud.subscriptionId,
        resourceGroup: localCloud.resourceGroup,
      },
      systemData: this.system,
    };
  }
}

function found(name: string): Datastore {
  const datastore = findDatastore(name);
  if (!datastore) throw notFound(`Datastore with name: ${name}`);
  return datastore;
}
