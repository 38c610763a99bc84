/**
 * Takes whole projects, as their users would have written them, through their pipelines on this machine.
 *
 *   npm run projects                        all
 *   npm run projects -- sweep text-triage   these
 *   npm run projects -- --init              without their pipelines, which mlops-local init writes
 *   npm run projects -- --cache folder      with Python environments and image layers kept there
 *   npm run projects -- --lanes 1           one after the other, not two side by side
 */
import '../../support/ownTemporaryFolder.cjs';
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageLocal } from '../../../scripts/packageLocal';
import { withinShare } from '../../../scripts/suiteShares';
import { root } from '../../../scripts/taskManifest';
import { nothing, outcomeOf, type Outcome } from './outcome';
import {
  checkOut,
  ownProjectNames,
  projectNames,
  readProject,
  withoutPipeline,
  type Project,
  type ProjectRun,
} from './project';
import { table, type Row } from './table';

const logs = path.join(root, '.local', 'projects', 'logs');

interface Settings {
  /** Of the local Azure and its runs. What is side by side shares only the cache. */
  directory: string;
  /** The program `mlops-local`, with what starts it. */
  program: string[];
  cache: string;
  /** Where the projects lie as repositories of their own: not beneath ours, whose git would be theirs. */
  repositories: string;
}

async function main(): Promise<number> {
  const options = {
    cache: { type: 'string' },
    init: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '2' },
  } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const unknown = positionals.find((name) => !projectNames().includes(name));
  if (unknown !== undefined) throw new Error(`No project ${unknown}. There are: ${projectNames().join(', ')}.`);
  // Each is read before the first one runs: a wrong substitution need not wait for minutes.
  const read = values.init ? withoutPipeline : readProject;
  const all = values.init ? ownProjectNames() : projectNames();
  const projects = (positionals.length > 0 ? positionals : all).map(read);
  const installation = path.join(tmpdir(), `mlops-local-${process.pid}`);
  const repositories = path.join(tmpdir(), `mlops-projects-${process.pid}`);
  const program = values.init
    ? await installLocal(installation)
    : [path.join(root, 'scripts', 'run.mjs'), 'local/cli.ts'];
  const cache = path.resolve(values.cache ?? path.join(root, '.local', 'cache'));
  const lanes = Array.from({ length: Number(values.lanes) }, (_, lane): Settings => {
    return { program, cache, repositories, directory: path.join(root, '.local', 'projects', `lane-${lane + 1}`) };
  });
  const end = async (): Promise<void> => {
    await Promise.all(lanes.map((each) => local(['down', ...places(each)], each, logOf(each, 'down'))));
    for (const folder of [repositories, installation]) rmSync(folder, { recursive: true, force: true });
  };
  // The run that goes on gets the signal itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void end().then(() => process.exit(130)));
  let rows: Row[];
  try {
    rows = await runAll(projects, lanes);
  } finally {
    await end();
  }
  console.log(`\n${table(rows)}\n`);
  const red = rows.filter(({ outcome }) => outcome.faults.length > 0).length;
  console.log(`${rows.length - red} of ${rows.length} green.`);
  return withinShare(values.init ? 'projects --init' : 'projects', red > 0 ? 1 : 0);
}

/** Takes what is next into each lane as it gets free: those of many runs first, so that none is left to run by itself at the end. */
async function runAll(projects: Project[], lanes: Settings[]): Promise<Row[]> {
  const waiting = [...projects].sort((one, other) => other.runs.length - one.runs.length);
  const rows = new Map<Project, Row[]>();
  for (const settings of lanes) {
    await local(['reset', ...places(settings)], settings, logOf(settings, 'reset'));
    await local(['up', ...places(settings)], settings, logOf(settings, 'up'));
  }
  await Promise.all(
    lanes.map(async (settings) => {
      for (let project = waiting.shift(); project; project = waiting.shift())
        rows.set(project, await runProject(project, settings));
    }),
  );
  return projects.flatMap((project) => rows.get(project)!);
}

async function runProject(project: Project, settings: Settings): Promise<Row[]> {
  const repository = checkOut(project, settings.repositories);
  const rows: Row[] = [];
  for (const [index, run] of project.runs.entries()) {
    const title = project.runs.length === 1 ? project.name : `${project.name} (${index + 1})`;
    const begin = Date.now();
    const log = path.join(logs, `${title.replace(/\W+/g, '-')}.log`);
    const outcome = await runOnce(run, repository, settings, log);
    const row: Row = { project: title, outcome, seconds: (Date.now() - begin) / 1000 };
    rows.push(row);
    const isGreen = outcome.faults.length === 0;
    console.log(`${isGreen ? '✔' : '✖'} ${row.project} ${row.seconds.toFixed(0)} s`);
    if (!isGreen) {
      const faults = outcome.faults.map((fault) => `    ${fault}`).join('\n');
      console.log(`${faults}\n    its log: ${log}`);
    }
  }
  return rows;
}

async function runOnce(run: ProjectRun, repository: string, settings: Settings, log: string): Promise<Outcome> {
  // What the run before left must not pass for this one's; a classic release takes it up.
  const latest = path.join(settings.directory, 'runs', 'latest');
  const before = runId(latest);
  if (run.isInit && (await local(['init'], settings, log, repository)) !== 0) {
    return { ...nothing, faults: [lastLines(log)] };
  }
  const code = await local(['run', ...run.arguments, ...places(settings)], settings, log, repository);
  const outcome = runId(latest) === before ? nothing : outcomeOf(latest, run.expect);
  if (outcome === nothing) return { ...nothing, faults: [lastLines(log)] };
  if (code !== 0 && outcome.faults.length === 0) outcome.faults.push(`the command ended with ${code}`);
  return outcome;
}

/** Of the run in a folder; undefined where none is. */
function runId(folder: string): number | undefined {
  const file = path.join(folder, 'run.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { id: number }).id : undefined;
}

const places = ({ directory, cache }: Settings): string[] => ['--directory', directory, '--cache', cache];

/** Of a command that is for a whole lane. */
const logOf = ({ directory }: Settings, command: string): string =>
  path.join(logs, `${path.basename(directory)}-${command}.log`);

const lastLines = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' ');

/** Calls the program as its users do, from their folder. Gives its exit code. */
function local(args: string[], { program }: Settings, logFile: string, cwd = root): Promise<number> {
  return call([process.execPath, ...program, ...args], logFile, cwd);
}

/** The program as its users have it: from the tarball, in a folder without a clone of ours. */
async function installLocal(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const tarball = await packageLocal(folder);
  const install = ['npm', 'install', '--prefix', folder, '--no-audit', '--no-fund', tarball];
  const log = path.join(logs, 'install.log');
  if ((await call(install, log)) !== 0) {
    throw new Error(`mlops-local cannot be installed: ${lastLines(log)}`);
  }
  return [path.join(folder, 'node_modules', '.bin', 'mlops-local')];
}

/** Gives the exit code. */
function call([program, ...args]: string[], file: string, cwd = root): Promise<number> {
  mkdirSync(path.dirname(file), { recursive: true });
  const log = createWriteStream(file);
  const child = spawn(program!, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => log.end(() => resolve(code ?? 1)));
  });
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(`Error: ${error.message}`);
    process.exit(1);
  },
);
