import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { GrantedRole } from '../../local/azure/access/accessControl';
import { localCloud } from '../../local/azure/context';

const root = join(__dirname, '..', '..');
const group = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}`;

interface Subscription {
  resources: Record<string, unknown>;
  identities: Record<string, { principalId: string; clientId: string }>;
  credentials: Record<string, Record<string, string>>;
  assignments: Array<GrantedRole & { principal: string }>;
  providers: Record<string, string>;
  /** Every command, as it was given. */
  calls: string[][];
}

/** `az` as `scripts/azure/setup.sh` sees it: a program that keeps a small subscription in a file. */
export class AzureCli {
  private readonly folder = mkdtempSync(join(tmpdir(), 'azure-cli-'));
  private readonly state = join(this.folder, 'subscription.json');
  readonly workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
  readonly storage = `${group}/providers/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}`;
  readonly registry = `${group}/providers/Microsoft.ContainerRegistry/registries/${localCloud.registry}`;

  constructor(registryMode = 'LegacyRegistryPermissions') {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    const program = join(__dirname, 'azureCliProgram.cjs');
    writeFileSync(join(bin, 'az'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "${this.state}" "$@"\n`);
    chmodSync(join(bin, 'az'), 0o755);
    const state: Subscription = {
      resources: {
        [this.workspace]: {
          id: this.workspace,
          properties: { containerRegistry: this.registry, storageAccount: this.storage },
        },
        [this.registry]: { id: this.registry, properties: { roleAssignmentMode: registryMode } },
        [group]: { id: group },
      },
      identities: {},
      credentials: {},
      assignments: [],
      providers: {},
      calls: [],
    };
    writeFileSync(this.state, JSON.stringify(state));
  }

  get subscription(): Subscription {
    return JSON.parse(readFileSync(this.state, 'utf8')) as Subscription;
  }

  /** The roles of an identity, by its name. */
  rolesOf(identity: string): GrantedRole[] {
    const { identities, assignments } = this.subscription;
    const principal = identities[identity]?.principalId;
    return assignments.filter((each) => each.principal === principal).map(({ role, scope }) => ({ role, scope }));
  }

  /** Runs the script with the stand-in before everything else on the PATH. */
  setup(...args: string[]): Promise<{ code: number; output: string }> {
    const places = ['--workspace', localCloud.workspace, '--workspace-group', localCloud.resourceGroup];
    const env = { ...process.env, PATH: [join(this.folder, 'bin'), process.env.PATH].join(delimiter) };
    return new Promise((resolve) => {
      execFile(
        'bash',
        [join(root, 'scripts', 'azure', 'setup.sh'), ...places, ...args],
        { env },
        (error, stdout, stderr) => resolve({ code: error ? 1 : 0, output: stdout + stderr }),
      );
    });
  }
}
