import { randomBytes } from 'node:crypto';
import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';
import { newRegistryAccount, openRegistryAccounts, type RegistryAccount } from '../registry/registryAccounts';
import { registryResource } from './registryAnswer';

/** A registry as a request's path names it. */
export interface RegistryName {
  readonly group: string;
  readonly registry: string;
}

/** What a client may write of a registry. */
export interface RegistryBody {
  location?: string;
  tags?: Record<string, string>;
  sku?: { name?: string };
  properties?: Partial<
    Pick<
      RegistryAccount,
      'adminUserEnabled' | 'publicNetworkAccess' | 'networkRuleBypassOptions' | 'roleAssignmentMode'
    >
  >;
}

const namePattern = /^[a-zA-Z0-9]{5,50}$/;
const nameRule = 'Registry names may contain alpha numeric characters only and must be between 5 and 50 characters.';

/** The registries of the local cloud, as the resource manager sees them. */
export class Registries {
  private readonly accounts: Collection<RegistryAccount>;

  constructor(context: LocalAzureContext) {
    this.accounts = openRegistryAccounts(context);
    context.resources.add({
      list: () => this.list().map(registryResource),
      removeGroup: (group) => this.list(group).forEach(({ name }) => this.accounts.delete(name)),
    });
  }

  list(group?: string): RegistryAccount[] {
    return this.accounts
      .list()
      .map((entry) => entry.value)
      .filter((account) => group === undefined || isIn(account, group));
  }

  /** Throws what Azure answers when there is none. */
  get({ group, registry }: RegistryName): RegistryAccount {
    const account = this.accounts.get(registry);
    if (account && isIn(account, group)) return account;
    throw resourceNotFound('Microsoft.ContainerRegistry/registries', registry, group);
  }

  put({ group, registry }: RegistryName, body: RegistryBody = {}): { isNew: boolean; account: RegistryAccount } {
    if (!namePattern.test(registry)) {
      throw new ArmError(400, 'InvalidRegistryName', `The registry name '${registry}' is invalid. ${nameRule}`);
    }
    const known = this.accounts.get(registry);
    const account: RegistryAccount = {
      ...(known ?? newRegistryAccount(registry, group)),
      location: body.location ?? known?.location ?? localCloud.location,
      sku: skuOf(body),
      // ACR's own default; the quickstart's registry was made with the admin user switched on.
      adminUserEnabled: body.properties?.adminUserEnabled ?? known?.adminUserEnabled ?? false,
      ...accessOf(body, known),
      tags: body.tags ?? known?.tags ?? {},
    };
    this.accounts.put(registry, account);
    return { isNew: !known, account };
  }

  patch(name: RegistryName, body: RegistryBody = {}): RegistryAccount {
    const account = this.get(name);
    const changed: RegistryAccount = {
      ...account,
      tags: body.tags ?? account.tags,
      adminUserEnabled: body.properties?.adminUserEnabled ?? account.adminUserEnabled,
      ...accessOf(body, account),
    };
    this.accounts.put(account.name, changed);
    return changed;
  }

  /** @returns whether there was one */
  delete({ group, registry }: RegistryName): boolean {
    const account = this.accounts.get(registry);
    if (!account || !isIn(account, group)) return false;
    this.accounts.delete(account.name);
    return true;
  }

  availability(name: string) {
    if (!namePattern.test(name)) return { nameAvailable: false, reason: 'Invalid', message: nameRule };
    if (!this.accounts.get(name)) return { nameAvailable: true };
    return { nameAvailable: false, reason: 'AlreadyExists', message: `The registry ${name} is already in use.` };
  }

  /** The admin user's. */
  credentials(name: RegistryName) {
    const account = this.get(name);
    if (account.adminUserEnabled) return credentialsOf(account);
    throw new ArmError(
      400,
      'UnAuthorizedForCredentialOperations',
      `The admin user is disabled for registry '${account.name}'. Enable it to list its credentials.`,
    );
  }

  /** @param which password or password2 */
  regenerate(name: RegistryName, which = '') {
    const account = this.get(name);
    const index = ['password', 'password2'].indexOf(which);
    if (index < 0) throw new ArmError(400, 'InvalidPasswordName', `The password name '${which}' is invalid.`);
    const passwords = [...account.passwords] as RegistryAccount['passwords'];
    passwords[index] = randomBytes(24).toString('base64url');
    this.accounts.put(account.name, { ...account, passwords });
    return credentialsOf({ ...account, passwords });
  }
}

const isIn = (account: RegistryAccount, group: string) => account.resourceGroup.toLowerCase() === group.toLowerCase();

function skuOf({ sku }: RegistryBody): RegistryAccount['sku'] {
  const name = sku?.name;
  if (name === 'Basic' || name === 'Standard' || name === 'Premium') return name;
  throw new ArmError(400, 'InvalidSku', `The sku '${name ?? ''}' is invalid. It must be Basic, Standard or Premium.`);
}

/** What the body says of who and what gets in, else what is known. */
function accessOf(body: RegistryBody, known: RegistryAccount | undefined) {
  const { publicNetworkAccess, networkRuleBypassOptions, roleAssignmentMode } = { ...known, ...body.properties };
  return { publicNetworkAccess, networkRuleBypassOptions, roleAssignmentMode };
}

const credentialsOf = ({ name, passwords: [password, password2] }: RegistryAccount) => ({
  username: name,
  passwords: [
    { name: 'password', value: password },
    { name: 'password2', value: password2 },
  ],
});
