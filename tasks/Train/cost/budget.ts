import type { JobEnd } from '../../common/azure/ml/jobs/follow/followJob';
import { secondsOf } from '../../common/azure/ml/isoDuration';
import type { Job, JobProperties } from '../../common/azure/ml/jobs/rest/jobs';
import { duration } from '../../common/azure/ml/jobs/rest/restParts';
import { isMapping } from '../../common/azure/ml/jobs/specification/checkedShape';
import type { JobSpec } from '../../common/azure/ml/jobs/specification/jobSpec';
import type { HourlyPrice } from '../../common/azure/ml/prices/priceList';
import type { Machine, Prices } from '../../common/azure/ml/prices/prices';
import { elapsed } from '../../common/elapsed';
import { TaskFailure } from '../../common/taskFailure';
import { askedBy, gapOfKind, isLowPriority } from './heldNodes';
import { exactText } from '../../common/moneyText';
import { plannedUses, type PlannedUse } from './plannedUses';

/** Azure ML ends every job after 21 days. Source: learn.microsoft.com, how-to-manage-quotas, Azure Machine Learning computes. */
const longestJob = 21 * 24 * 3600;

/** How long a job may run for what it may cost. */
export interface Budget {
  /** US dollars. */
  readonly maxCost: number;
  /** Seconds that it pays for of the whole job; undefined of a pipeline, which Azure ML gives no time limit, and where nodes are not known. */
  readonly seconds?: number;
  /** Seconds that it pays for of each step by itself, by the step's name; without those whose nodes are not known beforehand. */
  readonly steps: ReadonlyMap<string, number>;
  /** What it pays for, in a few words. */
  readonly of: string;
}

/**
 * Finds out how long the job may run, before anything is made for it in Azure.
 * @throws TaskFailure where that cannot be known: a budget is not held by a guess
 */
export async function planBudget(
  maxCost: number | undefined,
  spec: JobSpec,
  directory: string,
  prices: Pick<Prices, 'of'>,
): Promise<Budget | undefined> {
  if (maxCost === undefined) return undefined;
  const uses = plannedUses(spec, directory);
  const machines = await prices.of(uses.map(({ use }) => use));
  const priced = uses.map((use, index) => ({ ...use, ...requirePrice(machines[index]!, notStarted(use.step)) }));
  const times = priced.map((use) => ({ step: use.step, seconds: secondsFor(maxCost, use) }));
  const short = times.find(({ seconds }) => seconds !== undefined && seconds < 1);
  if (short) {
    throw new TaskFailure(
      `Input maxCost: ${maxCost} USD does not pay for a second of ${short.step ? `the step ${short.step}` : 'the job'}.`,
      'Raise maxCost, or choose fewer or cheaper nodes.',
    );
  }
  const steps = new Map(
    times.flatMap(({ step, seconds }) => (isOwnStep(spec, step) && seconds ? [[step, seconds]] : [])),
  );
  if (spec.type === 'pipeline') return { maxCost, steps, of: `${priced.length} steps` };
  return { maxCost, seconds: times[0]!.seconds, steps, of: nodesText(priced[0]!) };
}

/** Whether a step of this name is in the job itself, and not in one of its components. */
function isOwnStep(spec: JobSpec, step: string | undefined): step is string {
  if (spec.type !== 'pipeline' || step === undefined || !Object.hasOwn(spec.jobs, step)) return false;
  return spec.jobs[step]!.type !== 'pipeline';
}

type Priced = PlannedUse & { readonly price: HourlyPrice; readonly scale?: Machine['scale'] };

function notStarted(step: string | undefined): string {
  return step === undefined ? 'so it is not started' : `so it is not started (step ${step})`;
}

