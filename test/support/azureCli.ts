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

interface AccessPolicy {
  objectId: string;
  /** Only where an application acts for the principal. */
  applicationId?: string;
  permissions: { keys?: string[]; secrets?: string[] };
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
  readonly roleDefinitions: Record<string, { Actions: string[]; DataActions?: string[]; AssignableScopes: string[] }> =
    {};
  /** By name; those of access policies have what each principal may do with keys. */
  readonly vaults: Record<string, { hasRoles: boolean; policies: AccessPolicy[] }> = {};
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
        .map((roleName) => {
          const { Actions: actions, DataActions: dataActions } = this.roleDefinitions[roleName]!;
          return { roleName, permissions: [{ actions, dataActions }] };
        }),
    'role definition create': (option) => {
      const { Name, ...definition } = JSON.parse(option('role-definition'));
      return (this.roleDefinitions[Name] = definition);
    },
    'keyvault show': (option) => {
      const vault = this.vaults[option('name')];
      return (
        vault && {
          id: this.vaultId(option('name')),
          properties: { enableRbacAuthorization: vault.hasRoles, accessPolicies: vault.policies },
        }
      );
    },
    'keyvault set-policy': (option, args) => {
      const { policies } = this.vaults[option('name')] ?? {};
      const objectId = option('object-id');
      // Source: set_policy of the Azure CLI: the permissions with keys become those that are given; all others stay.
      const keys = args.slice(args.indexOf('--key-permissions') + 1);
      const policy = policies?.find((each) => each.objectId === objectId && !each.applicationId);
      if (policy) policy.permissions.keys = keys;
      else policies?.push({ objectId, permissions: { keys } });
      return policies;
    },
  };

  vaultId(name: string): string {
    return `${group}/providers/Microsoft.KeyVault/vaults/${name}`;
  }
}

/** What a path of a query leads to. Where it goes through a list, as `permissions[].actions[]`, it leads to a list. */
function pick(from: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, step) => {
    const [, name, isList] = /^(\w*)(\[\])?$/.exec(step)!;
    const next = (each: unknown): unknown => (name ? (each as Record<string, unknown> | undefined)?.[name] : each);
    const found = Array.isArray(value) ? value.map(next).filter((each) => each !== undefined) : next(value);
    return isList && Array.isArray(found) ? found.flat() : found;
  }, from);
}

/** A path, or `join(' ',path)`, which is empty where the path says what to take for nothing. */
function valueOf(from: unknown, expression: string): string {
  const [, path, instead] = /^join\(' ',([^|]+)(\|\|`\[\]`)?\)$/.exec(expression) ?? [];
  if (path === undefined) return (pick(from, expression) ?? '') as string;
  const words = pick(from, path) as string[] | undefined;
  if (!words && !instead) throw new Error(`join() of nothing: ${expression}`);
  return words?.join(' ') ?? '';
}

/** What a query finds, as `--output tsv` writes it: one value a line, or of a list of rows one row a line. */
function asValues(answer: unknown, query: string): string {
  const [, list, filter, row] = /^([\w.]*)\[(\?!applicationId)?\]\.\[(.+)\]$/.exec(query) ?? [];
  const fields = (text: string): string[] => text.split(/,(?! *'|[^(]*\))/);
  if (row) {
    const all = (list ? pick(answer, list) : answer) as Array<{ applicationId?: string }>;
    const rows = all.filter((each) => !filter || !each.applicationId);
    return rows
      .map(
        (each) =>
          `${fields(row)
            .map((field) => valueOf(each, field))
            .join('\t')}\n`,
      )
      .join('');
  }
  const many = /^\[([^\]]+)\]$/.exec(query)?.[1];
  return (many ? fields(many) : [query]).map((field) => `${valueOf(answer, field)}\n`).join('');
}
