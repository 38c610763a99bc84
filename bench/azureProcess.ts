/** A local Azure of its own, as `npm run local` starts it: in a process of its own, so that its work is not counted as a client's. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectLocalAzure, type LocalAzure } from '../local/azure/connection/localAzure';
import { reachFromHere } from '../test/support/azure';

const root = path.join(__dirname, '..');

export interface AzureProcess {
  azure: LocalAzure;
  child: ChildProcess;
  /** From its start until its first answer could be asked for. */
  seconds: number;
  readonly stop: () => Promise<void>;
}

export async function startAzureProcess(stateDir: string): Promise<AzureProcess> {
  const args = ['scripts/run.mjs', 'local/azure/main.ts', '--state', stateDir, '--port', '0'];
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  for (let attempt = 0; attempt < 6000 && child.exitCode === null; attempt++) {
    const azure = connectLocalAzure(stateDir);
    if (azure) {
      const seconds = (performance.now() - started) / 1000;
      reachFromHere(azure);
      return { azure, child, seconds, stop };
    }
    await sleep(10);
  }
  await stop();
  throw new Error('The local Azure did not start.');
}
