/** The whole quickstart on a warm machine: what is spent beside the work that must be done, and where. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, root } from '../scripts/taskManifest';
import type { ModelRecord } from '../tasks/common/record/record';
import { freshCloneRows } from './chain/freshClone';
import { median, toRow, type Row } from './rows';

const warmRuns = 3;

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

/** Work that no pipeline can spare, in milliseconds since the epoch. */
interface Work {
  name: string;
  step: string;
  from: number;
  to: number;
}

/** Seconds that the process took. */
function quickstart(directory: string, modelName: string): Promise<number> {
  const cache = join(root, '.local', 'cache');
  const args = [
    'scripts/run.mjs',
    'local/quickstart.ts',
    '--directory',
    directory,
    '--cache',
    cache,
    '--set',
    `modelName=${modelName}`,
  ];
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve((performance.now() - started) / 1000);
      else reject(new Error(`The quickstart ended with exit code ${code}: see ${directory}/runs.`));
    });
  });
}

/** When the first line that matches was written, by the log's own timestamps. */
function timeOf(log: string, pattern: RegExp): number {
  const line = log.split('\n').find((text) => pattern.test(text));
  if (!line) throw new Error(`The log has no line for ${pattern}.`);
  return Date.parse(line.slice(0, line.indexOf('Z') + 1));
}

/** What the steps had to wait for, by the times that the service itself notes. */
function necessaryWork(directory: string, run: string, steps: RunStep[]): Work[] {
  const logOf = (step: string): string => {
    const log = steps.find(({ displayName }) => displayName === step)?.log;
    if (!log) throw new Error(`The run has no log of the step ${step}.`);
    return readFileSync(join(run, log), 'utf8');
  };
  const { training } = readJson<ModelRecord>(join(run, 'mlops-record.json'));
  const packaging = logOf('Package image');
  const groups = readFileSync(join(directory, 'azure', 'documents', 'containerGroups.jsonl'), 'utf8');
  const started = [...groups.matchAll(/"firstTimestamp":"([^"]*)"[^{}]*"message":"Started container"/g)].at(-1)?.[1];
  return [
    { name: 'training', step: 'Train', from: Date.parse(training!.startedAt!), to: Date.parse(training!.endedAt!) },
    {
      name: 'scoring server: start in the self-test',
      step: 'Package image',
      from: timeOf(packaging, /RUN .*self_test\.py/),
      to: timeOf(packaging, /SELF-TEST PASSED/),
    },
    {
      name: 'scoring server: start in the container',
      step: 'Deploy to Container Instances',
      from: Date.parse(started ?? ''),
      to: timeOf(logOf('Deploy to Container Instances'), /: HTTP 200/),
    },
  ];
}

/** Where the time of one run went, in seconds. */
interface Spent {
  total: number;
  work: Array<{ name: string; seconds: number }>;
  steps: Array<{ displayName: string; seconds: number }>;
  /** Apart from the work. */
  rest: number;
}

async function warmRun(directory: string, modelName: string): Promise<Spent> {
  const total = await quickstart(directory, modelName);
  const run = join(directory, 'runs', 'latest');
  const ran = readJson<RunRecord>(join(run, 'run.json')).stages.flatMap(({ jobs }) =>
    jobs.flatMap(({ steps }) => steps),
  );
  const work = necessaryWork(directory, run, ran).map(({ name, step, from, to }) => {
    if (!(to > from)) throw new Error(`The run says nothing of the time of: ${name}.`);
    return { name, step, seconds: (to - from) / 1000 };
  });
  const sum = (parts: Array<{ seconds: number }>): number => parts.reduce((all, { seconds }) => all + seconds, 0);
  const steps = ran.map(({ displayName, startTime, finishTime }) => {
    const taken = startTime && finishTime ? (Date.parse(finishTime) - Date.parse(startTime)) / 1000 : 0;
    return { displayName, seconds: taken - sum(work.filter(({ step }) => step === displayName)) };
  });
  return { total, work, steps, rest: total - sum(work) };
}

export async function bench(): Promise<Row[]> {
  const fresh = await freshCloneRows();
  const directory = mkdtempSync(join(tmpdir(), 'bench-chain-'));
  // A name of its own, so that the shared cache holds no build of this very model.
  const modelName = `bench-${randomUUID()}`;
  await quickstart(directory, modelName);
  const spent: Spent[] = [];
  for (let run = 0; run < warmRuns; run++) spent.push(await warmRun(directory, modelName));
  rmSync(directory, { recursive: true });
  const rest = median(spent.map((run) => run.rest));
  const { total, work, steps } = spent.find((run) => run.rest === rest)!;

  const method = `The median of ${warmRuns} runs of the quickstart after a first one in a new folder, with a warm cache of Python environments: the process from start to end; parts by the times that the job and the container note themselves, and by the timestamps of the logs.`;
  const seconds = (name: string, ours: number, atMost?: number): Row =>
    toRow('chain', { name, ours, unit: 's', goal: atMost === undefined ? undefined : { atMost }, method });
  const inSteps = steps.reduce((sum, step) => sum + step.seconds, 0);
  return [
    toRow('chain', {
      name: 'the chain, apart from training, pip and server start',
      ours: rest,
      unit: 's',
      goal: { atMost: 4 },
      method,
    }),
    seconds('the whole run', total, 11),
    ...work.map((part) => seconds(part.name, part.seconds)),
    ...steps.map((step) => seconds(`step ${step.displayName}, the rest`, step.seconds)),
    seconds('local Azure and agent: start and end', rest - inSteps),
    ...fresh,
  ];
}
