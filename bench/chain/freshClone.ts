/** The quickstart as a stranger runs it: in a fresh clone, where nothing is installed, built or made. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readJson, root } from '../../scripts/taskManifest';
import { toRow, type Row } from '../rows';

interface RunRecord {
  result: string;
  stages: Array<{ jobs: Array<{ steps: Array<{ displayName: string; startTime?: string; finishTime?: string }> }> }>;
}

export async function freshCloneRows(): Promise<Row[]> {
  const clone = mkdtempSync(path.join(tmpdir(), 'bench-clone-'));
  try {
    execFileSync('git', ['clone', '--quiet', root, clone]);
    const started = Date.now();
    const child = spawn('npm', ['run', 'quickstart'], { cwd: clone, stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' }); // prettier-ignore
    let installed = started;
    let answering = started;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('Built the tasks')) installed = Date.now();
      if (line.startsWith('Local Azure has started')) answering = Date.now();
    });
    const [code] = (await once(child, 'close')) as [number];
    const seconds = (Date.now() - started) / 1000;
    if (code !== 0) throw new Error(`The quickstart of the fresh clone ended with exit code ${code}.`);
    const method = `The quickstart in a fresh clone, one run, with what this machine keeps of npm's and uv's downloads; parts by the lines that it prints and by the times that its steps note.`;
    const row = (name: string, ours: number, atMost?: number): Row =>
      toRow('chain', { name, ours, unit: 's', goal: atMost === undefined ? undefined : { atMost }, method });
    const run = readJson<RunRecord>(path.join(clone, '.local', 'runs', 'latest', 'run.json'));
    const steps = run.stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
    return [
      row('fresh clone: the whole run', seconds, 75),
      row('fresh clone: npm packages and built tasks', (installed - started) / 1000),
      row('fresh clone: Python is looked for, local Azure starts', (answering - installed) / 1000),
      ...steps.flatMap(({ displayName, startTime, finishTime }) =>
        startTime && finishTime
          ? [row(`fresh clone: step ${displayName}`, (Date.parse(finishTime) - Date.parse(startTime)) / 1000)]
          : [],
      ),
    ];
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}
