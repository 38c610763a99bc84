import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectLocalAzure, type LocalAzure } from './azure/connection/localAzure';
import { descriptionFile, readDescription } from './azure/connection/description';
import { processStartTime } from './azure/processes/processRecords';
import { closedFolder } from './azure/store/closedFolder';
import type { LocalDirectories } from './directories';
import { programCommand, root } from './installation';
import { signalGroup, signalProcess } from './processSignals';

/** A local Azure in a process of its own. */
export interface CloudProcess {
  azure: LocalAzure;
  pid: number;
  /** It was running already; it goes on when we stop. */
  wasUp: boolean;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it and all that it started, without asking. */
  kill(): void;
}

export interface StartOptions {
  port?: number;
  /** It ends when this process does, however that ends. Otherwise it stays. */
  tied: boolean;
  signal?: AbortSignal;
}

/** How long a start and a stop may take, in milliseconds; containers that must end count in. */
const patience = 60_000;

export function cloudLogFile(directories: LocalDirectories): string {
  return path.join(directories.azure, 'azure.log');
}

/** The local Azure that runs on the directory, undefined if none does. */
export function findCloud(directories: LocalDirectories): CloudProcess | undefined {
  const azure = connectLocalAzure(directories.azure);
  const pid = readDescription(directories.azure)?.pid;
  if (!azure || pid === undefined) return undefined;
  return { azure, pid, wasUp: true, ...endings(azure, pid) };
}

/** Connects to the local Azure of the directory, or starts one and waits until all of it answers. */
export async function startCloud(directories: LocalDirectories, options: StartOptions): Promise<CloudProcess> {
  const present = findCloud(directories);
  if (present) return present;
  closedFolder(directories.azure);
  // What a killed one left would look like an answer.
  rmSync(descriptionFile(directories.azure), { force: true });
  const log = openSync(cloudLogFile(directories), 'w');
  const [program, ...args] = programCommand('local/azure/main.ts');
  const places = ['--state', directories.azure, '--cache', directories.cache, '--port', String(options.port ?? 0)];
  const child = spawn(program, [...args, ...places], {
    cwd: root,
    // Its own group: Ctrl-C must reach the agent first, which ends the steps that still need it.
    detached: true,
    stdio: options.tied ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
  });
  closeSync(log);
  const azure = await answer(child, directories, options.signal);
  child.channel?.unref();
  child.unref();
  return { azure, pid: child.pid!, wasUp: false, ...endings(azure, child.pid!) };
}

async function answer(child: ChildProcess, directories: LocalDirectories, signal?: AbortSignal): Promise<LocalAzure> {
  let fault: string | undefined;
  const onExit = (): void => void (fault = lastLine(cloudLogFile(directories)));
  child.once('error', (error) => (fault = error.message));
  child.once('exit', onExit);
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50)) {
    const azure = fault === undefined ? connectLocalAzure(directories.azure) : undefined;
    if (azure) {
      // By the time of its ordinary end the log may be gone.
      child.off('exit', onExit);
      return azure;
    }
    if (fault !== undefined) throw new Error(`${fault} (log: ${cloudLogFile(directories)})`);
    if (signal?.aborted) break;
  }
  signalGroup(child.pid, 'SIGKILL');
  if (signal?.aborted) throw new Error('Cancelled while local Azure was starting.');
  throw new Error(`Local Azure did not answer within ${patience / 1000} s; see ${cloudLogFile(directories)}.`);
}

function endings(azure: LocalAzure, pid: number): Pick<CloudProcess, 'stop' | 'kill'> {
  return { stop: () => stop(azure, pid), kill: () => signalGroup(pid, 'SIGKILL') };
}

async function stop(azure: LocalAzure, pid: number): Promise<void> {
  const startTime = processStartTime(pid);
  if (startTime === undefined) return;
  // By its administration if it answers, else by a signal; both end its containers.
  await azure.close().catch(() => signalProcess(pid, 'SIGTERM'));
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50)) {
    if (processStartTime(pid) !== startTime) return;
  }
  signalGroup(pid, 'SIGKILL');
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').pop() || 'Local Azure ended without a word';
}
