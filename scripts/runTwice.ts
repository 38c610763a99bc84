/**
 * Runs tests twice in one process, as the mutation tester runs them again and again. A test that passes only the first time, as its
 * folder is made while the files are read and removed after the tests, would count every change as noticed.
 *
 *   tsx scripts/runTwice.ts <pattern> …
 */
import { join } from 'node:path';
import Mocha from 'mocha';
import { matchingFiles } from './matchingFiles';
import '../test/support/ownTemporaryFolder.cjs';
import './scriptText.cjs';
import { root } from './taskManifest';

/** @returns the titles of the tests that failed */
function run(mocha: Mocha): Promise<string[]> {
  return new Promise((resolve) => {
    const failed: string[] = [];
    mocha
      .run(() => resolve(failed))
      .on('fail', (test, error: Error) => failed.push(`${test.fullTitle()}: ${error.message}`));
  });
}

async function main(patterns: string[]): Promise<void> {
  const mocha = new Mocha({ timeout: 60_000, reporter: 'min' });
  mocha.cleanReferencesAfterRun(false);
  for (const file of matchingFiles('test/unit', patterns)) mocha.addFile(join(root, file));
  await mocha.loadFilesAsync();
  const failed = { first: await run(mocha), second: await run(mocha) };
  for (const [which, titles] of Object.entries(failed)) {
    for (const title of titles) console.error(`Fails at its ${which} run: ${title}`);
    if (titles.length > 0) process.exitCode = 1;
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