/** @throws TaskFailure where there is no price in US dollars */
function requirePrice({ price, gap, scale }: Machine, consequence: string): Pick<Priced, 'price' | 'scale'> {
  if (price?.currency === 'USD') return { price, ...(scale && { scale }) };
  const why = price ? `maxCost is in US dollars, Azure ML's prices are in ${price.currency}.` : (gap ?? '');
  throw new TaskFailure(
    `Input maxCost: what the job will cost is not known in advance, ${consequence}. ${why}`,
    'Choose a compute or an instanceType that has a price, or leave maxCost empty and limit the time by runTimeoutInMinutes.',
  );
}

/** budget ÷ price an hour, in whole seconds, and no more than any job may run; undefined where the number of nodes is not known. */
function secondsFor(maxCost: number, use: Priced): number | undefined {
  const most = nodesAtOnce(use);
  if (most === undefined) return undefined;
  // What is a whole number in decimals may be a little less in binary.
  const seconds = Math.floor(Number(((maxCost * 3600) / (use.price.perHour * most)).toFixed(6)));
  return Math.min(seconds, longestJob);
}

/** A cluster has no more than its maximum, however many trials may run. */
function nodesAtOnce({ nodes, parallel, scale }: Priced): number | undefined {
  if (nodes === undefined) return undefined;
  const room = scale ? Math.max(1, Math.floor(scale.maxNodes / nodes)) : Infinity;
  return nodes * Math.min(parallel, room);
}

function nodesText(use: Priced): string {
  const count = nodesAtOnce(use) ?? 1;
  const { size, perHour, currency } = use.price;
  return `${count} ${count === 1 ? 'node' : 'nodes'} of ${size} at ${exactText(perHour, currency)} an hour each`;
}

/** The job with the budget as its time limit, which holds whatever becomes of the agent; a shorter limit of its own stays. */
export function withBudget(body: JobProperties, budget: Budget | undefined): JobProperties {
  const { seconds, steps } = budget ?? { steps: new Map<string, number>() };
  if (seconds !== undefined) {
    const limits = isMapping(body.limits) ? body.limits : {};
    const timeout = duration(Math.min(secondsOf(limits.timeout as string) ?? Infinity, seconds));
    return { ...body, limits: { ...limits, jobLimitsType: body.jobType, timeout } };
  }
  if (steps.size === 0 || !isMapping(body.jobs)) return body;
  const jobs = Object.entries(body.jobs).map(([name, node]) => {
    const most = steps.get(name);
    return [name, most === undefined || !isMapping(node) ? node : limitedStep(node, most)] as const;
  });
  return { ...body, jobs: Object.fromEntries(jobs) };
}

/** A step's limits are in snake case; those of a command are a duration, those of a sweep seconds, as az ml sends them. */
function limitedStep(node: Record<string, unknown>, most: number): Record<string, unknown> {
  const limits = isMapping(node.limits) ? node.limits : {};
  if (node.type === 'sweep') {
    return { ...node, limits: { ...limits, timeout: Math.min(Number(limits.timeout ?? Infinity), most) } };
  }
  const timeout = duration(Math.min(secondsOf(limits.timeout as string) ?? Infinity, most));
  return { ...node, limits: { ...limits, job_limits_type: 'Command', timeout } };
}

/** The time limit that a job has, in seconds. Source: azure-rest-api-specs, mfe.json, JobLimits and the limits of AutoML's tasks. */
export function limitOf({ properties }: { readonly properties: object }): number | undefined {
  type Limits = { readonly timeout?: string | null } | null;
  const { limits, taskDetails } = properties as { limits?: Limits; taskDetails?: { limitSettings?: Limits } | null };
  return secondsOf(limits?.timeout ?? taskDetails?.limitSettings?.timeout);
}

/** What a user should know of a budget. */
export interface Remark {
  readonly text: string;
  readonly isWarning: boolean;
}

