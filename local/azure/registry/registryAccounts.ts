import { randomBytes } from 'node:crypto';
import { localCloud, type Collection, type LocalAzureContext } from '../context';

/** A container registry as the local cloud keeps it. */
export interface RegistryAccount {
  name: string;
  resourceGroup: string;
  location: string;
  sku: 'Basic' | 'Standard' | 'Premium';
  adminUserEnabled: boolean;
  /** Of the admin user, whose name is the registry's. */
  passwords: [string, string];
  creationDate: string;
  /** Disabled: only trusted services get in, where they are let to. Images of the local cloud's own clients are not kept out. */
  publicNetworkAccess?: 'Enabled' | 'Disabled';
  networkRuleBypassOptions?: 'AzureServices' | 'None';
  /** Registry-wide roles unless told. */
  roleAssignmentMode?: RoleAssignmentMode;
  tags: Record<string, string>;
}

export type RoleAssignmentMode = 'LegacyRegistryPermissions' | 'AbacRepositoryPermissions';

/** Where the images of registries outside the local cloud are kept, each under its own host's name: see imageReference.ts. */
export const mirrorRegistry = 'mirror';

/** With the admin user switched on, and passwords of its own. */
export const newRegistryAccount = (name: string, resourceGroup: string): RegistryAccount => ({
  name,
  resourceGroup,
  location: localCloud.location,
  sku: 'Standard',
  adminUserEnabled: true,
  passwords: [randomBytes(24).toString('base64url'), randomBytes(24).toString('base64url')],
  creationDate: new Date().toISOString(),
  tags: {},
});

/** The registries of the local cloud; the quickstart's own and the mirror are there from the start. */
export function openRegistryAccounts(context: LocalAzureContext): Collection<RegistryAccount> {
  const accounts = context.collection<RegistryAccount>('registries');
  for (const name of [localCloud.registry, mirrorRegistry]) {
    if (!accounts.get(name)) accounts.put(name, newRegistryAccount(name, localCloud.resourceGroup));
  }
  return accounts;
}

/** quickstartsacr.azurecr.localhost:8443 */
export const loginServer = (registry: string, port: number): string =>
  `${registry.toLowerCase()}.azurecr.localhost:${port}`;

/** The registry that a Host header or the host part of an image's name means; undefined for any other host. */
export function registryOfHost(host: string): string | undefined {
  return /^([a-z0-9-]+)\.azurecr\.localhost(:\d+)?$/i.exec(host)?.[1]?.toLowerCase();
}
