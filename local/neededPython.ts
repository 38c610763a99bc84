import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PipelinePlan } from './agent/pipeline/plan';
import { readCondaFile } from './python/condaFile';
import { findPython, isTried, triedPythons, type Python } from './python/findPython';
import { fetchAhead } from './python/packagesAhead';
import { withoutWheel } from './python/wheels';

/** What local Azure carries out by a Python of this machine: jobs, and images on a base image that is not here. */
const byPython = ['MLOpsTrain', 'MLOpsPackageImage'];

interface Place {
  /** Where the paths of the pipeline's inputs start. */
  repository: string;
  cacheDir: string;
}

/**
 * Throws an error that says what to install where a pipeline needs Python and this machine has none, or only one that is too new
 * for the packages, before a run that would find it out after a job has waited for its compute.
 * @param stages those that are to run; all, unless given
 */
export async function checkPython(
  plan: PipelinePlan,
  stages: readonly string[] | undefined,
  place: Place,
  find = findPython,
): Promise<void> {
  const tasks = tasksByPython(plan, stages);
  if (tasks.length === 0) return;
  const python = await find();
  if (isTried(python)) return;
  for (const file of filesOf(tasks)) await checkWheels(file, python, place);
}

/** The files by which tasks say which packages they need, each once. */
function filesOf(tasks: ReadonlyArray<{ inputs: Readonly<Record<string, string>> }>): string[] {
  const files = tasks.flatMap(({ inputs: { condaFile, requirementsFile } }) => [condaFile, requirementsFile]);
  return [...new Set(files)].filter((file) => file !== undefined && file !== '') as string[];
}

/**
 * Fetches the packages of all but the first task that needs some, one after the other, while that one is at work. What goes wrong
 * shows in the step that needs them.
 */
export async function fetchPackagesAhead(
  plan: PipelinePlan,
  stages: readonly string[] | undefined,
  { repository, cacheDir }: Place,
  signal: AbortSignal,
): Promise<void> {
  for (const file of filesOf(tasksByPython(plan, stages)).slice(1)) {
    const wanted = readRequirements(path.resolve(repository, file));
    if (!wanted) continue;
    await fetchAhead(wanted.requirements, await findPython(undefined, wanted.python), cacheDir, signal);
  }
}

function tasksByPython(plan: PipelinePlan, stages: readonly string[] | undefined) {
  const steps = plan.stages
    .filter(({ name }) => stages === undefined || stages.includes(name))
    .flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  return steps.flatMap(({ action }) => (action.kind === 'task' && byPython.includes(action.task.name) ? [action] : []));
}

async function checkWheels(file: string, python: Python, { repository, cacheDir }: Place): Promise<void> {
  const wanted = readRequirements(path.resolve(repository, file));
  const lacking = wanted && (await withoutWheel(wanted.requirements, python, cacheDir));
  if (!lacking) return;
  const series = python.version.split('.', 2).join('.');
  throw new Error(
    `Python ${series} has no wheels of ${lacking}, which ${file} requires; use ${triedPythons}: install one of them alongside it (on Debian and Ubuntu: python3.12 and python3.12-venv).`,
  );
}

/** Undefined where the file cannot be read as it stands; the task that reads it says so. */
function readRequirements(file: string): { requirements: readonly string[]; python?: string } | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  try {
    return /\.ya?ml$/.test(file) ? readCondaFile(text) : { requirements: text.split('\n') };
  } catch {
    return undefined;
  }
}
