/**
 * Proves that whoever starts today gets wheels: every requirement of the quickstart, of the projects and of the stand-ins for
 * curated environments resolves without a compiler, for each Python and each kind of machine.
 *
 *   npm run pins
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { curatedEnvironments, curatedRequirements } from '../local/azure/machineLearning/runner/curatedEnvironments';
import { readCondaFile } from '../local/python/condaFile';
import { findPython } from '../local/python/findPython';
import { findUv, type Uv } from '../local/python/uv';
import { root } from './taskManifest';

const run = promisify(execFile);

const pythons = ['3.10', '3.11', '3.12', '3.13', '3.14'];
const platforms = [
  'x86_64-unknown-linux-gnu',
  'aarch64-unknown-linux-gnu',
  'x86_64-apple-darwin',
  'aarch64-apple-darwin',
];

interface Pins {
  /** Where they stand. */
  places: string[];
  requirements: string[];
  /** Undefined: all. */
  python?: string;
}

/** The Conda and requirements files that a newcomer's first commands install. */
function filesOfPins(): string[] {
  return ['examples', 'test/projects'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(conda|environment|dependencies)\.ya?ml$|requirements[^/]*\.txt$/.test(name))
      .map((name) => join(folder, name))
      .sort(),
  );
}

function allPins(): Pins[] {
  const files = filesOfPins().map((place): Pins => {
    const text = readFileSync(join(root, place), 'utf8');
    return {
      places: [place],
      requirements: /\.txt$/.test(place) ? text.split('\n') : readCondaFile(text).requirements,
    };
  });
  const curated = Object.entries(curatedEnvironments).flatMap(([name, environment]) =>
    pythons.map((python): Pins => {
      const { requirements } = curatedRequirements(environment, python);
      return { places: [`curated environment ${name}`], requirements, python };
    }),
  );
  const distinct = new Map<string, Pins>();
  for (const pins of [...files, ...curated]) {
    const key = JSON.stringify([pins.requirements, pins.python]);
    const known = distinct.get(key);
    if (known) known.places.push(...pins.places);
    else distinct.set(key, pins);
  }
  return [...distinct.values()];
}

interface Check extends Pins {
  python: string;
  platform: string;
}

function allChecks(): Check[] {
  return allPins().flatMap((pins) =>
    (pins.python ? [pins.python] : pythons).flatMap((python) =>
      platforms.map((platform) => ({ ...pins, python, platform })),
    ),
  );
}

/** Why the requirements cannot be had as wheels; undefined if they can. */
async function problem(uv: Uv, check: Check, file: string): Promise<string | undefined> {
  writeFileSync(file, check.requirements.join('\n') + '\n');
  const args = ['pip', 'compile', '--quiet', '--no-header', '--only-binary', ':all:'];
  const target = ['--python-version', check.python, '--python-platform', check.platform];
  try {
    await run(uv.executable, [...args, ...target, file], { env: { ...process.env, ...uv.environment } });
    return undefined;
  } catch (error) {
    return (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
  }
}

/** The index answers each in its own time, so that some wait at once. */
const atOnce = 8;

async function main(): Promise<number> {
  const uv = await findUv(join(root, '.local', 'cache'), await findPython());
  if (!uv) throw new Error('uv can be had neither from the PATH nor from PyPI.');
  const folder = mkdtempSync(join(tmpdir(), 'pins-'));
  const checks = allChecks();
  const left = checks.entries();
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (const [index, check] of left) {
      const why = await problem(uv, check, join(folder, `${index}.in`));
      if (why === undefined) continue;
      failed++;
      console.log(`✖ Python ${check.python} on ${check.platform}: ${check.places.join(', ')}`);
      console.log(why.replace(/^/gm, '    '));
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `${checks.length - failed} of ${checks.length} resolve to wheels: Python ${pythons.join(', ')} on Linux and macOS, x86-64 and arm64.`,
  );
  return failed > 0 ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(`Error: ${error.message}`);
    process.exit(1);
  },
);
