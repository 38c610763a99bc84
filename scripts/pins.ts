/**
 * Proves that whoever starts today gets wheels: every requirement of the quickstart, of the projects and of the stand-ins for
 * curated environments resolves without a compiler, for each Python and each kind of machine.
 *
 *   npm run pins
 *   npm run pins -- --quick   the oldest and the newest Python, on the two commonest kinds of machine
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { curatedEnvironments, curatedRequirements } from '../local/azure/machineLearning/runner/curatedEnvironments';
import { readCondaFile } from '../local/python/condaFile';
import { findPython } from '../local/python/findPython';
import { findUv, type Uv } from '../local/python/uv';
import { withinShare } from './suiteShares';
import { root } from './taskManifest';

const run = promisify(execFile);

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;

const pythons = quick ? ['3.10', '3.14'] : ['3.10', '3.11', '3.12', '3.13', '3.14'];
const platforms = quick
  ? ['x86_64-unknown-linux-gnu', 'aarch64-apple-darwin']
  : ['x86_64-unknown-linux-gnu', 'aarch64-unknown-linux-gnu', 'x86_64-apple-darwin', 'aarch64-apple-darwin'];

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

interface Problem {
  why: string;
  /** An index that cannot be reached is no word on a pin. */
  isOfPins: boolean;
}

/** Why the requirements cannot be had as wheels; undefined if they can. */
async function problem(uv: Uv, check: Check, file: string): Promise<Problem | undefined> {
  writeFileSync(file, check.requirements.join('\n') + '\n');
  const args = ['pip', 'compile', '--quiet', '--no-header', '--only-binary', ':all:'];
  const target = ['--python-version', check.python, '--python-platform', check.platform];
  try {
    await run(uv.executable, [...args, ...target, file], { env: { ...process.env, ...uv.environment } });
    return undefined;
  } catch (error) {
    const why = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    return { why, isOfPins: /No solution found/.test(why) };
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
  const problems: Problem[] = [];
  const worker = async (): Promise<void> => {
    for (const [index, check] of left) {
      const file = join(folder, `${index}.in`);
      let found = await problem(uv, check, file);
      if (found && !found.isOfPins) found = await problem(uv, check, file);
      if (found === undefined) continue;
      problems.push(found);
      console.log(
        `${found.isOfPins ? '✖' : '?'} Python ${check.python} on ${check.platform}: ${check.places.join(', ')}`,
      );
      console.log(found.why.replace(/^/gm, '    '));
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const failed = problems.filter(({ isOfPins }) => isOfPins).length;
  const unknown = problems.length - failed;
  console.log(
    `${checks.length - problems.length} of ${checks.length} resolve to wheels: Python ${pythons.join(', ')} on ${platforms.join(', ')}.` +
      (unknown > 0 ? ` Of ${unknown} the index could not be asked.` : ''),
  );
  return failed > 0 || unknown === checks.length ? 1 : 0;
}

main().then(
  (code) => process.exit(withinShare('pins', code)),
  (error: Error) => {
    console.error(`Error: ${error.message}`);
    process.exit(1);
  },
);
