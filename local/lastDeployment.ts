import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelRecord } from '../tasks/common/record/record';
import { modelRecords } from './agent/run/closingReport';
import { readRunRecord, runFolders } from './agent/run/runFolder';
import { addressOf } from './addresses';
import type { LocalDirectories } from './directories';

/** How long a container group that starts again may take until it listens, in milliseconds. */
const patience = 60_000;

/** The last green run that deployed: its model record and its folder. */
export interface LastDeployment {
  record: ModelRecord;
  folder: string;
}

export function lastDeployment(directories: LocalDirectories): LastDeployment | undefined {
  for (const folder of runFolders(directories.runs)) {
    if (!existsSync(path.join(folder, 'run.json'))) continue;
    const run = readRunRecord(folder);
    const records = run.result === 'succeeded' ? modelRecords(run, folder) : [];
    const record = records.findLast(({ deployment }) => deployment);
    if (record) return { record, folder };
  }
  return undefined;
}

/** Waits until the endpoint listens; false if it does not in a minute. */
export async function waitForEndpoint(scoringUri: string, hostsFile: string): Promise<boolean> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(200)) {
    if (await endpointListens(scoringUri, hostsFile)) return true;
  }
  return false;
}

export async function endpointListens(scoringUri: string, hostsFile: string): Promise<boolean> {
  const { hostname, port } = new URL(scoringUri);
  const address = addressOf(hostsFile, hostname);
  return address !== undefined && listens(address, Number(port || 80));
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
