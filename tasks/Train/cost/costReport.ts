import { elapsed } from '../../common/elapsed';
import type { TrainingCost } from '../../common/record/trainingCost';
import { escapeMarkdown, markdownTable } from '../../common/markdown';
import type { CostEstimate, RunCost } from './estimateCost';
import type { FinalCost } from './jobCost';
import { moneyText, exactText } from '../../common/moneyText';

/** Rows of a table and lines of a log: they are for people. */
const mostRuns = 20;

/** Whether nothing of the job has a price. */
function isUnknown({ runs, gaps }: CostEstimate): boolean {
  return gaps.length > 0 && !runs.some(({ amount, isReused }) => amount !== undefined && !isReused);
}

/** The value of the output variable: US dollars or whatever the prices are in; undefined where it would not be the whole. */
export function costOutput({ amount, gaps }: CostEstimate): string | undefined {
  return gaps.length > 0 ? undefined : String(Number(amount.toFixed(4)));
}

/** The amount in a few words: "about 0.12 USD", "at least 0.12 USD", "not known". */
export function amountText(cost: CostEstimate): string {
  if (isUnknown(cost)) return 'not known';
  const { amount, currency, gaps } = cost;
  return `${gaps.length > 0 ? 'at least' : 'about'} ${moneyText(amount, currency)}`;
}

/** What the log says of a job's cost at its end, one line each. */
export function costLines(cost: FinalCost): string[] {
  const { runs, idle, gaps, currency } = cost;
  const ran = runs.filter(({ isReused }) => !isReused);
  const [only] = ran;
  const of = ran.length === 1 ? `: ${runText(only!)}` : ran.length > 1 ? ` for ${ran.length} trials or steps` : '';
  const lines = [`Cost (estimate): ${amountText(cost)}${of}.`];
  if (runs.length > 1) {
    lines.push(...longest(runs).map((run) => `  ${run.name}: ${runText(run)}`));
    if (runs.length > mostRuns) lines.push(`  … and ${runs.length - mostRuns} more; the record has them all.`);
  }
  if (idle) lines.push(`Idle time comes on top: ${idleText(idle, currency)}.`);
  if (!isUnknown(cost)) lines.push(basisText(cost));
  return [...lines, ...gaps.map((gap) => `The cost is not the whole: ${gap}`)];
}

/** Rows of the table of the summary. */
export function costFacts(cost: FinalCost): Array<[string, string]> {
  const ran = cost.runs.filter(({ isReused }) => !isReused);
  const of = ran.length === 1 ? `, ${runText(ran[0]!)}` : '';
  return [
    ['Cost (estimate)', escapeMarkdown(`${amountText(cost)}${of}`)],
    ...(cost.idle
      ? [['Idle time on top', escapeMarkdown(idleText(cost.idle, cost.currency))] as [string, string]]
      : []),
    ...(isUnknown(cost) ? [] : [['Prices', escapeMarkdown(basisText(cost))] as [string, string]]),
    ...cost.gaps.map((gap): [string, string] => ['Not in the cost', escapeMarkdown(gap)]),
  ];
}

/** What each trial or step cost, as Markdown; empty where there is one only. */
export function costTable({ runs, currency }: FinalCost): string {
  if (runs.length < 2) return '';
  const rows = longest(runs).map(({ name, nodes, machine, seconds, amount, isReused }) => [
    escapeMarkdown(name),
    escapeMarkdown(isReused ? 'reused, did not run' : `${nodes} × ${machine.price?.size ?? machine.compute}`),
    elapsed(seconds * 1000),
    amount === undefined ? 'not known' : moneyText(amount, currency),
  ]);
  const table = markdownTable(
    [
      { title: 'Trial or step' },
      { title: 'Nodes' },
      { title: 'Time', align: 'right' },
      { title: 'Cost (estimate)', align: 'right' },
    ],
    rows,
  );
  return runs.length > mostRuns ? `${table}\n\n… and ${runs.length - mostRuns} more; the record has them all.` : table;
}

/** What the record says of it. */
export function costSection(cost: FinalCost, maxCost: number | undefined): TrainingCost {
  const { amount, currency, idle, runs, gaps, asOf } = cost;
  const prices = new Map(
    runs.flatMap(({ machine: { price } }) => (price ? [[`${price.size} ${price.tier} ${price.os}`, price]] : [])),
  );
  return {
    estimate: true,
    ...(!isUnknown(cost) && { amount }),
    currency,
    ...(asOf && { asOf }),
    ...(maxCost !== undefined && { maxCost }),
    ...(idle && { idle: { amount: idle.amount, nodes: idle.nodes, seconds: idle.seconds } }),
    prices: [...prices.values()].map(({ size, tier, os, perHour }) => ({ size, tier, os, perHour })),
    runs: runs.map(({ name, machine, nodes, seconds, amount: own, isReused }) => ({
      name,
      compute: machine.compute,
      ...(machine.price && { size: machine.price.size, tier: machine.price.tier }),
      nodes,
      seconds,
      ...(own !== undefined && { amount: own }),
      ...(isReused && { reused: true }),
    })),
    ...(gaps.length > 0 && { gaps: [...gaps] }),
  };
}

function longest(runs: readonly RunCost[]): RunCost[] {
  if (runs.length <= mostRuns) return [...runs];
  return runs.toSorted((a, b) => (b.amount ?? 0) - (a.amount ?? 0)).slice(0, mostRuns);
}

/** "2 nodes of Standard_DS3_v2 at 0.29 USD an hour for 0:25:00" */
function runText({ nodes, machine, seconds, isReused, amount }: RunCost): string {
  if (isReused) return 'taken from an earlier pipeline, costs nothing';
  const { price, compute } = machine;
  const count = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  const time = elapsed(seconds * 1000);
  if (!price || amount === undefined) return `${count} of ${compute} for ${time}, at a price that is not known`;
  const tier = price.tier === 'Standard' ? '' : ` (${price.tier})`;
  return `${count} of ${price.size}${tier} at ${exactText(price.perHour, price.currency)} an hour for ${time}`;
}

function idleText({ nodes, seconds, amount }: NonNullable<CostEstimate['idle']>, currency: string): string {
  return `${moneyText(amount, currency)} at most, for ${nodes} ${nodes === 1 ? 'node' : 'nodes'} that the cluster keeps for ${elapsed(seconds * 1000)} before it gives them back`;
}

function basisText({ asOf }: FinalCost): string {
  return `Azure ML's list prices${asOf ? ` of ${asOf.slice(0, 10)}` : ''}, for the time from the allocation of the nodes on; without discounts, storage and network.`;
}