/** @param limit that the job was given, in seconds */
export function budgetText({ maxCost, seconds, steps, of }: Budget, limit: number | undefined): Remark {
  const amount = `maxCost, ${exactText(maxCost, 'USD')},`;
  if (seconds === undefined) {
    const limited = [...steps].map(([name, each]) => `${name} ${time(each)}`).join(', ');
    const each = limited ? ` Each step by itself is limited to what it pays for: ${limited}.` : '';
    const why =
      steps.size > 0
        ? 'Azure ML has no time limit for a pipeline as a whole'
        : 'How many nodes will run is not known in advance';
    const text = `${why}, so ${amount} is held by this step only: if the agent dies, or the step does not wait, the job may cost more.${each}`;
    return { text, isWarning: true };
  }
  const isOwn = limit !== undefined && limit < seconds;
  const set = isOwn
    ? `the job's own time limit of ${time(limit)} is shorter and stays`
    : "that is the job's time limit";
  const pays = seconds < longestJob ? `${time(seconds)} of ${of}` : `the longest that a job may run, 21 days, of ${of}`;
  return { text: `${amount} pays for ${pays} (estimate): ${set}.`, isWarning: false };
}

/**
 * What there is to say where a job was started before, under another budget or none.
 * @param limit the job's own, in seconds
 * @param wanted what it would be given now
 * @returns undefined where that is the same
 */
export function otherLimitText(
  { maxCost, seconds }: Pick<Budget, 'maxCost' | 'seconds'>,
  limit: number | undefined,
  wanted = seconds,
): Remark | undefined {
  if (limit !== undefined && limit === wanted) return undefined;
  if (limit !== undefined && wanted !== undefined && limit < wanted) {
    const text = `The job was started with a time limit of ${time(limit)}, which is shorter than the ${time(wanted)} that maxCost pays for, and cannot be changed.`;
    return { text, isWarning: false };
  }
  const began = limit === undefined ? 'without a time limit' : `with a time limit of ${time(limit)}`;
  const text = `The job was started ${began}, and that cannot be changed. maxCost, ${exactText(maxCost, 'USD')}, is held by this step only: if the agent dies, the job may cost more.`;
  return { text, isWarning: true };
}

/**
 * What there is to say of a job that was started elsewhere and is to be followed.
 * @throws TaskFailure where its price is not known: a budget is not held by a guess
 */
export async function budgetOfOther(
  job: Job,
  maxCost: number,
  prices: Pick<Prices, 'of'>,
): Promise<Remark | undefined> {
  const { jobType } = job.properties;
  const consequence = `so the job ${job.name} is not followed, and runs on`;
  const gap = gapOfKind(jobType);
  if (gap) requirePrice({ compute: '', gap }, consequence);
  // What the steps of a pipeline run on is known when they run.
  if (jobType === 'Command' || jobType === 'Sweep') {
    const { compute, instanceType, tier = '' } = askedBy(job.properties);
    const [machine] = await prices.of([{ compute, instanceType, isLowPriority: isLowPriority(tier) }]);
    requirePrice(machine!, consequence);
  }
  return otherLimitText({ maxCost }, limitOf(job));
}

/** Whether it was the budget's time limit at which Azure ML cancelled the job, in a sentence. */
export function endedByBudget(job: Job, end: JobEnd, { maxCost, seconds }: Budget): string | undefined {
  const ran = Date.parse(end.endedAt ?? '') - Date.parse(end.startedAt ?? '');
  // Azure ML looks at its limits now and then.
  const isAtLimit = seconds !== undefined && limitOf(job) === seconds && ran >= (seconds - 15) * 1000;
  if (!isAtLimit || end.status === 'Completed') return undefined;
  if (seconds === longestJob) {
    return `Azure ML ended the job ${job.name} after 21 days, the longest that it lets a job run, whatever maxCost pays for. Let the job write checkpoints and continue from them in another job, or give it more or faster nodes.`;
  }
  return `Azure ML ended the job ${job.name} at its time limit of ${time(seconds)}, which maxCost, ${exactText(maxCost, 'USD')}, had set. To let it run longer, raise maxCost.`;
}

function time(seconds: number): string {
  return elapsed(seconds * 1000);
}
