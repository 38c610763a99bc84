import { sparkline } from '../common/charts/sparkline';
import type { MetricPoint } from '../common/azure/ml/metrics';
import type { JobEnd } from '../common/azure/ml/jobs/follow/followJob';
import { elapsed } from '../common/elapsed';
import { studioModelUrl, studioUrl, type Job } from '../common/azure/ml/jobs/rest/jobs';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { escapeMarkdown, inlineCode, markdownTable } from '../common/markdown';
import { costFacts, costTable } from './cost/costReport';
import type { FinalCost } from './cost/jobCost';
import { metricText } from './metricsWatch';

export interface SummaryContent {
  readonly job: Job;
  readonly end: JobEnd;
  readonly cost: FinalCost;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the metrics that were logged more than once. */
  readonly histories: Readonly<Record<string, readonly MetricPoint[]>>;
  readonly model?: { readonly model: RegisteredModel; readonly isNew: boolean };
}

const columns = 24;
/** Rows of the table: the page is for people. */
const mostMetrics = 100;

/** The section on the run's page. */
export function trainingSummary({ job, end, cost, metrics, histories, model }: SummaryContent): string {
  const url = studioUrl(job);
  const title = escapeMarkdown(job.properties.displayName || job.name);
  const duration = end.startedAt && end.endedAt ? Date.parse(end.endedAt) - Date.parse(end.startedAt) : undefined;
  const compute = job.properties.computeId?.split('/').at(-1);
  const facts: Array<[string, string]> = [
    ['Job', url ? `[${title}](${url})` : title],
    ['Status', `${end.status === 'Completed' ? '✅' : '❌'} ${escapeMarkdown(end.status)}`],
    ...(duration !== undefined ? [['Ran for', elapsed(duration)] as [string, string]] : []),
    ...(compute ? [['Compute', escapeMarkdown(compute)] as [string, string]] : []),
    ...costFacts(cost),
    ...(model ? [['Model', modelText(job, model)] as [string, string]] : []),
  ];
  const parts = [markdownTable([{ title: 'Training' }, { title: '' }], facts)];
  if (end.error) parts.push(`**What went wrong:** ${escapeMarkdown(end.error)}`);
  const steps = costTable(cost);
  if (steps) parts.push(steps);
  const names = Object.keys(metrics).sort();
  if (names.length > 0) {
    const pointsOf = (name: string) => (Object.hasOwn(histories, name) ? histories[name]! : []);
    const hasHistory = names.some((name) => pointsOf(name).length > 1);
    const rows = names.slice(0, mostMetrics).map((name) => {
      const points = pointsOf(name);
      const values = points.map(({ value }) => value);
      return [
        inlineCode(name),
        metricText(metrics[name]!),
        ...(hasHistory
          ? [
              values.length > 1
                ? `${sparkline(sample(values))} ${metricText(values[0]!)} → ${metricText(values.at(-1)!)}, ${values.length} points`
                : '',
            ]
          : []),
      ];
    });
    parts.push(
      '### Metrics',
      markdownTable(
        [{ title: 'Metric' }, { title: 'Value', align: 'right' }, ...(hasHistory ? [{ title: 'History' }] : [])],
        rows,
      ),
    );
    if (names.length > mostMetrics) {
      parts.push(`… and ${names.length - mostMetrics} more metrics; the record and the studio have them all.`);
    }
  }
  return `${parts.join('\n\n')}\n`;
}

function modelText(job: Job, { model, isNew }: NonNullable<SummaryContent['model']>): string {
  const text = `${escapeMarkdown(model.name)} version ${escapeMarkdown(model.version)}`;
  const url = studioModelUrl(job, model);
  return `${url ? `[${text}](${url})` : text}${isNew ? '' : ' (registered before)'}`;
}

/** As many values as a row of blocks has room for, the first and the last among them. */
function sample(values: readonly number[]): number[] {
  if (values.length <= columns) return [...values];
  return Array.from(
    { length: columns },
    (_, index) => values[Math.round((index * (values.length - 1)) / (columns - 1))]!,
  );
}
