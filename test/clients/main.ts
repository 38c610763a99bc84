/**
 * Runs other people's clients, unmodified, against a local Azure, and prints what came of each operation.
 *
 *   npm run clients              all of them
 *   npm run clients -- mlflow    those whose names begin so
 */
import '../support/ownTemporaryFolder.cjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAzure } from '../../local/azure/index';
import { withinShare } from '../../scripts/suiteShares';
import { cosign } from './cosign';
import { ociConformance } from './ociConformance';
import { modelCardReader } from './modelCardReader';
import { crane, skopeo } from './registryClients';
import { reportClients } from './reportClients';
import { scriptedClients } from './scriptedClients';
import { connect, type Client, type Tried } from './world';

const root = join(__dirname, '..', '..');
const clients: Client[] = [
  skopeo,
  ...scriptedClients,
  ...reportClients,
  modelCardReader,
  crane,
  cosign,
  ociConformance,
];

const row = (name: string, version: string, columns: unknown[]): string =>
  name.padEnd(27) + version.padEnd(10) + columns.map((each, index) => String(each).padStart([5, 7, 23, 7, 9][index]!)).join(''); // prettier-ignore

async function main(): Promise<void> {
  const wanted = clients.filter(({ name }) => name.startsWith(process.argv[2] ?? ''));
  // All at once: most of an installation is waiting for the network.
  const installed = wanted.map((client) => ({ client, program: client.install().catch((error: Error) => error) }));
  const stateDir = mkdtempSync(join(tmpdir(), 'local-azure-clients-'));
  const azure = await startLocalAzure({ stateDir, cacheDir: join(root, '.local', 'cache') });
  let wrong = 0;
  try {
    const world = await connect(azure);
    console.log(row('client', 'version', ['tried', 'right', 'refused as Azure does', 'wrong', 'seconds']));
    for (const { client, program } of installed) {
      const { name, version } = client;
      const ready = await program;
      if (ready instanceof Error) {
        console.log(`${name.padEnd(27)}${version.padEnd(10)}not tried: it could not be installed: ${ready.message.split('\n').slice(0, 3).join(' ')}`); // prettier-ignore
        // Here nothing may be left out; elsewhere a machine need not have Go, or a network.
        if (process.env.CI) wrong++;
        continue;
      }
      const started = Date.now();
      const results = await client.run(world, ready);
      const count = (outcome: Tried['outcome']) => results.filter((result) => result.outcome === outcome).length;
      const seconds = Math.round((Date.now() - started) / 1000);
      console.log(row(name, version, [results.length, count('right'), count('refused'), count('wrong'), seconds]));
      for (const { operation, detail } of results.filter(({ outcome }) => outcome === 'wrong')) {
        console.log(`  wrong: ${operation}: ${detail}`);
      }
      wrong += count('wrong');
    }
  } finally {
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
  process.exitCode = withinShare('clients', wrong > 0 ? 1 : 0);
}

void main();
