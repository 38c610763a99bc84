/** The whole quickstart on a warm machine: what is spent beside the work that must be done, and where. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, root } from '../scripts/taskManifest';
import { toRow, type Row } from './rows';

interface RunStep {
  displayName: string;
  log?: string;
  startTime?: string;
  finishTime?: string;
}

interface RunRecord {
  result: string;
  stages: Array<{ jobs: Array<{ steps: RunStep[] }> }>;
}

/** Work that no pipeline can spare: from the first line to the second, in the log of a step. */
const necessary: Array<{ name: string; step: string; from: RegExp; to: RegExp }> = [
  { name: 'training', step: 'Train', from: /Running on /, to: /Completed on / },
  {
    name: 'scoring server: start in the self-test',
    step: 'Package image',
    from: /RUN .*self_test\.py/,
    to: /Self-test passed/,
  },
  {
    name: 'scoring server: start in the container',
    step: 'Deploy to Container Instances',
    from: /Started container/,
    to: /: HTTP 200/,
  },
];

/** Seconds that the process took. */
function quickstart(directory: string): Promise<number> {
  const args = ['local/quickstart.ts', '--directory', directory, '--cache', join(root, '.local', 'cache')];
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
    const child = spawn(process.execPath, [tsx, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve((performance.now() - started) / 1000);
      else reject(new Error(`The quickstart ended with exit code ${code}: see ${directory}/runs.`));
    });
  });
}

/** Seconds from the first line that matches to the first one after it that matches, by the log's own timestamps. */
function span(log: string, from: RegExp, to: RegExp): number {
  const lines = log.split('\n');
  const first = lines.findIndex((line) => from.test(line));
  const last = lines.findIndex((line, index) => index >= first && to.test(line));
  if (first < 0 || last < 0) throw new Error(`The log has no line for ${first < 0 ? from : to}.`);
  const time = (line: string): number => Date.parse(line.slice(0, line.indexOf('Z') + 1));
  return (time(lines[last]!) - time(lines[first]!)) / 1000;
}

export async function bench(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-chain-'));
  await quickstart(directory);
  const total = await quickstart(directory);
  const run = join(
    directory,
    'runs',
    readdirSync(join(directory, 'runs'))
      .filter((name) => /^\d+$/.test(name))
      .sort()
      .pop()!,
  );
  const steps = readJson<RunRecord>(join(run, 'run.json')).stages.flatMap(({ jobs }) =>
    jobs.flatMap(({ steps }) => steps),
  );

  const method =
    'Second run of the quickstart in a new folder, with a warm cache of Python environments: the process from start to end; parts by the timestamps of the logs.';
  const seconds = (name: string, ours: number): Row => toRow('chain', { name, ours, unit: 's', method });
  const work = necessary.map(({ name, step, from, to }) => {
    const log = steps.find(({ displayName }) => displayName === step)?.log;
    if (!log) throw new Error(`The run has no log of the step ${step}.`);
    return { name, step, seconds: span(readFileSync(join(run, log), 'utf8'), from, to) };
  });
  const ofSteps = steps.map(({ displayName, startTime, finishTime }) => {
    const taken = startTime && finishTime ? (Date.parse(finishTime) - Date.parse(startTime)) / 1000 : 0;
    const spent = work.filter(({ step }) => step === displayName).reduce((sum, part) => sum + part.seconds, 0);
    return { displayName, seconds: taken - spent };
  });
  const rest = total - work.reduce((sum, part) => sum + part.seconds, 0);
  const inSteps = ofSteps.reduce((sum, step) => sum + step.seconds, 0);
  rmSync(directory, { recursive: true });
  return [
    toRow('chain', {
      name: 'the chain, apart from training, pip and server start',
      ours: rest,
      unit: 's',
      goal: { atMost: 10 },
      method,
    }),
    seconds('the whole run', total),
    ...work.map((part) => seconds(part.name, part.seconds)),
    ...ofSteps.map((step) => seconds(`step ${step.displayName}, the rest`, step.seconds)),
    seconds('local Azure and agent: start and end', rest - inSteps),
  ];
}
