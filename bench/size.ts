/** How big the tasks are, and how soon they speak. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { builtTasksDir, buildTasks } from '../scripts/build';
import { packageExtension } from '../scripts/package';
import { agentTaskFolders, root } from '../scripts/taskManifest';
import { nodeBinaries } from '../test/support/node';
import { median, toRow, type Row } from './rows';

const repetitions = 15;

/** Milliseconds from the start of a process to its first line, and to the first one that a log shows: what is not a debug command. */
interface FirstLines {
  any: number;
  shown: number;
}

/** Loaded before a program: says on stderr what processor time it took up to its first line, in microseconds. */
const processorTime = `
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...given) => {
  process.stdout.write = write;
  const { user, system } = process.cpuUsage();
  process.stderr.write('processor ' + (user + system) + '\\n');
  return write(...given);
};
`;

/** Milliseconds of processor time up to the first line: what else the machine does hardly weighs on it. */
function processorUntilFirstLine(node: string, script: string, scratch: string): number {
  const hook = join(scratch, 'processorTime.cjs');
  writeFileSync(hook, processorTime);
  const env = { ...process.env, AGENT_TEMPDIRECTORY: scratch, AGENT_WORKFOLDER: scratch };
  const { stderr } = spawnSync(node, ['--require', hook, script], { cwd: scratch, env, encoding: 'utf8' });
  return Number(/^processor (\d+)$/m.exec(stderr)![1]) / 1000;
}

/** All tasks beside a program that is empty, and one that loads task-lib and nothing else. */
async function processorTimes(node: { handler: string; path: string }, scratch: string): Promise<Row[]> {
  const [empty, bare] = [join(scratch, 'empty.js'), join(scratch, 'bare.js')];
  writeFileSync(empty, 'console.log("line");');
  const stdin = { contents: "import 'azure-pipelines-task-lib/task';", resolveDir: root };
  await build({ stdin, outfile: bare, bundle: true, platform: 'node', minify: true });
  const scripts = new Map([['task-lib alone', bare], ...agentTaskFolders().map((folder) => [folder, join(builtTasksDir, folder, 'main.js')] as const)]); // prettier-ignore
  const found = new Map<string, number[]>([['empty', []], ...[...scripts.keys()].map((name) => [name, []] as [string, number[]])]); // prettier-ignore
  for (let index = 0; index < repetitions; index++) {
    for (const [name, times] of found)
      times.push(processorUntilFirstLine(node.path, scripts.get(name) ?? empty, scratch));
  }
  return [...scripts.keys()].map((name) =>
    toRow('size', {
      name: `${name}: processor time up to the first line on ${node.handler}`,
      ours: median(found.get(name)!),
      unit: 'ms',
      reference: { name: 'empty program', value: median(found.get('empty')!) },
      method: `Processor time: user and system, by Node itself as the first line is written; medians of ${repetitions} starts of each by turns. What task-lib alone takes no task can spare; it takes less there, as the tasks load its seldom used parts late.`,
    }),
  );
}

/** A process that says nothing counts until its end. */
function untilFirstLines(node: string, args: string[], cwd: string): Promise<FirstLines> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, AGENT_TEMPDIRECTORY: cwd, AGENT_WORKFOLDER: cwd };
    const started = performance.now();
    const child = spawn(node, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
    const since = () => performance.now() - started;
    let any: number | undefined;
    let shown: number | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      any ??= since();
      if (text.split('\n').some((line) => line !== '' && !line.startsWith('##vso[task.debug]'))) shown ??= since();
    });
    child.on('error', reject);
    child.on('exit', () => resolve({ any: any ?? since(), shown: shown ?? since() }));
  });
}

async function startUp(folder: string, node: { handler: string; path: string }, scratch: string): Promise<Row[]> {
  const task: FirstLines[] = [];
  const empty: FirstLines[] = [];
  // By turns, so that what else the machine does weighs on both alike.
  for (let index = 0; index < repetitions; index++) {
    empty.push(await untilFirstLines(node.path, ['-e', 'console.log("line")'], scratch));
    task.push(await untilFirstLines(node.path, [join(builtTasksDir, folder, 'main.js')], scratch));
  }
  const row = (kind: keyof FirstLines, name: string, goal: { ratioAtMost: number } | undefined): Row =>
    toRow('size', {
      name: `${folder}: ${name} on ${node.handler}`,
      ours: median(task.map((each) => each[kind])),
      unit: 'ms',
      reference: { name: 'empty Node process', value: median(empty.map((each) => each[kind])) },
      goal,
      method: `First line: median of ${repetitions} starts of each, by turns, from spawn to the line on stdout; the first is a debug command, which every task prints while it reads its inputs, the first shown is what is wrong with the inputs, as none is given.`,
    });
  return [row('any', 'first line', { ratioAtMost: 1.3 }), row('shown', 'first line that shows', undefined)];
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
        goal: { atMost: 2.5 },
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
          goal: { atMost: 1.6 },
          method: 'Sizes: what `npm run build` and `npm run package` make.',
        }),
      );
    }
    for (const { handler, path } of nodeBinaries) {
      if (path === undefined) continue;
      for (const folder of agentTaskFolders()) rows.push(...(await startUp(folder, { handler, path }, scratch)));
      rows.push(...(await processorTimes({ handler, path }, scratch)));
    }
    return rows;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
