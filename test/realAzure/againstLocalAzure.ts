/**
 * Runs `npm run real-azure` against a local Azure of its own, which it finds as any client finds a cloud: by its metadata, its
 * certificate authority and a service principal. Takes the same options; --yes is given.
 *
 *   npm run real-azure:local -- --only acr-locked-tag
 */
import '../support/ownTemporaryFolder.cjs';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalAzure } from '../../local/azure/index';
import { startCloud } from '../../local/cloudProcess';
import { localDirectories, makeStateFolder } from '../../local/directories';
import { messageOf } from '../../local/messageOf';
import { withinShare } from '../../scripts/suiteShares';

const root = path.join(__dirname, '..', '..');

/** What the guide has a user set by hand. */
export function clientEnvironmentOf(azure: LocalAzure): Record<string, string> {
  const { tenantid = '', serviceprincipalid = '', serviceprincipalkey = '' } = azure.serviceConnection('ServicePrincipal').auth.parameters; // prettier-ignore
  return {
    ...azure.environment,
    ARM_CLOUD_METADATA_URL: `${azure.url}/metadata/endpoints?api-version=2022-09-01`,
    AZURE_TENANT_ID: tenantid,
    AZURE_CLIENT_ID: serviceprincipalid,
    AZURE_CLIENT_SECRET: serviceprincipalkey,
    // Whatever the user's own is.
    AZURE_SUBSCRIPTION_ID: '',
  };
}

async function main(args: string[]): Promise<number> {
  const directories = localDirectories(
    mkdtempSync(path.join(tmpdir(), 'real-azure-')),
    path.join(root, '.local', 'cache'),
  );
  makeStateFolder(directories.root);
  // The terminal gives Ctrl+C to the command, too: it removes what it made, and the cloud must be there until then.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  const { azure, stop } = await startCloud(directories, { tied: true });
  try {
    const command = ['--import', 'tsx', path.join(__dirname, 'main.ts'), '--yes', ...args];
    const child = spawn(process.execPath, command, {
      cwd: root,
      env: { ...process.env, ...clientEnvironmentOf(azure) },
      stdio: 'inherit',
    });
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
  } finally {
    await stop();
    rmSync(directories.root, { recursive: true, force: true });
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(withinShare('simulation', code)),
    (error: unknown) => {
      console.error(`Error: ${messageOf(error)}`);
      process.exit(1);
    },
  );
}
