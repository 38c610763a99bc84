/** Local Azure: how soon it answers, and how it stands with a registry of ten thousand versions. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolver } from '../local/azure/connection/clientEnvironment';
import { connectLocalAzure, type LocalAzure } from '../local/azure/connection/localAzure';
import { MlWorkspace } from '../test/support/mlWorkspace';
import { median, toRow, type Measurement, type Row } from './rows';

const root = path.join(__dirname, '..');
const starts = 5;
const versions = 10_000;

interface Started {
  azure: LocalAzure;
  child: ChildProcess;
  /** Until its first answer could be asked for. */
  seconds: number;
}

export async function bench(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-local-azure-'));
  const stateDir = path.join(scratch, 'azure');
  let running: Started | undefined;
  try {
    // The first makes the program's one file.
    await stop(await start(path.join(scratch, 'first')));
    const empty: number[] = [];
    for (let round = 0; round < starts; round++) {
      const each = await start(path.join(scratch, `empty-${round}`));
      empty.push(each.seconds);
      await stop(each);
    }
    running = await start(stateDir);
    const workspace = new MlWorkspace(running.azure);
    await register(workspace, versions);
    const once = stateBytes(stateDir);
    await register(workspace, versions);
    const twice = stateBytes(stateDir);
    const pages = await timePages(workspace);
    const memory = megabytesOf(running.child.pid!);
    await stop(running);
    running = await start(stateDir);
    const method = `Local Azure as \`npm run local\` starts it, a process of its own; of ${versions} versions of models, each written twice; of jobs and images there are none`;
    const rows: Measurement[] = [
      { name: 'start, empty', ours: median(empty), unit: 's', goal: { atMost: 0.6 }, method },
      { name: `start with ${versions} models`, ours: running.seconds, unit: 's', method },
      { name: `${versions} models: a page of the list, median`, ours: median(pages), unit: 'ms', goal: { atMost: 50 }, method }, // prettier-ignore
      { name: `${versions} models: memory`, ours: memory, unit: 'MB', goal: { atMost: 300 }, method },
      { name: 'state file when all is written again', ours: twice, unit: 'bytes', reference: { name: 'written once', value: once }, goal: { ratioAtMost: 2 }, method }, // prettier-ignore
    ];
    return rows.map((row) => toRow('localAzure', row));
  } finally {
    if (running) await stop(running);
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function start(stateDir: string): Promise<Started> {
  const args = ['scripts/run.mjs', 'local/azure/main.ts', '--state', stateDir, '--port', '0'];
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  for (let attempt = 0; attempt < 6000 && child.exitCode === null; attempt++) {
    const azure = connectLocalAzure(stateDir);
    if (azure) {
      const seconds = (performance.now() - started) / 1000;
      process.env.LOCAL_AZURE_HOSTS = azure.hostsFile;
      createRequire(__filename)(resolver);
      return { azure, child, seconds };
    }
    await sleep(10);
  }
  child.kill('SIGTERM');
  throw new Error('The local Azure did not start.');
}

async function stop({ child }: Started): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function register(workspace: MlWorkspace, count: number): Promise<void> {
  let next = 1;
  const worker = async (): Promise<void> => {
    for (let version = next++; version <= count; version = next++) {
      const modelUri = `azureml://datastores/workspaceblobstore/paths/models/${version}`;
      const body = { properties: { modelType: 'custom_model', modelUri } };
      const { status } = await workspace.call('PUT', workspace.arm(`/models/bench/versions/${version}`), body);
      if (status >= 300) throw new Error(`Version ${version} was answered by ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Milliseconds of each page of the whole list. */
async function timePages(workspace: MlWorkspace): Promise<number[]> {
  const times: number[] = [];
  let next: string | undefined = workspace.arm('/models/bench/versions');
  while (next) {
    const started = performance.now();
    const { body } = await workspace.call('GET', next);
    times.push(performance.now() - started);
    const { nextLink } = body as { nextLink?: string };
    const following = nextLink && new URL(nextLink);
    next = following && `${following.pathname}${following.search}`;
  }
  return times;
}

function stateBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'))
    .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

/** Resident memory of a process; of Linux only. */
function megabytesOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}
