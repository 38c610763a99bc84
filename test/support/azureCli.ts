import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { GrantedRole } from '../../local/azure/access/accessControl';
import { localCloud } from '../../local/azure/context';
import { StandInPrograms, type Deed } from './standInProgram';

const root = join(__dirname, '..', '..');
const groupOf = (name: string): string => `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${name}`;
const group = groupOf(localCloud.resourceGroup);

interface Identity {
  principalId: string;
  clientId: string;
}

/** `az` as `scripts/azure/setup.sh` sees it: a program upon a small subscription. */
export class AzureCli {
  readonly workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
  readonly storage = `${group}/providers/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}`;
  readonly registry = `${group}/providers/Microsoft.ContainerRegistry/registries/${localCloud.registry}`;
  readonly identities: Record<string, Identity> = {};
  readonly credentials: Record<string, Record<string, string | undefined>> = {};
  readonly assignments: Array<GrantedRole & { principal: string }> = [];
  /** Every command, as it was given. */
  readonly calls: string[][] = [];
  /** Roles that are not Azure's own: what each allows, by its name. */
  readonly roleDefinitions: Record<string, { Actions: string[]; AssignableScopes: string[] }> = {};
  /** By name; those of access policies have the principals that have one. */
  readonly vaults: Record<string, { hasRoles: boolean; principals: string[] }> = {};
  /** A new role is not found so many times. */
  slowRoles = 0;
  private readonly providers: Record<string, string> = {};
  private readonly resources: Record<string, unknown>;
  private readonly folder = mkdtempSync(join(tmpdir(), 'azure-cli-'));
  private program: StandInPrograms | undefined;

  private constructor(registryMode: string) {
    this.resources = {
      [this.workspace]: {
        id: this.workspace,
        properties: { containerRegistry: this.registry, storageAccount: this.storage },
      },
      [this.registry]: { id: this.registry, properties: { roleAssignmentMode: registryMode } },
      [group]: { id: group },
    };
  }

  static async start(registryMode = 'LegacyRegistryPermissions'): Promise<AzureCli> {
    const cli = new AzureCli(registryMode);
    cli.program = await StandInPrograms.start(({ program, words }) => (program === 'sleep' ? {} : cli.answer(words)));
    cli.program.write(join(cli.folder, 'az'));
    cli.program.write(join(cli.folder, 'sleep'));
    return cli;
  }

  close(): void {
    this.program?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The roles of an identity, by its name. */
  rolesOf(identity: string): GrantedRole[] {
    const principal = this.identities[identity]?.principalId;
    return this.assignments
      .filter((each) => each.principal === principal)
      .map(({ role, scope }) => ({
        role,
        scope,
        ...(this.roleDefinitions[role] && { actions: this.roleDefinitions[role].Actions }),
      }));
  }

  /** Runs the script with the stand-in before everything else on the PATH. */
  setup(...args: string[]): Promise<{ code: number; output: string }> {
    const places = ['--workspace', localCloud.workspace, '--workspace-group', localCloud.resourceGroup];
    const env = { ...process.env, PATH: [this.folder, process.env.PATH].join(delimiter) };
    const script = [join(root, 'scripts', 'azure', 'setup.sh'), ...places, ...args];
    return new Promise((resolve) => {
      execFile('bash', script, { env }, (error, stdout, stderr) =>
        resolve({ code: error ? 1 : 0, output: stdout + stderr }),
      );
    });
  }

  private answer(args: string[]): Deed {
    this.calls.push(args);
    const isOption = (word: string): boolean => word.startsWith('--');
    const command = args.slice(0, args.findIndex(isOption)).join(' ');
    const option = (name: string): string => args[args.indexOf(`--${name}`) + 1]!;
    const answer = this.commands[command]?.(option, args);
    if (answer === undefined) return { err: `ERROR: (ResourceNotFound) ${args.join(' ')}\n`, code: 3 };
    return { out: args.includes('--query') ? asValues(answer, option('query')) : '' };
  }

  /** What each gives; undefined for what is not there. */
  private readonly commands: Record<string, (option: (name: string) => string, args: string[]) => unknown> = {
    'account show': () => ({ id: localCloud.subscriptionId, tenantId: '72000000-0000-4000-8000-000000000001' }),
    'resource show': (option, args) =>
      this.resources[
        args.includes('--ids')
          ? option('ids')
          : `${groupOf(option('resource-group'))}/providers/${option('resource-type')}/${option('name')}`
      ],
    'group show': (option) => this.resources[groupOf(option('name'))],
    'provider show': (option) => ({ registrationState: this.providers[option('namespace')] ?? 'NotRegistered' }),
    'provider register': (option) => (this.providers[option('namespace')] = 'Registered'),
    'identity show': (option) => this.identities[option('name')],
    'identity create': (option) =>
      (this.identities[option('name')] ??= { principalId: randomUUID(), clientId: randomUUID() }),
    'identity federated-credential show': (option) => this.credentials[option('identity-name')],
    'identity federated-credential create': (option) => {
      const [issuer, subject, audience] = ['issuer', 'subject', 'audiences'].map(option);
      return (this.credentials[option('identity-name')] = { issuer, subject, audience });
    },
    'role assignment list': (option) =>
      this.assignments
        .filter(({ principal }) => principal === option('assignee'))
        .map(({ role, scope }) => ({ roleDefinitionName: role, scope })),
    'role assignment create': (option) => {
      const principal = option('assignee-object-id');
      if (!Object.values(this.identities).some(({ principalId }) => principalId === principal)) return undefined;
      if (this.roleDefinitions[option('role')] && this.slowRoles-- > 0) return undefined;
      this.assignments.push({ principal, role: option('role'), scope: option('scope') });
      return {};
    },
    'role definition list': (option) =>
      Object.keys(this.roleDefinitions)
        .filter((name) => name === option('name'))
        .map((roleName) => ({ roleName })),
    'role definition create': (option) => {
      const { Name, ...definition } = JSON.parse(option('role-definition'));
      return (this.roleDefinitions[Name] = definition);
    },
    'keyvault show': (option) => {
      const vault = this.vaults[option('name')];
      const accessPolicies = vault?.principals.map((objectId) => ({ objectId }));
      return (
        vault && {
          id: this.vaultId(option('name')),
          properties: { enableRbacAuthorization: vault.hasRoles, accessPolicies },
        }
      );
    },
    'keyvault set-policy': (option) => this.vaults[option('name')]?.principals.push(option('object-id')),
  };

  vaultId(name: string): string {
    return `${group}/providers/Microsoft.KeyVault/vaults/${name}`;
  }
}

const pick = (from: unknown, path: string): string =>
  (path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], from) ??
    '') as string;

/** What a query finds, as `--output tsv` writes it: one value a line, or of a list of rows one row a line. */
function asValues(answer: unknown, query: string): string {
  const many = /\[([^\]]+)\]$/.exec(query)?.[1]!.split(',');
  const [, list, field] = /^(.*)\[\]\.(\w+)$/.exec(query) ?? [];
  const of = (from: unknown, name: string): unknown => (name ? pick(from, name) : from);
  const lines = field
    ? (of(answer, list!) as unknown[]).map((each) => pick(each, field))
    : query.startsWith('[].')
      ? (answer as unknown[]).map((each) => many!.map((path) => pick(each, path)).join('\t'))
      : (many ?? [query]).map((path) => pick(answer, path));
  return lines.map((line) => `${line}\n`).join('');
}
