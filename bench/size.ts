/** How big the tasks are, and how soon they speak. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtTasksDir, buildTasks } from '../scripts/build';
import { packageExtension } from '../scripts/package';
import { agentTaskFolders } from '../scripts/taskManifest';
import { nodeBinaries } from '../test/support/node';
import { median, toRow, type Row } from './rows';

const repetitions = 15;

/**
 * Milliseconds from the start of a process to its first byte of output, or to its end where it says nothing. A task's
 * first line is a debug command, which every task prints while it reads its inputs.
 */
function untilFirstOutput(node: string, args: string[], cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, AGENT_TEMPDIRECTORY: cwd, AGENT_WORKFOLDER: cwd };
    const started = performance.now();
    const child = spawn(node, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
    let first: number | undefined;
    child.stdout.once('data', () => (first = performance.now() - started));
    child.stdout.resume();
    child.on('error', reject);
    child.on('exit', () => resolve(first ?? performance.now() - started));
  });
}

async function startUp(folder: string, node: { handler: string; path: string }, scratch: string): Promise<Row> {
  const task: number[] = [];
  const empty: number[] = [];
  // By turns, so that what else the machine does weighs on both alike.
  for (let index = 0; index < repetitions; index++) {
    empty.push(await untilFirstOutput(node.path, ['-e', 'console.log()'], scratch));
    task.push(await untilFirstOutput(node.path, [join(builtTasksDir, folder, 'main.js')], scratch));
  }
  return toRow('size', {
    name: `${folder}: first line of output on ${node.handler}`,
    ours: median(task),
    unit: 'ms',
    reference: { name: 'empty Node process', value: median(empty) },
    goal: { ratioAtMost: 2 },
    method: `First line: median of ${repetitions} starts of each, by turns, from spawn to the first byte on stdout.`,
  });
}

export async function bench(): Promise<Row[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'bench-size-'));
  try {
    await buildTasks();
    const { bytes, entries } = await packageExtension(join(scratch, 'extension.vsix'));
    const rows = [
      toRow('size', {
        name: 'the extension (.vsix)',
        ours: bytes / 1e6,
        unit: 'MB',
        goal: { atMost: 3 },
        method: 'Sizes: what `npm run build` and `npm run package` make.',
      }),
    ];
    for (const folder of agentTaskFolders()) {
      const scripts = entries.filter(({ name }) => name.startsWith(`tasks/${folder}/`) && name.endsWith('.js'));
      rows.push(
        toRow('size', {
          name: `${folder}: bundle`,
          ours: scripts.reduce((sum, { size }) => sum + size, 0) / 1e6,
          unit: 'MB',
          goal: { atMost: 1.5 },
          method: 'Sizes: what `npm run build` and `npm run package` make.',
        }),
      );
    }
    for (const { handler, path } of nodeBinaries) {
      if (path === undefined) continue;
      for (const folder of agentTaskFolders()) rows.push(await startUp(folder, { handler, path }, scratch));
    }
    return rows;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
