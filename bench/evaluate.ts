import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { localCloud } from '../local/azure/context';
import { startLocalAzure, type LocalAzure } from '../local/azure/index';
import { append, emptyRecord } from '../tasks/common/record/chain';
import { recordFileName } from '../tasks/common/record/record';
import { writeRecord } from '../tasks/common/record/recordFile';
import { Random } from '../tasks/Evaluate/confidence/random';
import { runBuiltTask, TestJob } from '../test/support/agent';
import { MlWorkspace, workspaceId } from '../test/support/mlWorkspace';
import { cacheDir, median, toRow, type Measurement, type Row } from './rows';

const root = path.join(__dirname, '..');
const folder = path.join(cacheDir, 'evaluate');
const megabytes = (kilobytes: number) => kilobytes / 1024;

/** A decision in a registry of ten thousand versions, and intervals from a million rows of predictions. */
export async function bench(): Promise<Row[]> {
  mkdirSync(folder, { recursive: true });
  return [...(await largeRegistry()), ...(await manyRows())];
}

const versions = 10_000;
const modelName = 'bench-model';

/** Beside the naive way, which is the quickstart's: list all versions and look for the right ones. */
async function largeRegistry(): Promise<Row[]> {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'bench-evaluate-'));
  const azure = await startLocalAzure({ stateDir, cacheDir: path.join(root, '.local', 'cache') });
  try {
    const registry = new MlWorkspace(azure);
    await fill(registry);
    const runs = [];
    for (let count = 0; count < 3; count++) runs.push(await decide(azure));
    await azure.requests.clear();
    const started = performance.now();
    let listed = 0;
    const { resourceGroup, workspace } = localCloud;
    for await (const _ of registry.client.modelVersions.list(resourceGroup, workspace, modelName)) listed++;
    const listing = (performance.now() - started) / 1000;
    if (listed !== versions) throw new Error(`The registry lists ${listed} versions instead of ${versions}.`);
    const listRequests = (await azure.requests.list()).length;

    const method = `built task started as the agent starts it, local Azure with ${versions} versions of one model, two criteria, median of 3; the reference lists all versions by the SDK`;
    return [
      { name: `decision over ${versions} versions: requests to Azure`, ours: median(runs.map(({ requests }) => requests)), unit: 'requests', reference: { name: 'list all', value: listRequests }, goal: { atMost: 15 }, method }, // prettier-ignore
      { name: `decision over ${versions} versions: whole task`, ours: median(runs.map(({ seconds }) => seconds)), unit: 's', reference: { name: 'list all', value: listing }, goal: { atMost: 5 }, method }, // prettier-ignore
      { name: `decision over ${versions} versions: memory`, ours: median(runs.map(({ memory }) => memory)), unit: 'MB', goal: { atMost: 200 }, method }, // prettier-ignore
    ].map((row) => toRow('evaluate', row as Parameters<typeof toRow>[1]));
  } finally {
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** Registers the versions; the one in the middle is the champion. */
async function fill(registry: MlWorkspace): Promise<void> {
  let next = 1;
  const worker = async () => {
    for (let version = next++; version <= versions; version = next++) {
      const tags = { rmse: String(5 - version / versions), ...(version === versions / 2 ? { champion: '2026' } : {}) };
      const modelUri = `azureml://datastores/workspaceblobstore/paths/models/${version}`;
      const { status } = await registry.call('PUT', registry.arm(`/models/${modelName}/versions/${version}`), {
        properties: { modelType: 'custom_model', modelUri, tags },
      });
      if (status >= 300) throw new Error(`Version ${version} was answered by ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function decide(azure: LocalAzure): Promise<{ seconds: number; requests: number; memory: number }> {
  const job = new TestJob('build', azure);
  const { subscriptionId, resourceGroup, workspace } = localCloud;
  const record = append(emptyRecord(), 'model', {
    name: modelName,
    version: String(versions),
    id: `${workspaceId}/models/${modelName}/versions/${versions}`,
    type: 'custom_model',
    uri: 'azureml://datastores/workspaceblobstore/paths/models',
    workspace: { subscriptionId, resourceGroup, name: workspace },
  });
  writeRecord(path.join(job.variables.get('Build.ArtifactStagingDirectory')!, 'mlops', recordFileName), record);
  const peak = path.join(job.folders.work, 'peak');
  await azure.requests.clear();
  const started = performance.now();
  const { result, log } = await runBuiltTask('Evaluate', {
    job,
    environment: {
      NODE_OPTIONS: `${azure.environment.NODE_OPTIONS ?? ''} --require ${path.join(__dirname, 'evaluate', 'peakMemory.cjs')}`,
      PEAK_MEMORY_FILE: peak,
    },
    inputs: {
      azureSubscription: localCloud.serviceConnectionId,
      // Another limit each time: the same criteria would yield the earlier decision.
      criteria: `rmse <= ${5 + Math.random()}\nrmse <= champion`,
    },
  });
  const seconds = (performance.now() - started) / 1000;
  if (result !== 'succeeded') throw new Error(log.join('\n'));
  const requests = (await azure.requests.list()).length;
  return { seconds, requests, memory: megabytes(Number(readFileSync(peak, 'utf8'))) };
}

const rowCount = 1_000_000;

interface Ours {
  seconds: number;
  maxRss: number;
  intervals: Array<{ kind: string; lower: number; upper: number; resamples: number }>;
}
interface Theirs {
  read: number;
  perResample: number;
  maxRss: number;
  interval: [number, number];
}

async function manyRows(): Promise<Row[]> {
  const program = path.join(folder, 'intervals.js');
  const entryPoints = [
    path.join(__dirname, 'evaluate', 'intervals.ts'),
    path.join(root, 'tasks', 'Evaluate', 'worker.ts'),
  ];
  await build({ entryPoints, outdir: folder, entryNames: '[name]', bundle: true, platform: 'node', minify: true });
  const run: Run = (criteria, files, threads = 'all') => {
    const output = execFileSync(process.execPath, [program, criteria, String(threads), ...files], { encoding: 'utf8' });
    const found = JSON.parse(output) as Ours;
    if (found.intervals.some(({ kind }) => kind !== 'interval')) throw new Error(output);
    return found;
  };
  return [
    ...besideNumpy(run),
    ...allAtOnce(run),
    ...otherMetrics(run),
    ...onMoreProcessors(run),
    ...tenMillion(run),
  ].map((row) => toRow('evaluate', row));
}

/** @param threads all processors where it is left out */
type Run = (criteria: string, files: string[], threads?: number | 'all') => Ours;
const rowFiles = (metric: RowKind, count = rowCount) => [
  writeRows(metric, 'candidate', 1, count),
  writeRows(metric, 'champion', 1.01, count),
];

function besideNumpy(run: Run): Measurement[] {
  const python = installPython();
  const goals = { rmse: { ratioAtMost: 0.2 }, auc: { atMost: 10 } };
  return (
    [
      ['rmse', '<', 100],
      ['auc', '>', 10],
    ] as const
  ).flatMap(([metric, operator, referenceResamples]) => {
    const files = rowFiles(metric);
    const ours = run(`${metric} ${operator} champion with 95% confidence`, files);
    const script = path.join(__dirname, 'evaluate', 'reference.py');
    const theirs = JSON.parse(
      execFileSync(python, [script, metric, ...files, String(referenceResamples)], { encoding: 'utf8' }),
    ) as Theirs;
    const { resamples } = ours.intervals[0]!;
    const seconds = theirs.read + theirs.perResample * resamples;
    const method = `studentised interval and randomisation test over 400 blocks of rows, ${resamples} resamples each, of ${rowCount} rows from two CSV files, a process of its own on all processors; the reference (pandas, numpy, scipy; percentile bootstrap) reads the same files, makes ${referenceResamples} resamples and is scaled up`;
    const name = `interval of ${metric} from a million rows`;
    return [
      { name: `${name}: time`, ours: ours.seconds, unit: 's', reference: { name: 'numpy', value: seconds }, goal: goals[metric], method }, // prettier-ignore
      { name: `${name}: memory`, ours: megabytes(ours.maxRss), unit: 'MB', reference: { name: 'numpy', value: megabytes(theirs.maxRss) }, goal: { ratioAtMost: 1 }, method }, // prettier-ignore
    ];
  });
}

/** Two criteria, and one of them over each of four slices: the files are read once for all. */
function allAtOnce(run: Run): Measurement[] {
  const files = rowFiles('rmse');
  const each = ['rmse', 'mae', ...[0, 1, 2, 3].map((part) => `rmse[part=${part}]`)].map(
    (metric) => `${metric} < champion with 95% confidence`,
  );
  const together = run(each.join('\n'), files).seconds;
  const apart = each.reduce((sum, criterion) => sum + run(criterion, files).seconds, 0);
  const method = `rmse, mae, and rmse of four slices over ${rowCount} rows in one process; the reference is a process for each`;
  const reference = { name: 'one by one', value: apart };
  return [{ name: 'six criteria of one file: time', ours: together, unit: 's', reference, goal: { ratioAtMost: 0.5 }, method }]; // prettier-ignore
}

/** Those whose value without a block of rows is not a difference of sums, or is of many groups. */
function otherMetrics(run: Run): Measurement[] {
  const files = rowFiles('auc');
  const method = `${rowCount} rows from two CSV files, a process of its own on all processors`;
  const row = (name: string, criterion: string, files: string[]): Measurement => {
    const ours = run(`${criterion} with 95% confidence`, files).seconds;
    return { name: `${name} from a million rows: time`, ours, unit: 's', goal: { atMost: 10 }, method };
  };
  return [
    row('interval of average precision', 'pr_auc > champion', files),
    row('interval of r2', 'r2 > champion', rowFiles('rmse')),
    row(
      'interval of a difference between four groups',
      'max difference of rmse over part < 1',
      rowFiles('rmse').slice(0, 1),
    ),
  ];
}

/** What threads spare is told by their work: the machine may be busy. The decisions are the same on any number of them. */
function onMoreProcessors(run: Run): Measurement[] {
  const files = rowFiles('rmse');
  const criteria = ['rmse <', 'mae <', 'r2 >'].map((each) => `${each} champion with 95% confidence`).join('\n');
  const counts = [1, 2, 3, 8];
  const found = counts.map((count) => run(criteria, files, count));
  const different = found.filter(({ intervals }) => JSON.stringify(intervals) !== JSON.stringify(found[0]!.intervals)).length; // prettier-ignore
  const pairs = Array.from(
    { length: 5 },
    () => [run(criteria, files, 2).seconds, run(criteria, files, 1).seconds] as const,
  );
  const [two, one] = [...pairs].sort((a, b) => a[0] / a[1] - b[0] / b[1])[2]!;
  return [
    { name: `decisions of ${counts.join(', ')} threads that differ`, ours: different, unit: 'decisions', goal: { atMost: 0 }, method: 'rmse, mae and r2 of a million rows: intervals and p-values to the last digit' }, // prettier-ignore
    { name: 'three criteria on two processors: time', ours: two, unit: 's', reference: { name: 'on one', value: one }, goal: { ratioAtMost: 0.75 }, method: 'rmse, mae and r2 of a million rows, five times in turn, the pair with the middle ratio; the look for where rows end, which all parts wait for, is on one' }, // prettier-ignore
  ];
}

function tenMillion(run: Run): Measurement[] {
  const { maxRss, seconds } = run('rmse < champion with 95% confidence', rowFiles('rmse', 10 * rowCount));
  const method = `rmse of ${10 * rowCount} rows from two CSV files, a process of its own; peak of resident memory`;
  return [
    { name: 'interval of rmse from ten million rows: memory', ours: (maxRss * 1024) / 1e6, unit: 'MB', goal: { atMost: 1000 }, method }, // prettier-ignore
    { name: 'interval of rmse from ten million rows: time', ours: seconds, unit: 's', method },
  ];
}

type RowKind = 'rmse' | 'auc';

/** One model's predictions, the same in every run; the larger the noise, the worse the model. */
function writeRows(metric: RowKind, model: string, noise: number, count: number): string {
  const file = path.join(folder, `${metric}-${model}-${count}.csv`);
  if (existsSync(file)) return file;
  const [truth, own] = [new Random(1), new Random(model.length)];
  const uniform = (random: Random) => random.next() / 2 ** 32;
  const part = `${file}.part`;
  writeFileSync(part, metric === 'rmse' ? 'id,part,label,prediction\n' : 'id,label,score\n');
  for (let start = 0; start < count; start += 10_000) {
    let text = '';
    for (let row = start; row < start + 10_000; row++) {
      const hidden = uniform(truth);
      const error = (uniform(own) - 0.5) * noise;
      text +=
        metric === 'rmse'
          ? `${row},${row % 4},${(hidden * 100).toFixed(4)},${(hidden * 100 + error * 10).toFixed(4)}\n`
          : `${row},${uniform(truth) < hidden ? 1 : 0},${Math.min(1, Math.max(0, hidden + error)).toFixed(5)}\n`;
    }
    appendFileSync(part, text);
  }
  renameSync(part, file);
  return file;
}

/** A virtual environment with the reference's packages, made once. */
function installPython(): string {
  const environment = path.join(folder, 'venv');
  const python = path.join(environment, 'bin', 'python');
  if (!existsSync(path.join(environment, 'ready'))) {
    execFileSync('python3', ['-m', 'venv', environment]);
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'numpy', 'pandas', 'scipy'], { stdio: 'inherit' });
    execFileSync('touch', [path.join(environment, 'ready')]);
  }
  return python;
}
