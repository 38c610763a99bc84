import { binCounts, histogram } from '../../common/charts/histogram';
import { lineChart } from '../../common/charts/lineChart';
import { formatNumber } from '../../common/formatNumber';
import { markdownTable } from '../../common/markdown';
import type { LoadResult } from './loadGenerator';
import type { LoadFigures } from './thresholds';

const percentiles = [50, 75, 90, 95, 99, 99.9];

/** Milliseconds as people read them. */
export function milliseconds(value: number): string {
  return value >= 1000 ? `${formatNumber(value / 1000, 3)} s` : `${formatNumber(value, 3)} ms`;
}

/** One line on what the load test found. */
export function loadSentence(figures: LoadFigures): string {
  return (
    `${figures.requests} requests, ${formatNumber(figures.perSecond, 3)} answered per second, ` +
    `${formatNumber((figures.errors / figures.requests) * 100 || 0, 3)} % errors; ` +
    `p50 ${milliseconds(figures.percentile(50))}, p95 ${milliseconds(figures.percentile(95))}, ` +
    `p99 ${milliseconds(figures.percentile(99))}, max ${milliseconds(figures.max)}`
  );
}

/** The table of percentiles with a bar a row, in Markdown. */
export function percentileTable(figures: LoadFigures): string {
  const rows = [
    ...percentiles.map((percent): [string, number] => [`p${percent}`, figures.percentile(percent)]),
    ['max', figures.max] as [string, number],
  ];
  const longest = Math.max(...rows.map(([, value]) => value));
  return markdownTable(
    [{ title: 'Latency' }, { title: 'Time', align: 'right' }, { title: '' }],
    rows.map(([name, value]) => [name, milliseconds(value), bar(value / longest)]),
  );
}

/** How latencies are spread, a row and a bar a range, in Markdown: a summary can hold no picture. */
export function latencyBars({ latencies }: LoadResult): string {
  const samples = 1000;
  const { lowest, width, counts } = binCounts(latencies.sample(samples), 12);
  const most = Math.max(...counts);
  return markdownTable(
    [
      { title: 'From', align: 'right' },
      { title: 'To', align: 'right' },
      { title: 'Share', align: 'right' },
      { title: '' },
    ],
    counts.map((count, index) => [
      milliseconds(lowest + index * width),
      milliseconds(lowest + (index + 1) * width),
      `${formatNumber((count / samples) * 99.5, 3)} %`,
      bar(count / most),
    ]),
  );
}

/** @param share 0 to 1 of the longest bar */
function bar(share: number): string {
  return share > 0 ? '█'.repeat(Math.max(1, Math.round(share * 30))) : '';
}

/** The distribution of latencies as SVG, with its percentiles marked. */
export function latencyHistogram({ latencies, seconds }: LoadResult): string {
  const figures = latencies.figures(seconds);
  return histogram({
    title: 'Latency (the slowest half percent left out)',
    xLabel: 'milliseconds',
    yLabel: 'requests in a thousand',
    values: latencies.sample(1000),
    marks: [50, 95, 99].map((percent) => ({ name: `p${percent}`, x: figures.percentile(percent) })),
    bins: 40,
  });
}

/** Latency over its percentiles as SVG: where the tail begins. */
export function percentileChart({ latencies, seconds }: LoadResult): string {
  const figures = latencies.figures(seconds);
  const shown = [...percentiles, 100];
  return lineChart({
    title: 'Latency by percentile',
    xLabel: 'percentile',
    yLabel: 'milliseconds',
    xNames: shown.map((percent) => (percent === 100 ? 'max' : `p${percent}`)),
    lines: [
      {
        name: 'latency',
        points: shown.map((percent, x) => {
          const y = percent === 100 ? figures.max : figures.percentile(percent);
          return { x, y, label: milliseconds(y) };
        }),
      },
    ],
  });
}
