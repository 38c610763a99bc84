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

/** Why the requirements cannot be had as wheels; undefined if they can. */
async function problem(uv: Uv, requirements: string[], python: string, platform: string, folder: string) {
  const file = join(folder, 'requirements.in');
  writeFileSync(file, requirements.join('\n') + '\n');
  const args = ['pip', 'compile', '--quiet', '--no-header', '--only-binary', ':all:', '--python-version', python];
  try {
    await run(uv.executable, [...args, '--python-platform', platform, file], {
      env: { ...process.env, ...uv.environment },
    });
    return undefined;
  } catch (error) {
    return (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
  }
}

async function main(): Promise<number> {
  const cache = join(root, '.local', 'cache');
  const uv = await findUv(cache, await findPython());
  if (!uv) throw new Error('uv can be had neither from the PATH nor from PyPI.');
  const folder = mkdtempSync(join(tmpdir(), 'pins-'));
  let checked = 0;
  let failed = 0;
  try {
    for (const { places, requirements, python: only } of allPins()) {
      for (const python of only ? [only] : pythons) {
        for (const platform of platforms) {
          checked++;
          const why = await problem(uv, requirements, python, platform, folder);
          if (why === undefined) continue;
          failed++;
          console.log(`✖ Python ${python} on ${platform}: ${places.join(', ')}\n${why.replace(/^/gm, '    ')}`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `${checked - failed} of ${checked} resolve to wheels: Python ${pythons.join(', ')} on Linux and macOS, x86-64 and arm64.`,
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
