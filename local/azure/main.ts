import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { descriptionFile } from './connection/description';
import { startLocalAzure } from './index';

/**
 * Runs a local Azure as a process of its own and describes it to its users in `<state>/azure.json`, which is there as
 * soon as everything answers. Ends on SIGINT, SIGTERM, or when its administration is asked to.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      state: { type: 'string', default: join('.local', 'azure') },
      cache: { type: 'string', default: join('.local', 'cache') },
      port: { type: 'string', default: '10443' },
      'blob-port': { type: 'string', default: '0' },
      nodes: { type: 'string', default: '2' },
      python: { type: 'string' },
      'record-traffic-to': { type: 'string' },
    },
  });
  // Whoever started it with a channel wants it to end with him, even when he is killed, be it during the start.
  let stop = async (): Promise<void> => process.exit(1);
  process.on('disconnect', () => void stop());
  const azure = await startLocalAzure({
    stateDir: values.state,
    cacheDir: values.cache,
    port: Number(values.port),
    blobPort: Number(values['blob-port']),
    nodes: Number(values.nodes),
    python: values.python,
    recordTrafficTo: values['record-traffic-to'],
    log: (line) => console.log(line),
    onShutDown: () => process.exit(0),
  });
  const file = descriptionFile(azure.stateDir);
  stop = async () => {
    rmSync(file, { force: true });
    await azure.close();
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
  // Whole at once: its users look for it all the time.
  writeFileSync(`${file}.new`, JSON.stringify(azure.description, null, 2));
  renameSync(`${file}.new`, file);
  console.log(`Local Azure answers at ${azure.url}`);
}

main().catch((error: Error) => {
  console.error(`Local Azure could not start: ${error.message}`);
  process.exit(1);
});
