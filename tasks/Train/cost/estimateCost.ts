import type { Machine } from '../../common/azure/ml/prices/prices';

/** Something that held nodes: a job, a trial of a sweep, a step of a pipeline. */
export interface BilledRun {
  readonly name: string;
  readonly machine: Machine;
  readonly nodes: number;
  /** Milliseconds since the epoch: when its nodes were allocated; undefined where Azure ML does not say it of one that ran. */
  readonly from?: number;
  /** undefined while it runs. */
  readonly until?: number;
  /** Its results were taken from an earlier pipeline: nothing ran. */
  readonly isReused?: boolean;
}

export interface RunCost {
  readonly name: string;
  readonly machine: Machine;
  readonly nodes: number;
  readonly seconds: number;
  /** undefined where there is no price. */
  readonly amount?: number;
  readonly isReused?: boolean;
}

/** What nodes cost that wait for another job before the cluster gives them back. */
export interface IdleCost {
  readonly amount: number;
  /** The longest that a node waits. */
  readonly seconds: number;
  readonly nodes: number;
}

export interface CostEstimate {
  /** Of what has a price; without the idle time. */
  readonly amount: number;
  readonly currency: string;
  /** What an hour more costs of what runs now. */
  readonly perHour: number;
  readonly runs: readonly RunCost[];
  /** At most; undefined where no node is left idle. */
  readonly idle?: IdleCost;
  /** Why the amount is not the whole: one sentence each. */
  readonly gaps: readonly string[];
}

const hour = 3_600_000;

/**
 * What the runs have cost by a moment: price an hour × nodes × time from their allocation on.
 * @param at milliseconds since the epoch; what still runs is counted until then
 */
export function estimateCost(runs: readonly BilledRun[], at: number): CostEstimate {
  const currency = runs.find(({ machine }) => machine.price)?.machine.price?.currency ?? 'USD';
  const costs = runs.map((run) => costOf(run, at, currency));
  const running = runs.filter((run) => isRunning(run, at) && run.machine.price?.currency === currency);
  const idle = idleCost(runs, at, currency);
  return {
    amount: money(sum(costs.map(({ amount = 0 }) => amount))),
    currency,
    perHour: money(sum(running.map(({ machine, nodes }) => machine.price!.perHour * nodes))),
    runs: costs,
    ...(idle && { idle }),
    gaps: [...new Set(runs.flatMap((run) => gapOf(run, currency) ?? []))],
  };
}

/** Why this much of the cost is not known. */
export function gapOf({ name, machine, from, until, isReused }: BilledRun, currency: string): string | undefined {
  if (isReused) return undefined;
  if (from === undefined) return `Azure ML does not say when ${name} started.`;
  if (until !== undefined && until < from) return `Azure ML says that ${name} ended before it started.`;
  if (!machine.price) return machine.gap ?? `There is no price for the nodes of ${machine.compute}.`;
  if (machine.price.currency === currency) return undefined;
  return `The price of ${machine.price.size} is in ${machine.price.currency}, others are in ${currency}.`;
}

function costOf(run: BilledRun, at: number, currency: string): RunCost {
  const { name, machine, nodes, from = at, until, isReused } = run;
  const milliseconds = isReused ? 0 : Math.max(0, (until ?? at) - from);
  const common = { name, machine, nodes, seconds: Math.round(milliseconds / 1000) };
  if (isReused) return { ...common, amount: 0, isReused };
  if (gapOf(run, currency)) return common;
  return { ...common, amount: money((machine.price!.perHour * nodes * milliseconds) / hour) };
}

function isRunning({ from = Infinity, until, isReused }: BilledRun, at: number): boolean {
  return !isReused && until === undefined && from <= at;
}

/** Of each cluster, the most nodes that were held at once, less those that it keeps anyway. */
function idleCost(runs: readonly BilledRun[], at: number, currency: string): IdleCost | undefined {
  const byCompute = new Map<string, BilledRun[]>();
  for (const run of runs) {
    if (run.isReused || !run.machine.scale || run.machine.price?.currency !== currency) continue;
    byCompute.set(run.machine.compute, [...(byCompute.get(run.machine.compute) ?? []), run]);
  }
  const each = [...byCompute.values()].flatMap((held) => {
    const { scale, price } = held[0]!.machine;
    const nodes = Math.min(mostAtOnce(held, at), scale!.maxNodes) - scale!.minNodes;
    if (nodes <= 0 || scale!.idleSeconds <= 0) return [];
    return [{ nodes, seconds: scale!.idleSeconds, amount: (price!.perHour * nodes * scale!.idleSeconds) / 3600 }];
  });
  if (each.length === 0) return undefined;
  return {
    amount: money(sum(each.map(({ amount }) => amount))),
    seconds: Math.max(...each.map(({ seconds }) => seconds)),
    nodes: sum(each.map(({ nodes }) => nodes)),
  };
}

function mostAtOnce(runs: readonly BilledRun[], at: number): number {
  const changes = runs
    .filter(({ from = Infinity, until = at }) => until > from)
    .flatMap(({ nodes, from = Infinity, until = at }) => [
      { time: from, by: nodes },
      { time: until, by: -nodes },
    ])
    // Nodes that are given back are there for whoever starts in the same moment.
    .sort((a, b) => a.time - b.time || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) most = Math.max(most, (now += by));
  return most;
}

/** To a millionth, so that sums of binary fractions say what they mean. */
function money(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
