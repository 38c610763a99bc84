/** Suites of tests in processes of their own: how they run side by side, and how what they said is counted. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './taskManifest';
import { signalGroup } from '../local/processSignals';

export interface Suite {
  name: string;
  /** What to run, without the Node that runs it. */
  args: string[];
  /** Ours, unless given. */
  node?: string;
  folder?: string;
  environment?: Record<string, string>;
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

export const workDir = join(root, '.local', 'test');
/** A suite that takes longer hangs. */
const longestMs = 30 * 60_000;

/** Suites of which at most so many run side by side, in this order. */
export interface Step {
  lanes: number;
  suites: Suite[];
}

/** The program of a package of this project, e.g. `bin('mocha', 'bin', 'mocha.js')`. */
export const bin = (...path: string[]): string => join(root, 'node_modules', ...path);

export function check(name: string, ...args: string[]): Suite {
  return { name, args };
}

/** Test files by a pattern beneath `test`, without their ending. */
export function mocha(name: string, files: string, more: Partial<Suite> = {}): Suite {
  const report = join(workDir, `${name.replace(/\W+/g, '-')}.json`);
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  const args = [bin('mocha', 'bin', 'mocha.js'), '--spec', `test/${files}.test.ts`, ...reporter];
  return { name, report, args, ...more };
}

/** The same files in as many processes as there are cores: for tests that share nothing, and compute more than they wait. */
export function onAllCores(suite: Suite): Suite {
  return { ...suite, args: [...suite.args, '--parallel', '--jobs', String(Math.max(2, availableParallelism()))] };
}

const running = new Set<ChildProcess>();
let stopped = false;

function stopAll(signal: NodeJS.Signals): void {
  for (const child of running) signalGroup(child.pid, signal);
}

/** Runs a suite in a process group of its own, so that nothing that it started outlives it. */
async function execute(suite: Suite): Promise<{ exitCode: number; output: string }> {
  const node = suite.node ?? process.execPath;
  const child = spawn(node, suite.args, {
    cwd: suite.folder ?? root,
    env: { ...process.env, ...suite.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setTimeout(() => {
    output += `\nstopped: it took longer than ${longestMs / 60_000} minutes\n`;
    signalGroup(child.pid, 'SIGKILL');
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

/** What test/support/ownTemporaryFolder.cjs says at the end of a run whose tests did not remove their folders. */
const leftBehind = /^Tests left in the temporary folder: .*$/m;

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
  const [left] = leftBehind.exec(output) ?? [];
  if (left) details.push(`  - ${left}`);
  const brokeOff = exitCode !== 0 && failures.length === 0;
  if (failures.length > 0 || brokeOff) details.push(indent(output));
  return { passed: stats.passes, failed: stats.failures + Number(brokeOff), skipped: stats.pending, details };
}

const counts = ({ passed, failed, skipped }: Outcome): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

async function runSuite(suite: Suite): Promise<Outcome> {
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

/** Runs the steps one after the other, prints a line for each suite and one that counts all, and sets the exit code. */
export async function runSteps(all: Step[]): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopped = true;
      stopAll(signal);
    });
  }
  mkdirSync(workDir, { recursive: true });
  const total: Outcome = { passed: 0, failed: 0, skipped: 0, details: [] };
  const runLane = async (waiting: Suite[]): Promise<void> => {
    for (let suite = waiting.shift(); suite && !stopped; suite = waiting.shift()) {
      const outcome = await runSuite(suite);
      total.passed += outcome.passed;
      total.failed += outcome.failed;
      total.skipped += outcome.skipped;
    }
  };
  for (const { lanes, suites } of all) await Promise.all(Array.from({ length: lanes }, () => runLane(suites)));
  console.log(`\n${counts(total)}`);
  process.exitCode = total.failed > 0 || stopped ? 1 : 0;
}
