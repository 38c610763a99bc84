import { randomUUID } from 'node:crypto';
import { builtInRoles } from '../../local/azure/access/builtInRoles';
import type { Arm } from './arm';
import { groupId, resourceId, type Belongings } from './belongings';
import type { Account } from './cloud';
import type { Use } from './cost';

export const kinds = ['registry', 'pullIdentity', 'workspace'] as const;
/** What a case needs beside the resource group; each is made once, and only if a chosen case needs it. */
export type Kind = (typeof kinds)[number];

const before: Record<Kind, Kind[]> = { registry: [], pullIdentity: ['registry'], workspace: ['registry'] };

export const useOf: Record<Kind, Use> = { registry: { registryDays: 1 }, pullIdentity: {}, workspace: {} };

/** What local Azure's roles lack. Source: learn.microsoft.com, role-based-access-control/built-in-roles. */
const newerRoles: Record<string, string> = {
  'Container Registry Repository Writer': '2a1e307c-b015-4ebd-883e-5b7698a07328',
};

/** The least that the chosen cases need: made when asked for, in the order in which one needs the other. */
export class Resources {
  private readonly made = new Set<Kind>();

  constructor(
    private readonly arm: Arm,
    private readonly account: Account,
    readonly belongings: Belongings,
    private readonly say: (line: string) => void,
  ) {}

  get group(): string {
    return groupId(this.belongings);
  }

  get registry(): string {
    return resourceId(this.belongings, 'Microsoft.ContainerRegistry/registries', `mlops${this.belongings.id}`);
  }

  get pullIdentity(): string {
    return resourceId(this.belongings, 'Microsoft.ManagedIdentity/userAssignedIdentities', 'mlops-pull');
  }

  get workspace(): string {
    return resourceId(this.belongings, 'Microsoft.MachineLearningServices/workspaces', `mlops-${this.belongings.id}`);
  }

  async makeGroup(): Promise<void> {
    const { location, tags } = this.belongings;
    this.say(`Making the resource group ${this.group.split('/').at(-1)} in ${location} ...`);
    await this.arm.must('PUT', this.group, { location, tags });
  }

  async make(wanted: readonly Kind[]): Promise<void> {
    for (const kind of wanted) {
      if (this.made.has(kind)) continue;
      await this.make(before[kind]);
      this.say(`Making the ${{ registry: 'registry', pullIdentity: 'identity that pulls images', workspace: 'workspace, with its storage account and key vault' }[kind]} ...`); // prettier-ignore
      await { registry: () => this.makeRegistry(), pullIdentity: () => this.makeIdentity(), workspace: () => this.makeWorkspace() }[kind](); // prettier-ignore
      this.made.add(kind);
    }
  }

  /** @param mode repositories with permissions of their own, where told */
  async makeRegistry(id = this.registry, mode?: 'AbacRepositoryPermissions'): Promise<void> {
    const { location, tags } = this.belongings;
    const body = {
      location,
      tags,
      sku: { name: 'Basic' },
      properties: { adminUserEnabled: false, roleAssignmentMode: mode },
    };
    await this.arm.complete('PUT', mode ? `${id}?api-version=2025-11-01` : id, body);
  }

  /** @param role a built-in one, by its name */
  async assign(
    role: string,
    scope: string,
    principalId: string,
    principalType: 'User' | 'ServicePrincipal' = 'ServicePrincipal',
  ): Promise<void> {
    const id = builtInRoles[role]?.id ?? newerRoles[role];
    if (!id) throw new Error(`The id of the role ${role} is not known.`);
    const definition = `/subscriptions/${this.account.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${id}`;
    const assignment = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
    const properties = { roleDefinitionId: definition, principalId, principalType };
    await this.arm.must('PUT', assignment, { properties });
  }

  private async makeIdentity(): Promise<void> {
    const { location, tags } = this.belongings;
    const { json } = await this.arm.must('PUT', this.pullIdentity, { location, tags });
    await this.assign('AcrPull', this.registry, json.properties.principalId as string);
  }

  private async makeWorkspace(): Promise<void> {
    const { location, tags, id } = this.belongings;
    const storageAccount = resourceId(this.belongings, 'Microsoft.Storage/storageAccounts', `mlops${id}`);
    const keyVault = resourceId(this.belongings, 'Microsoft.KeyVault/vaults', `mlops-${id}`);
    await this.arm.complete('PUT', storageAccount, {
      ...{ location, tags, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
      properties: { minimumTlsVersion: 'TLS1_2', allowBlobPublicAccess: false },
    });
    await this.arm.complete('PUT', keyVault, {
      ...{ location, tags },
      properties: {
        tenantId: this.account.tenantId,
        sku: { family: 'A', name: 'standard' },
        accessPolicies: [],
        softDeleteRetentionInDays: 7,
      },
    });
    await this.arm.complete('PUT', this.workspace, {
      ...{ location, tags, identity: { type: 'SystemAssigned' } },
      properties: { friendlyName: `mlops-${id}`, storageAccount, keyVault, containerRegistry: this.registry },
    });
  }
}
