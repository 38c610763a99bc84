import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One answer of the real Azure; see the README beside the recordings for what may be rested on it. */
export interface Recording {
  name: string;
  source: string;
  request: string;
  status: number;
  headers: Record<string, string>;
  /** A string is the text itself; null is not a body. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/**
 * The directory of the recordings: AZURE_RECORDINGS, else beside the repository. Undefined if they are not there; on CI,
 * where they must be, that is an error.
 */
export function recordingsDirectory(): string | undefined {
  const beside = join(__dirname, '..', '..', '..', 'shared', 'recordings');
  const found = [process.env.AZURE_RECORDINGS, beside].find((each) => each && existsSync(join(each, 'ws_get.json')));
  if (!found && process.env.CI) {
    throw new Error(`The recordings of Azure are neither in AZURE_RECORDINGS nor in ${beside}.`);
  }
  return found;
}

/** All of them, by name. */
export function readRecordings(directory: string): Map<string, Recording> {
  const names = readdirSync(directory).filter((file) => file.endsWith('.json'));
  return new Map(
    names.map((file) => {
      const name = file.replace(/\.json$/, '');
      return [name, { name, ...JSON.parse(readFileSync(join(directory, file), 'utf8')) } as Recording];
    }),
  );
}

/** Skips the suite with a clear line where there are none. */
export function recordingsOrSkip(suite: Mocha.Context): Map<string, Recording> {
  const directory = recordingsDirectory();
  if (directory) return readRecordings(directory);
  console.log('      skipped: the recordings of Azure are not there (AZURE_RECORDINGS)');
  return suite.skip();
}
