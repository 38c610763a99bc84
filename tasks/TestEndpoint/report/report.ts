import type { JUnitSuite } from '../../common/junit';
import { codeBlock, escapeMarkdown, inlineCode, markdownTable } from '../../common/markdown';
import { latencyBars, loadSentence, percentileTable } from '../load/loadReport';
import type { Findings } from '../sequence';
import { startupSentence } from '../startup';
import type { TestCase } from '../requests/testCase';
import type { LoadFigures } from '../load/thresholds';

const kindTitles: Record<TestCase['kind'], string> = {
  request: 'Requests',
  model: 'The right model',
  negative: 'Robustness',
  swagger: 'From the service’s description',
  threshold: 'Thresholds',
};

export function junitSuites(cases: readonly TestCase[]): JUnitSuite[] {
  return Object.entries(kindTitles)
    .map(([kind, name]) => ({ name, cases: cases.filter((each) => each.kind === kind) }))
    .filter((suite) => suite.cases.length > 0)
    .map(({ name, cases: ofKind }) => ({
      name,
      cases: ofKind.map((each) => ({
        name: each.name,
        className: `TestEndpoint.${each.kind}`,
        seconds: (each.milliseconds ?? 0) / 1000,
        failure: each.outcome === 'failed' ? { message: each.message ?? 'failed', details: each.details } : undefined,
        skipped: each.outcome === 'skipped' ? (each.message ?? '') : undefined,
        output: each.outcome === 'passed' ? each.message : undefined,
      })),
    }));
}

/** The run's page: what was tested, what came out, how fast it was. */
export function summary(
  scoringUri: string,
  { cases, startup, load }: Pick<Findings, 'cases' | 'startup' | 'load'>,
  figures: LoadFigures | undefined,
  notes: readonly string[],
): string {
  const failed = cases.filter(({ outcome }) => outcome === 'failed');
  const mark = { passed: '✅', failed: '❌', skipped: '⏭️' };
  const count = (wanted: TestCase['outcome']) =>
    `${cases.filter(({ outcome }) => outcome === wanted).length} ${wanted}`;
  const parts = [
    `## ${failed.length === 0 ? '✅' : '❌'} Endpoint tests: ${count('passed')}, ${count('failed')}, ${count('skipped')}`,
    `Scoring URI: ${inlineCode(scoringUri)}`,
    ...notes.map(escapeMarkdown),
  ];
  if (startup) parts.push(escapeMarkdown(startupSentence(startup)));
  parts.push(
    markdownTable(
      [{ title: '' }, { title: 'Kind' }, { title: 'Test' }, { title: 'Time', align: 'right' }, { title: '' }],
      cases.map(({ kind, name, outcome, milliseconds, message = '' }) => [
        mark[outcome],
        kindTitles[kind],
        escapeMarkdown(name),
        milliseconds === undefined ? '' : `${milliseconds.toFixed(1)} ms`,
        escapeMarkdown(message),
      ]),
    ),
  );
  if (load && figures) {
    parts.push(
      '### Latency under load',
      escapeMarkdown(loadSentence(figures)),
      percentileTable(figures),
      'How latency is spread, without the slowest half percent:',
      latencyBars(load),
      'As pictures: `latency.svg` and `latency-percentiles.svg`, in the artifact `mlops-charts` of a build, beside the log of a release.',
    );
  }
  for (const each of failed.slice(0, 5)) {
    if (each.details) parts.push(`### ${escapeMarkdown(each.name)}`, codeBlock(each.details));
  }
  if (failed.length > 5)
    parts.push('Requests and answers of the other failed tests stand in the Tests tab and in the log.');
  return `${parts.join('\n\n')}\n`;
}
