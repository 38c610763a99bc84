/**
 * Changes one small thing at a time in the code that decides what is approved, overwritten, deleted, started, paid for
 * or shown, and counts the changes that no unit test notices. A line that no test reaches counts as unnoticed. What is
 * changed is fixed in test/mutation/areas.json, so that no score rises because a file is left out.
 *
 *   npm run mutation                      every area, one after the other
 *   npm run mutation -- secrets           the area of that name, or those whose names begin so
 *   npm run mutation -- secrets --again   forget what the run before found
 *
 * A run takes from the one before it what neither a change of the mutated code nor of a test file can have altered. It does not see a
 * change elsewhere, of what both use: then say --again.
 *
 * MUTATION_CONCURRENCY says how many copies of the tests run side by side; 2 where it is not set.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import areas from '../test/mutation/areas.json';
import { root } from './taskManifest';

interface Area {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

/** The least share of changes that must be noticed, in per cent. */
const leastScore = 85;
const home = join(root, 'test', 'mutation');

interface Report {
  files: Record<string, { mutants: Array<{ status: string }> }>;
}

function configurationOf(name: string, { mutate, tests }: Area, folder: string, again: boolean) {
  return {
    mutate,
    testRunner: 'mocha',
    testRunnerNodeArgs: ['--import', 'tsx'],
    mochaOptions: { config: '.mocharc.json', spec: tests },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: relative(root, join(folder, 'incremental.json')),
    force: again,
    concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 2),
    timeoutMS: 20_000,
    // All tests of an area once, each with the lines that it reaches: minutes on a busy machine.
    dryRunTimeoutMinutes: 30,
    ignorePatterns: ['dist', '.local', 'images', 'test/mutation'],
    // The tester's own mocha is found on the way up from the copy, and so are the project's packages.
    tempDirName: `test/mutation/copies/${name}`,
    symlinkNodeModules: false,
    reporters: ['progress-append-only', 'json', 'html'],
    jsonReporter: { fileName: relative(root, join(folder, 'report.json')) },
    htmlReporter: { fileName: relative(root, join(folder, 'report.html')) },
    clearTextReporter: { allowColor: false },
    allowConsoleColors: false,
    logLevel: 'warn',
  };
}

/** @throws where a test passes only once: it would then count every change as noticed */
function requireRepeatable(name: string, { tests }: Area): void {
  const args = ['--import', 'tsx', join('scripts', 'runTwice.ts'), ...tests];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`The tests of ${name} do not all pass twice in one process.`);
}

/** @returns the score in per cent, of all changes that were made */
function scoreOf(name: string, area: Area, again: boolean): number {
  requireRepeatable(name, area);
  const folder = join(root, '.local', 'mutation', name);
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, 'stryker.json');
  writeFileSync(configuration, JSON.stringify(configurationOf(name, area, folder, again), null, 2));
  const stryker = join(home, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', configuration], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`The mutation tester did not get through ${name}.`);
  const { files } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
  const mutants = Object.values(files).flatMap((file) => file.mutants.map((mutant) => mutant.status));
  const count = (...statuses: string[]) => mutants.filter((mutant) => statuses.includes(mutant)).length;
  const noticed = count('Killed', 'Timeout');
  return (100 * noticed) / (noticed + count('Survived', 'NoCoverage'));
}

function main(args: string[]): void {
  const { values, positionals: wanted } = parseArgs({
    args,
    allowPositionals: true,
    options: { again: { type: 'boolean', default: false } },
  });
  const isWanted = (name: string) =>
    wanted.some((each) => (each in areas ? name === each : name.startsWith(each))) || wanted.length === 0;
  const chosen = Object.entries(areas).filter(([name]) => isWanted(name));
  if (chosen.length === 0) throw new Error(`There is no such area. There are: ${Object.keys(areas).join(', ')}.`);
  const scores = chosen.map(([name, area]) => [name, scoreOf(name, area, values.again)] as const);
  for (const [name, score] of scores) console.log(`${name.padEnd(16)}${score.toFixed(1).padStart(6)} %`);
  console.log('The changes that were not noticed: .local/mutation/<area>/report.html');
  if (scores.some(([, score]) => score < leastScore)) process.exitCode = 1;
}

main(process.argv.slice(2));
