/**
 * Runs all tests and closes with one line that counts them.
 *
 *   npm test                   everything
 *   npm test -- unit local     the suites whose names begin so
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinaries } from '../test/support/node';
import { bin, check, mocha, runSteps, workDir, type Step, type Suite } from './suites';

/** In the order of what fails soonest. What runs side by side is what two cores can do, as most tests wait most of their time. */
function steps(): Step[] {
  const onEachNode = nodeBinaries.flatMap(({ handler, path }) =>
    path ? [mocha(`unit on ${handler.replace('Node', 'Node ').replace('_1', '')}`, 'unit/**/*', { node: path })] : [],
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

async function main(wanted: string[]): Promise<void> {
  const isWanted = ({ name }: Suite): boolean => wanted.length === 0 || wanted.some((word) => name.startsWith(word));
  const all = steps().map(({ lanes, suites }) => ({ lanes, suites: suites.filter(isWanted) }));
  if (all.every(({ suites }) => suites.length === 0)) {
    const names = steps().flatMap(({ suites }) => suites.map(({ name }) => name));
    throw new Error(`No such suite: ${wanted.join(', ')}. There are: ${names.join(', ')}`);
  }
  // What an earlier run recorded is not judged again.
  const earlier = existsSync(workDir) ? readdirSync(workDir).filter((file) => file.startsWith('traffic-')) : [];
  for (const file of earlier) rmSync(join(workDir, file));
  await runSteps(all);
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
