import type { PipelinePlan } from './agent/pipeline/plan';
import { findPython } from './python/findPython';

/** What local Azure carries out by a Python of this machine: jobs, and images on a base image that is not here. */
const byPython = ['MLOpsTrain', 'MLOpsPackageImage'];

/**
 * Throws an error that says what to install where a pipeline needs Python and this machine has none, before a run that would
 * find it out after a job has waited for its compute.
 * @param stages those that are to run; all, unless given
 */
export async function checkPython(plan: PipelinePlan, stages?: readonly string[]): Promise<void> {
  const steps = plan.stages
    .filter(({ name }) => stages === undefined || stages.includes(name))
    .flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  const needsPython = steps.some(({ action }) => action.kind === 'task' && byPython.includes(action.task.name));
  if (needsPython) await findPython();
}
