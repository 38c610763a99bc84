/**
 * Runs all tests and closes with one line that counts them.
 *
 *   npm test                   everything
 *   npm test -- unit local     the suites whose names begin so
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinaries } from '../test/support/node';
import { root } from './taskManifest';

export interface Suite {
  name: string;
  /** What to run, without the Node that runs it. */
  args: string[];
  node?: string;
  /** Mocha's report; without one the suite is a single check that passes by its exit code. */
  report?: string;
}

interface MochaReport {
  stats: { passes: number; failures: number; pending: number };
  failures: Array<{ fullTitle: string; err: { message?: string; stack?: string } }>;
  pending: Array<{ fullTitle: string }>;
}

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** Lines to show below the suite's own. */
  details: string[];
}

const workDir = join(root, '.local', 'test');
const bin = (...path: string[]): string => join(root, 'node_modules', ...path);
/** A suite that takes longer hangs. */
const longestMs = 30 * 60_000;

function check(name: string, ...args: string[]): Suite {
  return { name, args };
}

function mocha(name: string, files: string, node?: string): Suite {
  const report = join(workDir, `${name.replace(/\W+/g, '-')}.json`);
  const spec = `test/${files}.test.ts`;
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  return { name, node, report, args: [bin('mocha', 'bin', 'mocha.js'), '--spec', spec, ...reporter] };
}

/** Suites of which at most so many run side by side, in this order. */
interface Step {
  lanes: number;
  suites: Suite[];
}

/** In the order of what fails soonest. What runs side by side is what two cores can do, as most tests wait most of their time. */
function steps(): Step[] {
  const onEachNode = nodeBinaries.flatMap(({ handler, path }) =>
    path ? [mocha(`unit on ${handler.replace('Node', 'Node ').replace('_1', '')}`, 'unit/**/*', path)] : [],
  );
  return [
    {
      lanes: 2,
      suites: [
        check('lint', bin('eslint', 'bin', 'eslint.js'), '.'),
        check('typecheck', bin('typescript', 'bin', 'tsc'), '--noEmit'),
        check('typecheck tab', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'views/tab'),
        check('format', bin('prettier', 'bin', 'prettier.cjs'), '--check', '.'),
        check('unused', bin('knip', 'bin', 'knip.js'), '--no-progress'),
        check('build', bin('tsx', 'dist', 'cli.mjs'), 'scripts/build.ts'),
      ],
    },
    { lanes: 2, suites: onEachNode },
    {
      lanes: 4,
      // The longest first, so that none is left to run by itself at the end.
      suites: [
        mocha('task deploy', 'task/release/deploy'),
        mocha('task package', 'task/build/packageImage*'),
        mocha('local', 'local/**/*'),
        mocha('e2e', 'e2e/**/*'),
        mocha('task deploy failures', 'task/release/deployFailures'),
        mocha('task train', 'task/build/!(packageImage)*'),
        mocha('task test', 'task/release/test*'),
        mocha('tab', 'tab/**/*'),
      ],
    },
    // Last: it judges the traffic that the suites before it recorded.
    { lanes: 1, suites: [mocha('contract', 'contract/**/*')] },
  ];
}

const running = new Set<ChildProcess>();
let stopped = false;

function stopAll(signal: NodeJS.Signals): void {
  for (const child of running) {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Runs a suite in a process group of its own, so that nothing that it started outlives it. */
async function execute(suite: Suite): Promise<{ exitCode: number; output: string }> {
  const node = suite.node ?? process.execPath;
  const child = spawn(node, suite.args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setTimeout(() => {
    output += `\nstopped: it took longer than ${longestMs / 60_000} minutes\n`;
    process.kill(-child.pid!, 'SIGKILL');
  }, longestMs);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  clearTimeout(timer);
  running.delete(child);
  return { exitCode, output };
}

const indent = (text: string): string => text.trimEnd().replace(/^/gm, '    ');

/** Counts a suite's tests. A suite that broke off, or that failed without a failed test, is itself one failure. */
export function judge(suite: Suite, exitCode: number, output: string): Outcome {
  if (!suite.report) {
    const passed = exitCode === 0;
    return { passed: Number(passed), failed: Number(!passed), skipped: 0, details: passed ? [] : [indent(output)] };
  }
  if (!existsSync(suite.report)) return { passed: 0, failed: 1, skipped: 0, details: [indent(output)] };
  const { stats, failures, pending } = JSON.parse(readFileSync(suite.report, 'utf8')) as MochaReport;
  const details = failures.map(({ fullTitle, err }) => `  ✗ ${fullTitle}\n${indent(err.stack ?? err.message ?? '')}`);
  details.push(...pending.map(({ fullTitle }) => `  - skipped: ${fullTitle}`));
  const brokeOff = exitCode !== 0 && failures.length === 0;
  if (failures.length > 0 || brokeOff) details.push(indent(output));
  return { passed: stats.passes, failed: stats.failures + Number(brokeOff), skipped: stats.pending, details };
}

const counts = ({ passed, failed, skipped }: Outcome): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

async function run(suite: Suite): Promise<Outcome> {
  const started = Date.now();
  if (suite.report) rmSync(suite.report, { force: true });
  const { exitCode, output } = await execute(suite);
  const outcome = judge(suite, exitCode, output);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const mark = outcome.failed === 0 ? '✓' : '✗';
  console.log(
    `${mark} ${suite.name.padEnd(20)} ${seconds.padStart(6)} s   ${suite.report ? counts(outcome) : ''}`.trimEnd(),
  );
  for (const detail of outcome.details) console.log(detail);
  return outcome;
}

async function main(wanted: string[]): Promise<void> {
  const isWanted = ({ name }: Suite): boolean => wanted.length === 0 || wanted.some((word) => name.startsWith(word));
  const all = steps().map(({ lanes, suites }) => ({ lanes, suites: suites.filter(isWanted) }));
  if (all.every(({ suites }) => suites.length === 0)) {
    const names = steps().flatMap(({ suites }) => suites.map(({ name }) => name));
    throw new Error(`No such suite: ${wanted.join(', ')}. There are: ${names.join(', ')}`);
  }
  mkdirSync(workDir, { recursive: true });
  for (const file of readdirSync(workDir)) if (file.startsWith('traffic-')) rmSync(join(workDir, file));

  const total: Outcome = { passed: 0, failed: 0, skipped: 0, details: [] };
  const runLane = async (waiting: Suite[]): Promise<void> => {
    for (let suite = waiting.shift(); suite && !stopped; suite = waiting.shift()) {
      const outcome = await run(suite);
      total.passed += outcome.passed;
      total.failed += outcome.failed;
      total.skipped += outcome.skipped;
    }
  };
  for (const { lanes, suites } of all) await Promise.all(Array.from({ length: lanes }, () => runLane(suites)));
  console.log(`\n${counts(total)}`);
  process.exitCode = total.failed > 0 || stopped ? 1 : 0;
}

if (require.main === module) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopped = true;
      stopAll(signal);
    });
  }
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
