import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { cacheDir, type Row } from './rows';

const root = path.join(__dirname, '..');
const folder = path.join(cacheDir, 'load');
const connections = 16;

interface Figures {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/**
 * The load generator beside wrk and autocannon: one server process, the generators in turn, each in a process of its own
 * with one thread and the same number of connections.
 */
export async function bench(): Promise<Row[]> {
  mkdirSync(folder, { recursive: true });
  const ours = path.join(folder, 'ours.js');
  await build({
    entryPoints: [path.join(root, 'bench/load/ours.ts')],
    outfile: ours,
    bundle: true,
    platform: 'node',
    minify: true,
  });
  const autocannon = installAutocannon();
  const hasWrk = installWrk();

  const rows: Row[] = [];
  const method = `${connections} connections, one thread each, 5 s, medians of 3 runs in turn against one node:http server in a process of its own`;
  await withServer(0, async (origin) => {
    const [mine, wrk, cannon] = await inTurn(
      [
        () => runOurs(ours, origin, 5),
        ...(hasWrk ? [() => runWrk(origin, 5)] : []),
        () => runAutocannon(autocannon, origin, 5),
      ].slice(0, 3),
    );
    const references: Array<[string, Figures | undefined]> = hasWrk
      ? [
          ['wrk', wrk],
          ['autocannon', cannon],
        ]
      : [['autocannon', wrk]];
    for (const [reference, figures] of references) {
      rows.push(
        row(
          'highest rate',
          mine!.perSecond,
          'requests/s',
          reference,
          figures!.perSecond,
          reference === 'wrk' ? 'at least half of wrk, which is written in C' : 'at least 0.9 of autocannon',
          (ratio) => ratio >= (reference === 'wrk' ? 0.5 : 0.9),
          method,
        ),
      );
    }
  });
  if (hasWrk) {
    await withServer(5, async (origin) => {
      const [mine, wrk] = await inTurn([() => runOurs(ours, origin, 5), () => runWrk(origin, 5)]);
      const agrees = (ratio: number) => ratio >= 0.9 && ratio <= 1.1;
      const slow = `${method}, which answers after 5 ms`;
      for (const [name, figure, unit] of [
        ['throughput', 'perSecond', 'requests/s'],
        ['p50', 'p50', 'ms'],
        ['p99', 'p99', 'ms'],
      ] as const) {
        rows.push(
          row(
            `${name} of a 5 ms service`,
            mine![figure],
            unit,
            'wrk',
            wrk![figure],
            'agrees within 10 %',
            agrees,
            slow,
          ),
        );
      }
    });
  }
  await withServer(0, (origin) => {
    let requests = 0;
    let megabytes = 0;
    for (let seconds = 60; requests < 1_000_000 && seconds <= 240; seconds *= 2)
      ({ requests, megabytes } = runOurs(ours, origin, seconds));
    rows.push(
      row(
        'memory after a million requests',
        megabytes,
        'MB',
        'goal',
        150,
        'at most 150 MB',
        (ratio) => requests >= 1_000_000 && ratio <= 1,
        `resident memory of the generator's process after ${requests} requests`,
      ),
    );
    return Promise.resolve();
  });
  return rows;
}

function row(
  name: string,
  ours: number,
  unit: string,
  reference: string,
  referenceValue: number,
  goal: string,
  holds: (ratio: number) => boolean,
  method: string,
): Row {
  const ratio = ours / referenceValue;
  return { area: 'test', name, ours, unit, reference, referenceValue, ratio, goal, holds: holds(ratio), method };
}

/** Runs each three times, in turn, so that a machine that slows down slows all of them; the medians. */
async function inTurn(runs: ReadonlyArray<() => Figures>): Promise<Figures[]> {
  const found = runs.map((): Figures[] => []);
  for (let round = 0; round < 3; round++) runs.forEach((run, index) => found[index]!.push(run()));
  const median = (values: number[]) => values.sort((a, b) => a - b)[1]!;
  return Promise.resolve(
    found.map((each) => ({
      perSecond: median(each.map(({ perSecond }) => perSecond)),
      p50: median(each.map(({ p50 }) => p50)),
      p99: median(each.map(({ p99 }) => p99)),
    })),
  );
}

async function withServer(delay: number, use: (origin: string) => Promise<void>): Promise<void> {
  const script = path.join(folder, 'server.js');
  await build({
    entryPoints: [path.join(root, 'bench/load/server.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
  });
  const server: ChildProcess = spawn(process.execPath, [script, String(delay)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const port = await new Promise<string>((resolve) =>
      server.stdout!.once('data', (data: Buffer) => resolve(String(data).trim())),
    );
    await use(`http://127.0.0.1:${port}`);
  } finally {
    server.kill();
  }
}

function runOurs(script: string, origin: string, seconds: number): Figures & { requests: number; megabytes: number } {
  return JSON.parse(
    execFileSync(process.execPath, [script, origin, String(connections), String(seconds)], { encoding: 'utf8' }),
  ) as Figures & {
    requests: number;
    megabytes: number;
  };
}

function runWrk(origin: string, seconds: number): Figures {
  const script = path.join(folder, 'post.lua');
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = '{"data":[{"a":1}]}'\nwrk.headers["Content-Type"] = "application/json"\ndone = function(s, l, r) io.write(string.format('{"perSecond":%f,"p50":%f,"p99":%f}', s.requests / (s.duration / 1e6), l:percentile(50) / 1000, l:percentile(99) / 1000)) end\n`,
  );
  const output = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${origin}/score`], {
    encoding: 'utf8',
  });
  return JSON.parse(output.slice(output.lastIndexOf('{"perSecond"'))) as Figures;
}

function runAutocannon(script: string, origin: string, seconds: number): Figures {
  const output = execFileSync(
    process.execPath,
    [
      script,
      '--json',
      '-c',
      String(connections),
      '-d',
      String(seconds),
      '-m',
      'POST',
      '-b',
      '{"data":[{"a":1}]}',
      `${origin}/score`,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const { requests, latency } = JSON.parse(output) as {
    requests: { average: number };
    latency: { p50: number; p99: number };
  };
  return { perSecond: requests.average, ...latency };
}

function installAutocannon(): string {
  const script = path.join(folder, 'node_modules', 'autocannon', 'autocannon.js');
  if (!existsSync(script))
    execFileSync('npm', ['install', '--no-save', '--prefix', folder, 'autocannon@8.0.0'], { stdio: 'ignore' });
  return script;
}

/** wrk comes by apt, which needs root. */
function installWrk(): boolean {
  const has = () => {
    try {
      execFileSync('wrk', ['-v'], { stdio: 'ignore' });
      return true;
    } catch (error) {
      // wrk exits with 1 after it has said its version.
      return (error as { status?: number | null }).status === 1;
    }
  };
  if (has()) return true;
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('apt-get', ['install', '-y', '-q', 'wrk'], { stdio: 'ignore' });
  } catch {
    return false;
  }
  return has();
}
