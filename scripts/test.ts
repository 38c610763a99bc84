/**
 * Runs all tests and closes with one line that counts them.
 *
 *   npm test                   everything
 *   npm test -- unit local     the suites whose names begin so
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinaries } from '../test/support/node';
import { withinShare } from './suiteShares';
import { bin, check, mocha, onAllCores, runSteps, workDir, type Step, type Suite } from './suites';

/**
 * In the order of what fails soonest. A step that computes has a lane for each of two cores. In the last one a suite waits
 * half of its time, for processes, pauses and each other's machine; lint, which computes, fills what the others leave.
 */
export function steps(): Step[] {
  const leavesNothing = { TESTS_LEAVE_NOTHING: 'true' };
  const onEachNode = nodeBinaries.flatMap(({ handler, path }) =>
    path
      ? [
          mocha(`unit on ${handler.replace('Node', 'Node ').replace('_1', '')}`, 'unit/**/*', {
            node: path,
            environment: leavesNothing,
          }),
        ]
      : [],
  );
  return [
    {
      lanes: 2,
      suites: [
        check('typecheck', bin('typescript', 'bin', 'tsc'), '--noEmit'),
        check('build', bin('tsx', 'dist', 'cli.mjs'), 'scripts/build.ts'),
        check('typecheck tab', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'views/tab'),
        check('unused', bin('knip', 'bin', 'knip.js'), '--no-progress'),
      ],
    },
    { lanes: 1, suites: onEachNode.map(onAllCores) },
    {
      lanes: 5,
      // After lint the longest first, so that none is left to run by itself at the end.
      suites: [
        check('lint', bin('eslint', 'bin', 'eslint.js'), '.'),
        mocha('local azure', 'local/{azure,containers,python,realAzure}/**/*'),
        mocha('task deploy', 'task/release/deploy'),
        mocha('task train', 'task/build/!(packageImage)*'),
        mocha('task package', 'task/build/packageImage'),
        mocha('e2e', 'e2e/**/*'),
        mocha('task deploy failures', 'task/release/deployFailures'),
        mocha('task deploy broken off', 'task/release/deployBrokenOff'),
        mocha('task package by podman', 'task/build/packageImageByPodman'),
        mocha('local agent', 'local/{agent,program}/**/*'),
        mocha('task test', 'task/release/{test,signed}*'),
        mocha('contract', 'contract/**/*'),
        check('format', bin('prettier', 'bin', 'prettier.cjs'), '--check', '.'),
        mocha('tab', 'tab/**/*'),
      ],
    },
  ];
}

async function main(wanted: string[]): Promise<void> {
  const isWanted = ({ name }: Suite): boolean => wanted.length === 0 || wanted.some((word) => name.startsWith(word));
  const all = steps().map(({ lanes, suites }) => ({ lanes, suites: suites.filter(isWanted) }));
  if (all.every(({ suites }) => suites.length === 0)) {
    const names = steps().flatMap(({ suites }) => suites.map(({ name }) => name));
    throw new Error(`No such suite: ${wanted.join(', ')}. There are: ${names.join(', ')}`);
  }
  // What a process recorded that was stopped before it judged it.
  const earlier = existsSync(workDir) ? readdirSync(workDir).filter((file) => file.startsWith('traffic-')) : [];
  for (const file of earlier) rmSync(join(workDir, file));
  await runSteps(all);
  if (wanted.length === 0) process.exitCode = withinShare('npm test', Number(process.exitCode ?? 0));
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
