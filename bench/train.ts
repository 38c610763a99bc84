/** Train's upload of code and its log of a running job, beside azure-ai-ml's at the same local Azure. */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { connectLocalAzure, type LocalAzure } from '../local/azure/connection/localAzure';
import { localCloud } from '../local/azure/context';
import { followTrace, traceHours, traces } from '../test/support/jobTraces';
import { cacheDir, median, toRow, type Row } from './rows';

const root = path.join(__dirname, '..');
const reference = 'azure-ai-ml';
const referenceVersion = '1.35.2';
const smallFiles = 10_000;
const largeBytes = 1024 ** 3;
const streamSeconds = 120;

interface Result {
  seconds: number;
  /** Peak of resident memory. */
  megabytes: number;
  requests: number;
}

type Side = (work: 'upload' | 'stream', what: string, onLine?: (line: string) => void) => Promise<Result>;

export async function bench(): Promise<Row[]> {
  const long = await longJobRows();
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-train-'));
  const python = installReference();
  const { azure, stop } = await startAzure(path.join(scratch, 'azure'));
  try {
    const sides = { ours: await ourSide(azure), theirs: referenceSide(azure, python) };
    return [
      ...(await uploadRows('10,000 files of 2 KiB', 0.35, sides, async (side) => manyFiles(path.join(scratch, side)))),
      ...(await uploadRows('one file of 1 GiB', 0.25, sides, async (side) => largeFile(path.join(scratch, side)))),
      ...(await streamRows(azure, sides)),
      ...long,
    ];
  } finally {
    await stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function uploadRows(
  what: string,
  timeRatio: number,
  sides: Record<'ours' | 'theirs', Side>,
  make: (side: string) => Promise<string>,
): Promise<Row[]> {
  const measure = async (side: 'ours' | 'theirs') => {
    // Each has content of its own: what the other has uploaded would only be found again.
    const folder = await make(side);
    const result = await sides[side]('upload', folder);
    rmSync(folder, { recursive: true });
    return result;
  };
  const results = { ours: await measure('ours'), theirs: await measure('theirs') };
  const method = 'Upload: one run of each, in a process of its own, from the walk of the folder to the code version.';
  return [
    toRow('train', {
      name: `upload of ${what}`,
      ours: results.ours.seconds,
      unit: 's',
      reference: { name: reference, value: results.theirs.seconds },
      goal: { ratioAtMost: timeRatio },
      method,
    }),
    toRow('train', {
      name: `upload of ${what}: memory`,
      ours: results.ours.megabytes,
      unit: 'MB',
      reference: { name: reference, value: results.theirs.megabytes },
      goal: { atMost: 150 },
      method,
    }),
  ];
}

async function streamRows(azure: LocalAzure, sides: Record<'ours' | 'theirs', Side>): Promise<Row[]> {
  const job = await startPrinting(azure);
  const delays: Record<string, number[]> = { ours: [], theirs: [] };
  const follow = (side: 'ours' | 'theirs') =>
    sides[side]('stream', job, (line) => {
      const born = /^born (\d+\.\d+)$/.exec(line)?.[1];
      if (born) delays[side]!.push(Date.now() / 1000 - Number(born));
    });
  const [ours, theirs] = await Promise.all([follow('ours'), follow('theirs')]);
  const method = `Log: both follow the same job of ${streamSeconds} s, which prints a line a second; from a line's birth to its appearance, and requests of any kind.`;
  return [
    toRow('train', {
      name: 'log: delay of a line, median',
      ours: median(delays.ours!),
      unit: 's',
      reference: { name: 'jobs.stream', value: median(delays.theirs!) },
      goal: { ratioAtMost: 0.5 },
      method,
    }),
    toRow('train', {
      name: 'log: delay of a line, worst',
      ours: Math.max(...delays.ours!),
      unit: 's',
      reference: { name: 'jobs.stream', value: Math.max(...delays.theirs!) },
      method,
    }),
    toRow('train', {
      name: 'log: requests',
      ours: (ours.requests / ours.seconds) * 60,
      unit: '/min',
      reference: { name: 'jobs.stream', value: (theirs.requests / theirs.seconds) * 60 },
      goal: { ratioAtMost: 1.5 },
      method,
    }),
  ];
}

/** Jobs of hours, in virtual time: what is asked for is exact, the same on every machine. */
async function longJobRows(): Promise<Row[]> {
  const method = `Long jobs: virtual time, ${traceHours} hours, requests of any kind take none; of a silent job the busiest hour but the first, in which the end of a short job is to be seen at once; bursts of two minutes every ten; while it prints means half a minute after a silence.`;
  const row = (name: string, ours: number, unit: string, atMost?: number): Row =>
    toRow('train', {
      name: `long job, ${name}`,
      ours,
      unit,
      goal: atMost === undefined ? undefined : { atMost },
      method,
    });
  const busiest = (requests: number[]): number => Math.max(...requests.slice(0, -1));
  const silent = await followTrace(traces.silent);
  const regular = await followTrace(traces['a line each 10 s']);
  const bursts = await followTrace(traces.bursts);
  const lengths = Array.from({ length: 8 }, (_, index) => 5 * 3_600_000 + index * 61_000);
  const silentEnds = (await Promise.all(lengths.map((length) => followTrace([0], length)))).map(
    (each) => each.endDelay,
  );
  return [
    row('silent: requests', busiest(silent.requests.slice(1)), '/h', 130),
    row('silent: requests in the first hour', silent.requests[0]!, '/h'),
    row('silent: its end is known, worst of eight lengths', Math.max(...silentEnds), 's late'),
    row('a line each 10 s: requests', busiest(regular.requests), '/h', 800),
    row('a line each 10 s: delay, worst', Math.max(...regular.delays), 's', 5),
    row('a line each 10 s: its end is known', regular.endDelay, 's late'),
    row('bursts: requests', busiest(bursts.requests), '/h', 800),
    row('bursts: delay after a silence, worst', Math.max(...bursts.delays), 's', 30),
    row('bursts: delay while it prints, worst', Math.max(...bursts.delaysWhilePrinting), 's', 5),
  ];
}

/** A job that prints the time once a second; it runs by the time that its name is handed back. */
async function startPrinting(azure: LocalAzure): Promise<string> {
  const { MlWorkspace } = await import('../test/support/mlWorkspace');
  const workspace = new MlWorkspace(azure);
  const script = `import time\\nfor i in range(${streamSeconds}): print('born', repr(time.time()), flush=True); time.sleep(1)`;
  const name = await workspace.submit({
    command: `python -c "exec(\\"${script.replace(/\\n/g, '\\\\n')}\\")"`,
    environmentId: await workspace.environment(),
  });
  await workspace.until(name, 'Running');
  return name;
}

async function ourSide(azure: LocalAzure): Promise<Side> {
  const script = path.join(cacheDir, 'train', 'ours.cjs');
  await build({
    entryPoints: [path.join(root, 'bench/train/ours.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  const env = { ...process.env, ...azure.environment, BENCH_CONNECTION: JSON.stringify(settings(azure)) };
  return (work, what, onLine) => run(process.execPath, [script, work, what], env, onLine);
}

function referenceSide(azure: LocalAzure, python: string): Side {
  const env = {
    ...process.env,
    REQUESTS_CA_BUNDLE: azure.caFile,
    PYTHONUNBUFFERED: '1',
    BENCH_CONNECTION: JSON.stringify(settings(azure)),
  };
  const script = path.join(root, 'bench/train/reference.py');
  return (work, what, onLine) => run(python, [script, work, what], env, onLine);
}

/** Who both sides are, and where: as the agent would read it from the service connection. */
function settings(azure: LocalAzure) {
  const { url, auth } = azure.serviceConnection('ServicePrincipal');
  return {
    resourceManagerUrl: url.replace(/\/+$/, ''),
    authorityUrl: azure.url,
    audience: url.replace(/\/+$/, ''),
    subscriptionId: localCloud.subscriptionId,
    tenantId: localCloud.tenantId,
    resourceGroup: localCloud.resourceGroup,
    workspace: localCloud.workspace,
    defaults: {},
    authentication: {
      scheme: 'ServicePrincipalKey',
      clientId: localCloud.clientId,
      clientSecret: auth.parameters.serviceprincipalkey,
    },
  };
}

/** Runs a side; the last line of JSON on stderr is its result. */
async function run(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void = () => {},
): Promise<Result> {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  let rest = '';
  child.stderr.on('data', (chunk) => (errors = (errors + String(chunk)).slice(-20_000)));
  child.stdout.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    lines.forEach(onLine);
  });
  const [code] = (await once(child, 'close')) as [number];
  const result = errors.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !result.startsWith('{')) throw new Error(`${path.basename(args[0]!)} failed: ${errors}`);
  return JSON.parse(result) as Result;
}

async function startAzure(stateDir: string): Promise<{ azure: LocalAzure; stop: () => Promise<void> }> {
  const args = ['--import', 'tsx', path.join(root, 'local/azure/main.ts'), '--state', stateDir, '--port', '0'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const stop = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  for (let attempt = 0; attempt < 600; attempt++) {
    const azure = connectLocalAzure(stateDir);
    if (azure) {
      // This process too asks for its names.
      process.env.LOCAL_AZURE_HOSTS = azure.hostsFile;
      createRequire(__filename)('../local/azure/resolve-localhost.cjs');
      return { azure, stop };
    }
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  await stop();
  throw new Error('The local Azure did not start.');
}

/** @returns the Python that has azure-ai-ml */
function installReference(): string {
  const venv = path.join(cacheDir, `azure-ai-ml-${referenceVersion}`);
  const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const done = path.join(venv, 'installed');
  if (!existsSync(done)) {
    mkdirSync(cacheDir, { recursive: true });
    execFileSync('python3', ['-m', 'venv', venv]);
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', `azure-ai-ml==${referenceVersion}`], { stdio: 'inherit' });
    writeFileSync(done, '');
  }
  return python;
}

function manyFiles(folder: string): string {
  for (let index = 0; index < smallFiles; index++) {
    if (index % 100 === 0) mkdirSync(path.join(folder, `part ${index / 100}`), { recursive: true });
    const file = path.join(folder, `part ${Math.floor(index / 100)}`, `file ${index}.py`);
    writeFileSync(file, randomBytes(2048));
  }
  return folder;
}

async function largeFile(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const stream = createWriteStream(path.join(folder, 'weights.bin'));
  const chunk = 8 * 1024 * 1024;
  for (let written = 0; written < largeBytes; written += chunk) {
    if (!stream.write(randomBytes(chunk))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  return folder;
}
