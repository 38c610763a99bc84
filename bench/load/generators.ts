import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { cacheDir } from '../rows';

export const folder = path.join(cacheDir, 'load');

export interface LoadOptions {
  readonly origin: string;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, open loop; undefined is a closed loop. */
  readonly rate?: number;
  readonly warmUpSeconds?: number;
}

/** What a generator found; latencies in milliseconds. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface Generator {
  readonly name: string;
  run(options: LoadOptions): Figures;
}

/** One that is not to be had on this machine, and why. */
export interface Missing {
  readonly name: string;
  readonly missing: string;
}

export interface OurGenerator extends Generator {
  run(options: LoadOptions): Figures & { requests: number; megabytes: number };
}

/** Ours in a process of its own, as the others are. */
export async function ourGenerator(): Promise<OurGenerator> {
  const script = await bundle('ours');
  return { name: 'ours', run: (options) => lastJson(node([script, JSON.stringify(options)])) };
}

/** A script of this folder as one file that Node runs. */
export async function bundle(name: 'ours' | 'server'): Promise<string> {
  const outfile = path.join(folder, `${name}.js`);
  await build({
    entryPoints: [path.join(__dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    minify: true,
  });
  return outfile;
}

/** wrk comes by apt, which needs root. */
export function wrk(): Generator | Missing {
  const script = path.join(folder, 'post.lua');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    script,
    [
      'wrk.method = "POST"',
      `wrk.body = '{"data":[{"a":1}]}'`,
      'wrk.headers["Content-Type"] = "application/json"',
      'done = function(s, l, r)',
      '  local p = function(percent) return l:percentile(percent) / 1000 end',
      `  io.write(string.format('{"perSecond":%f,"p50":%f,"p75":%f,"p90":%f,"p95":%f,"p99":%f,"max":%f}',`,
      '    s.requests / (s.duration / 1e6), p(50), p(75), p(90), p(95), p(99), l.max / 1000))',
      'end',
      '',
    ].join('\n'),
  );
  // It exits with 1 after it has said its version.
  const isThere = () => works('wrk', ['-v'], 1);
  if (!isThere() && process.getuid?.() === 0) works('apt-get', ['install', '-y', '-q', 'wrk']);
  if (!isThere()) return { name: 'wrk', missing: 'it is not installed, and could not be by apt' };
  return {
    name: 'wrk',
    run: ({ origin, connections, seconds }) =>
      lastJson(
        execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${origin}/score`], {
          encoding: 'utf8',
        }),
      ),
  };
}

export function autocannon(): Generator | Missing {
  const script = path.join(folder, 'node_modules', 'autocannon', 'autocannon.js');
  if (!existsSync(script)) works('npm', ['install', '--no-save', '--prefix', folder, 'autocannon@8.0.0']);
  if (!existsSync(script)) return { name: 'autocannon', missing: 'npm could not install it' };
  return {
    name: 'autocannon',
    run: ({ origin, connections, seconds }) => {
      const load = ['-c', String(connections), '-d', String(seconds)];
      const output = node([script, '--json', ...load, '-m', 'POST', '-b', '{"data":[{"a":1}]}', `${origin}/score`]);
      interface Report {
        requests: { average: number };
        latency: Omit<Figures, 'perSecond' | 'p95'>;
      }
      const { requests, latency } = JSON.parse(output) as Report;
      return { ...latency, p95: NaN, perSecond: requests.average };
    },
  };
}

/** k6, of Grafana: closed loop, and constant rate. */
export function k6(): Generator | Missing {
  const program = goProgram('k6', 'go.k6.io/k6@v1.8.1');
  if (typeof program !== 'string') return program;
  return {
    name: 'k6',
    run: ({ origin, connections, seconds, rate }) =>
      lastJson(
        execFileSync(
          program,
          ['run', '--quiet', '--no-usage-report', '--log-output=none', path.join(__dirname, 'k6.js')],
          {
            encoding: 'utf8',
            env: {
              ...process.env,
              K6_AUTO_EXTENSION_RESOLUTION: 'false',
              ORIGIN: origin,
              CONNECTIONS: String(connections),
              SECONDS: String(seconds),
              RATE: rate === undefined ? '' : String(rate),
            },
          },
        ),
      ),
  };
}

/** vegeta: only at a constant rate, with as many connections as it takes. */
export function vegeta(): Generator | Missing {
  const program = goProgram('vegeta', 'github.com/tsenart/vegeta/v12@v12.13.0');
  if (typeof program !== 'string') return program;
  const body = path.join(folder, 'body.json');
  writeFileSync(body, '{"data":[{"a":1}]}');
  return {
    name: 'vegeta',
    run: ({ origin, seconds, rate }) => {
      const results = execFileSync(
        program,
        ['attack', `-rate=${rate}`, `-duration=${seconds}s`, `-body=${body}`, '-header=Content-Type: application/json'],
        { input: `POST ${origin}/score\n`, maxBuffer: 64 * 1024 * 1024 },
      );
      const types = ['50', '75', '90', '95', '99'].map((percent) => `p${percent}`);
      // Its report in JSON has fixed percentiles only; each result carries its own latency (nanoseconds).
      const latencies = execFileSync(program, ['encode', '-to=json'], { input: results, encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { latency: number }).latency / 1e6)
        .sort((a, b) => a - b);
      const at = (percent: number) => latencies[Math.ceil((percent / 100) * latencies.length) - 1]!;
      return {
        ...(Object.fromEntries(types.map((type) => [type, at(Number(type.slice(1)))])) as unknown as Figures),
        perSecond: latencies.length / seconds,
        max: latencies.at(-1)!,
      };
    },
  };
}

/** A program of a Go module, built once by the ordinary client where Go is; k6 takes some minutes. */
function goProgram(name: string, module: string): string | Missing {
  const program = path.join(folder, 'bin', name);
  if (existsSync(program)) return program;
  if (!works('go', ['version'])) return { name, missing: 'it is built from its Go module, and there is no Go here' };
  console.error(`${name} is built from ${module}, once …`);
  works('go', ['install', module], 0, { GOBIN: path.dirname(program) });
  return existsSync(program) ? program : { name, missing: `${module} could not be built` };
}

function works(program: string, args: string[], expected = 0, environment: NodeJS.ProcessEnv = {}): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', env: { ...process.env, ...environment } });
    return expected === 0;
  } catch (error) {
    return (error as { status?: number | null }).status === expected;
  }
}

function node(args: string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function lastJson<T>(output: string): T {
  return JSON.parse(output.slice(output.lastIndexOf('{"'))) as T;
}
