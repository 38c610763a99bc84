/**
 * Takes whole projects, as their users would have written them, through their pipelines on this machine.
 *
 *   npm run projects                        all
 *   npm run projects -- sweep text-triage   these
 *   npm run projects -- --init              without their pipelines, which mlops-local init writes
 *   npm run projects -- --cache folder      with Python environments and image layers kept there
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageLocal } from '../../../scripts/packageLocal';
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

/** All of them, on two cores, with empty caches (minutes). Beyond it the command is red. */
const share = 20;
const directory = path.join(root, '.local', 'projects');

interface Settings {
  /** The program `mlops-local`, with what starts it. */
  program: string[];
  cache: string;
  /** Where the projects lie as repositories of their own: not beneath ours, whose git would be theirs. */
  repositories: string;
}

async function main(): Promise<number> {
  const options = { cache: { type: 'string' }, init: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const unknown = positionals.find((name) => !projectNames().includes(name));
  if (unknown !== undefined) throw new Error(`No project ${unknown}. There are: ${projectNames().join(', ')}.`);
  // Each is read before the first one runs: a wrong substitution need not wait for minutes.
  const read = values.init ? withoutPipeline : readProject;
  const all = values.init ? ownProjectNames() : projectNames();
  const projects = (positionals.length > 0 ? positionals : all).map(read);
  const installation = path.join(tmpdir(), `mlops-local-${process.pid}`);
  const settings: Settings = {
    program: values.init ? await installLocal(installation) : [path.join(root, 'scripts', 'run.mjs'), 'local/cli.ts'],
    cache: path.resolve(values.cache ?? path.join(root, '.local', 'cache')),
    repositories: path.join(tmpdir(), `mlops-projects-${process.pid}`),
  };
  const end = async (): Promise<void> => {
    await local(['down', ...places(settings)], settings, 'down.log');
    for (const folder of [settings.repositories, installation]) rmSync(folder, { recursive: true, force: true });
  };
  // The run that goes on gets the signal itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void end().then(() => process.exit(130)));
  const begin = Date.now();
  const rows: Row[] = [];
  try {
    await local(['reset', ...places(settings)], settings, 'reset.log');
    await local(['up', ...places(settings)], settings, 'up.log');
    for (const project of projects) rows.push(...(await runProject(project, settings)));
  } finally {
    await end();
  }
  const minutes = (Date.now() - begin) / 60_000;
  console.log(`\n${table(rows)}\n`);
  const red = rows.filter(({ outcome }) => outcome.faults.length > 0).length;
  const isLate = positionals.length === 0 && minutes > share;
  console.log(
    `${rows.length - red} of ${rows.length} green in ${minutes.toFixed(1)} min${isLate ? `, and ${share} are allowed` : ''}.`,
  );
  return red > 0 || isLate ? 1 : 0;
}

async function runProject(project: Project, settings: Settings): Promise<Row[]> {
  const repository = checkOut(project, settings.repositories);
  const rows: Row[] = [];
  for (const [index, run] of project.runs.entries()) {
    const title = project.runs.length === 1 ? project.name : `${project.name} (${index + 1})`;
    const begin = Date.now();
    const log = path.join('logs', `${title.replace(/\W+/g, '-')}.log`);
    const outcome = await runOnce(run, repository, settings, log);
    const row: Row = { project: title, outcome, seconds: (Date.now() - begin) / 1000 };
    rows.push(row);
    const isGreen = outcome.faults.length === 0;
    console.log(`${isGreen ? '✔' : '✖'} ${row.project} ${row.seconds.toFixed(0)} s`);
    if (!isGreen) {
      const faults = outcome.faults.map((fault) => `    ${fault}`).join('\n');
      console.log(`${faults}\n    its log: ${path.join(directory, log)}`);
    }
  }
  return rows;
}

async function runOnce(run: ProjectRun, repository: string, settings: Settings, log: string): Promise<Outcome> {
  // What the run before left must not pass for this one's; a classic release takes it up.
  const latest = path.join(directory, 'runs', 'latest');
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

const places = ({ cache }: Settings): string[] => ['--directory', directory, '--cache', cache];

const lastLines = (file: string): string =>
  readFileSync(path.join(directory, file), 'utf8').trim().split('\n').slice(-3).join(' ');

/** Calls the program as its users do, from their folder. Gives its exit code. */
function local(args: string[], { program }: Settings, logFile: string, cwd = root): Promise<number> {
  return call([process.execPath, ...program, ...args], logFile, cwd);
}

/** The program as its users have it: from the tarball, in a folder without a clone of ours. */
async function installLocal(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const tarball = await packageLocal(folder);
  const install = ['npm', 'install', '--prefix', folder, '--no-audit', '--no-fund', tarball];
  if ((await call(install, 'install.log')) !== 0) {
    throw new Error(`mlops-local cannot be installed: ${lastLines('install.log')}`);
  }
  return [path.join(folder, 'node_modules', '.bin', 'mlops-local')];
}

/** Gives the exit code. The log is a file of the runner's folder. */
function call([program, ...args]: string[], logFile: string, cwd = root): Promise<number> {
  const file = path.join(directory, logFile);
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
