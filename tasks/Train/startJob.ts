import { Outage } from '../common/azure/http/outage';
import { hasEnded } from '../common/azure/ml/jobs/follow/jobStatus';
import { studioUrl, type Job, type JobProperties } from '../common/azure/ml/jobs/rest/jobs';
import { restJob } from '../common/azure/ml/jobs/rest/restJob';
import type { DataChecks } from '../common/record/record';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import { cancelJob } from './cancelJob';
import {
  budgetOfOther,
  budgetText,
  limitOf,
  otherLimitText,
  planBudget,
  withBudget,
  type Budget,
  type Remark,
} from './cost/budget';
import { specificationOf, specificationProperty } from './jobSpecificationHash';
import type { TrainInputs } from './inputs';
import { jobNameBase } from './jobName';
import { jobSpecification } from './jobSpecification';
import { leftJob, type LeftJob } from './leftJob';
import { jobProvenance, type Provenance } from './provenance';
import type { Services } from './services';
import { unchangedTraining } from './unchangedTraining';

/** A workspace that does not take a job may be out of reach for so long; the job's name makes sure that it is started once. */
const patience = 10 * 60_000;

export interface StartedJob {
  readonly job: Job;
  /** SHA-256 of the code snapshot; undefined where the job was found, or has no code of its own. */
  readonly codeHash?: string;
  /** How long it may run for what it may cost; undefined where that is not limited, or it was started elsewhere. */
  readonly budget?: Budget;
  /** It was trained for an earlier run, and nothing has changed since. */
  readonly isUnchanged?: boolean;
  /** What the data were held against before. */
  readonly dataChecks?: DataChecks;
}

/** Takes up the job of this name, which somebody has started. */
export async function takeUpJob(
  name: string,
  maxCost: number | undefined,
  services: Services,
  context: TaskContext,
): Promise<StartedJob> {
  const { signal, state } = context;
  const job = await services.jobs.find(name, signal, true);
  if (!job) {
    throw new TaskFailure(
      `Input jobName: there is no job "${name}" in the workspace ${services.workspace.name}.`,
      'Use the output variable jobName of the step that started it.',
    );
  }
  announce(job, `Following the job ${name}, which is ${job.properties.status}.`, context);
  if (hasEnded(job.properties.status)) return { job };
  if (maxCost !== undefined) say(await budgetOfOther(job, maxCost, services.prices), context);
  await leftJob(state).note(left(name, services, true));
  return { job };
}

/** Starts the job, or finds the one that an earlier try of this step started for the same work. */
export async function startJob(
  inputs: TrainInputs,
  asked: Exclude<TrainInputs['job'], { source: 'existing' }>,
  provenance: Provenance,
  services: Services,
  context: TaskContext,
): Promise<StartedJob> {
  const { pipeline, log, clock, signal } = context;
  const { spec, source } = jobSpecification(asked, inputs.overrides, pipeline.directories.work);
  const budget = await planBudget(inputs.maxCost, spec, source.directory, services.prices);
  const assets = services.assets();
  const body = await restJob(spec, source, assets);
  const experiment = body.experimentName ?? usualExperiment(pipeline);
  const specification = specificationOf(body);
  const wanted = withOrigin(body, experiment, specification, provenance, pipeline);
  // Not of the specification: a job that runs is found again when the budget is another.
  const properties = withBudget(wanted, budget);
  const codeHash = [...assets.codeHashes.values()].at(-1);
  if (inputs.retrain === 'whenChanged' && inputs.model) {
    const job = await unchangedTraining(inputs.model.name, specification, services, context);
    if (job) return { job, codeHash, isUnchanged: true };
  }
  const base = jobNameBase(spec.name ?? experiment, pipeline);
  for (let attempt = 1; ; attempt++) {
    const name = `${base}-${attempt}`;
    const found = await new Outage(log, clock, { deadline: clock.now() + patience }).insist(
      () => services.jobs.find(name, signal),
      signal,
    );
    if (!found) {
      const job = await create(name, properties, inputs.waitForCompletion, services, context);
      announce(job, `Started the job ${name} in the experiment ${experiment}.`, context);
      tellBudget(budget, properties, undefined, context);
      return { job, codeHash, budget };
    }
    const { status } = found.properties;
    const isSame = found.properties.properties?.[specificationProperty] === specification;
    if (isSame && status !== 'Failed' && status !== 'Canceled') {
      announce(found, `An earlier try of this step started the job ${name} (${status}): following it.`, context);
      tellBudget(budget, properties, found, context);
      if (inputs.waitForCompletion) await leftJob(context.state).note(left(name, services, true));
      return { job: found, codeHash, budget };
    }
    log.info(`The job ${name} of an earlier try ${isSame ? `is ${status}` : 'did something else'}: starting another.`);
  }
}

const usualExperiment = ({ build }: TaskContext['pipeline']): string => experimentOf(build?.definition) || 'Default';

/** What the job is asked to do, with where it comes from. */
function withOrigin(
  body: JobProperties,
  experimentName: string,
  specification: string,
  provenance: Provenance,
  { build, release }: TaskContext['pipeline'],
): JobProperties {
  const own = body.properties as Record<string, string> | undefined;
  return {
    ...body,
    experimentName,
    displayName: body.displayName ?? build?.number ?? release?.name,
    properties: { ...jobProvenance(provenance), ...own, [specificationProperty]: specification },
  };
}

async function create(
  name: string,
  properties: JobProperties,
  isFollowed: boolean,
  services: Services,
  context: TaskContext,
): Promise<Job> {
  const { log, clock, signal, state } = context;
  // Noted first: whatever happens from here on, the post-job step knows of it.
  if (isFollowed) await leftJob(state).note(left(name, services, false));
  const outage = new Outage(log, clock, { deadline: clock.now() + patience });
  try {
    const job = await outage.insist(() => services.jobs.create(name, properties, signal), signal);
    if (isFollowed) await leftJob(state).note(left(name, services, true));
    return job;
  } catch (error) {
    if (signal.aborted) {
      await cancelJob(name, services, context);
      throw error;
    }
    leftJob(state).settle();
    // Refused, it does not exist. Where there was no answer, nobody knows.
    if (!(error instanceof TaskFailure) || 'status' in error) throw error;
    throw new TaskFailure(
      `${error.message} The job ${name} may have been started all the same, and would run on.`,
      'Run this step again: it follows the job by its name, or starts it. Or look for it in the studio.',
      { cause: error },
    );
  }
}

function left(name: string, { workspace }: Services, isConfirmed: boolean): LeftJob {
  return { name, resourceGroup: workspace.resourceGroup, workspace: workspace.name, isConfirmed };
}

/** @param found the job that an earlier try of the step started, perhaps for another budget */
function tellBudget(
  budget: Budget | undefined,
  properties: JobProperties,
  found: Job | undefined,
  context: TaskContext,
): void {
  if (!budget || (found && hasEnded(found.properties.status))) return;
  const limit = limitOf({ properties });
  say(found ? otherLimitText(budget, limitOf(found), limit) : budgetText(budget, limit), context);
}

function say(remark: Remark | undefined, { log }: TaskContext): void {
  if (remark) log[remark.isWarning ? 'warning' : 'info'](remark.text);
}

function announce(job: Job, text: string, { log }: TaskContext): void {
  log.info(text);
  const url = studioUrl(job);
  if (url) log.info(`Studio: ${url}`);
}

/** Azure ML's rule for names of experiments: letters, digits, dashes and underscores. */
function experimentOf(definition: string | undefined): string {
  return (definition ?? '').replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+|[-_]+$/g, '');
}
