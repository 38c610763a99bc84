import type { SeenChild } from '../../common/azure/ml/jobs/follow/childRuns';
import { hasEnded } from '../../common/azure/ml/jobs/follow/jobStatus';
import type { RunDetails } from '../../common/azure/ml/jobs/follow/runHistory';
import type { Job } from '../../common/azure/ml/jobs/rest/jobs';
import type { ComputeUse } from '../../common/azure/ml/prices/prices';
import { isMapping } from '../../common/azure/ml/jobs/specification/checkedShape';
import { ownValue } from '../../common/ownValue';
import type { BilledRun } from './estimateCost';

/** What held nodes, and on which compute: the price is still to be found. */
export interface HeldNodes extends Omit<BilledRun, 'machine'> {
  readonly use: ComputeUse;
}

/** What a job, or a step of a pipeline, asks for. */
interface Asked {
  readonly compute?: string;
  readonly nodes?: number;
  readonly instanceType?: string;
  readonly tier?: string;
}

/** Jobs that hold nodes only by what is beneath them. */
const parents = ['Sweep', 'Pipeline', 'AutoML'];

/**
 * What has held nodes of the job so far: itself, or of a sweep and a pipeline each trial and step. What waits for its nodes holds
 * none.
 * @param allocatedAt when nodes were first seen to be prepared for a run, where that was seen: milliseconds since the epoch
 * @returns a sentence where the kind of job holds what has no price
 */
export function heldNodes(
  job: Job,
  details: RunDetails,
  children: readonly SeenChild[],
  allocatedAt: (runId: string) => number | undefined,
): HeldNodes[] | string {
  const { jobType, jobs } = job.properties as Job['properties'] & { jobs?: Record<string, unknown> | null };
  const asked = askedBy(job.properties);
  if (jobType === 'Command') return held('the job', details, asked, allocatedAt(job.name));
  const unknown = gapOfKind(jobType);
  if (unknown) return unknown;
  if (children.length === 0 && details.status === 'Completed') return 'Azure ML lists nothing that ran for the job.';
  return children
    .filter(({ isParent }) => !isParent)
    .flatMap(({ title, run, details: own }) => {
      // Of a step within a step nothing is known here but what the service says of it.
      const step = jobType === 'Pipeline' ? { compute: asked.compute, ...askedBy(ownValue(jobs ?? {}, title)) } : asked;
      // The list of a parent's children knows less, but a child that has ended is there for good.
      const told = { ...run, ...own, endTimeUtc: own?.endTimeUtc ?? run.endTimeUtc, status: run.status };
      return held(title, told, step, allocatedAt(run.runId));
    });
}

/** Why jobs of this type have no price; undefined where they may have one. */
export function gapOfKind(jobType: string): string | undefined {
  const isKnown = jobType === 'Command' || parents.includes(jobType);
  return isKnown ? undefined : `Azure ML has no price for what jobs of the type ${jobType} run on.`;
}

function held(name: string, details: RunDetails, asked: Asked, allocatedAt: number | undefined): HeldNodes[] {
  const { properties, status } = details;
  const times = [timeOf(details.startTimeUtc), allocatedAt].filter((time) => time !== undefined);
  // What was cancelled while it waited, or whose environment could not be made, never had a node.
  if (times.length === 0 && status !== 'Completed') return [];
  return [
    {
      name,
      nodes: nodesOf(details, asked),
      ...(times.length > 0 && { from: Math.min(...times) }),
      ...(hasEnded(status) && { until: timeOf(details.endTimeUtc) }),
      ...(properties?.['azureml.isreused']?.toLowerCase() === 'true' && { isReused: true }),
      use: useOf(details, asked),
    },
  ];
}

function nodesOf({ compute, computeRequest }: RunDetails, asked: Asked): number {
  const counts = [computeRequest?.nodeCount, compute?.instanceCount, asked.nodes];
  return counts.find((count) => Number.isInteger(count) && count! > 0) ?? 1;
}

function useOf({ compute, target }: RunDetails, asked: Asked): ComputeUse {
  return {
    compute: target || asked.compute,
    instanceType: compute?.instanceType ?? compute?.vmSize ?? asked.instanceType,
    isLowPriority: isLowPriority(compute?.priority ?? asked.tier ?? ''),
  };
}

/** Whether nodes of this priority, or jobs of this tier, may be taken away, which is cheaper. */
export function isLowPriority(tier: string): boolean {
  return /^(lowpriority|spot)$/i.test(tier);
}

/** In the words of the service: of a job in camel case, of a step in snake case, of a sweep beneath its trial. */
export function askedBy(given: unknown): Asked {
  if (!isMapping(given)) return {};
  const trial = isMapping(given.trial) ? given.trial : {};
  const resources = part(given, 'resources') ?? part(trial, 'resources') ?? {};
  const queue = part(given, 'queueSettings') ?? part(given, 'queue_settings') ?? {};
  const compute = text(given.computeId);
  return {
    ...(compute && { compute }),
    nodes: Number(resources.instanceCount ?? resources.instance_count),
    instanceType: text(resources.instanceType ?? resources.instance_type),
    tier: text(queue.jobTier ?? queue.job_tier),
  };
}

function part(given: Record<string, unknown>, name: string): Record<string, unknown> | undefined {
  const value = given[name];
  return isMapping(value) ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function timeOf(time: string | null | undefined): number | undefined {
  const milliseconds = Date.parse(time ?? '');
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
