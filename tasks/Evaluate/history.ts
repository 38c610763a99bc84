import { costProperty, type RegisteredModel } from '../common/azure/ml/registeredModel';
import { lineChart } from '../common/charts/lineChart';
import { sparkline } from '../common/charts/sparkline';
import { formatNumber } from '../common/formatNumber';
import { escapeMarkdown } from '../common/markdown';
import { metricLabel } from '../common/criteria/criterion';
import type { Verdict } from '../common/criteria/verdict';
import { lookUp, type Metrics } from '../common/criteria/metricLookup';
import { metricsOfModel } from './measurement';

/** How many versions a history shows. */
export const historyLength = 20;

/** A metric over the last versions, oldest first; undefined where a version's tags do not tell it. */
export interface MetricHistory {
  readonly label: string;
  readonly versions: readonly string[];
  readonly values: readonly (number | undefined)[];
  /** The limit that the candidate was held against. */
  readonly limit: number | null;
}

/**
 * The history of each judged metric over the model's last versions. It is read from the versions' tags, so that one
 * request is enough; the candidate's values are those that were judged.
 * @param newestFirst as the registry lists them
 */
export function metricHistories(
  verdicts: readonly Verdict[],
  newestFirst: readonly RegisteredModel[],
  candidate: Pick<RegisteredModel, 'name' | 'version'>,
  candidateMetrics: Metrics,
): MetricHistory[] {
  const versions = [...newestFirst].reverse().map((model) => ({
    version: model.version,
    metrics: model.version === candidate.version ? candidateMetrics : metricsOfModel(model),
  }));
  const histories = new Map<string, MetricHistory>();
  for (const { criterion, limit } of verdicts) {
    const label = metricLabel(criterion);
    const values = versions.map(({ metrics }) => {
      const measured = lookUp(metrics, criterion);
      return measured.kind === 'value' ? measured.value : undefined;
    });
    const known = values.filter((value) => Number.isFinite(value)).length;
    if (known < 2 || histories.has(label)) continue;
    histories.set(label, { label, versions: versions.map(({ version }) => version), values, limit });
  }
  return [...histories.values()];
}

/** What training the last versions cost by estimate; nothing where fewer than two of them say it. */
export function costHistory(newestFirst: readonly RegisteredModel[]): MetricHistory[] {
  const versions = [...newestFirst].reverse();
  const costs = versions.map(({ properties }) => /^(\d+(?:\.\d+)?) ([A-Z]{3})$/.exec(properties[costProperty] ?? ''));
  const currency = costs.findLast((cost) => cost)?.[2];
  const values = costs.map((cost) => (cost?.[2] === currency && cost ? Number(cost[1]) : undefined));
  if (values.filter((value) => value !== undefined).length < 2) return [];
  const label = `estimated training cost (${currency})`;
  return [{ label, versions: versions.map(({ version }) => version), values, limit: null }];
}

/** One line of Markdown. */
export function historyLine({ label, versions, values }: MetricHistory): string {
  const known = values.filter((value): value is number => value !== undefined);
  const [first, last] = [known[0]!, known.at(-1)!];
  const span = `versions ${versions[0]} to ${versions.at(-1)}`;
  return `**${escapeMarkdown(label)}** ${sparkline(values)} ${formatNumber(first)} → ${formatNumber(last)} (${escapeMarkdown(span)})`;
}

export function historyChart({ label, versions, values, limit }: MetricHistory): string {
  return lineChart({
    title: `${label} of the last ${versions.length} versions`,
    xLabel: 'model version',
    yLabel: label,
    xNames: versions,
    lines: [{ name: label, points: values.map((y, x) => ({ x, y: y ?? NaN })) }],
    ...(limit === null ? {} : { reference: { name: `limit ${formatNumber(limit)}`, y: limit } }),
  });
}
