import type { JUnitSuite } from '../../common/junit';
import { codeBlock, escapeMarkdown, inlineCode, link, linksLine, markdownTable } from '../../common/markdown';
import type { Place } from '../../common/record/places';
import { latencyBars, loadSentence, percentileTable } from '../load/loadReport';
import type { LoadFigures } from '../load/thresholds';
import { countSentence, type TestCase } from '../requests/testCase';
import type { Findings } from '../sequence';
import { startupSentence } from '../startup';
import { findingsReport } from './findingsReport';

const kindTitles: Record<TestCase['kind'], string> = {
  request: 'Requests',
  model: 'The right model',
  threshold: 'Thresholds',
  negative: 'Robustness',
  swagger: 'From the service’s description',
};

export function junitSuites({ cases, containerLogs }: Pick<Findings, 'cases' | 'containerLogs'>): JUnitSuite[] {
  const firstFailed = cases.find(({ kind, outcome }) => kind === 'request' && outcome === 'failed');
  const logText = (containerLogs ?? []).map(({ container, lines }) => `Log of ${container}:\n${lines.join('\n')}`);
  const details = (each: TestCase) =>
    [each.details, ...(each === firstFailed ? logText : [])].filter(Boolean).join('\n\n') || undefined;
  return Object.entries(kindTitles)
    .map(([kind, name]) => ({ name, cases: cases.filter((each) => each.kind === kind) }))
    .filter((suite) => suite.cases.length > 0)
    .map(({ name, cases: ofKind }) => ({
      name,
      cases: ofKind.map((each) => ({
        name: each.name,
        className: `TestEndpoint.${each.kind}`,
        seconds: (each.milliseconds ?? 0) / 1000,
        failure: each.outcome === 'failed' ? { message: each.message ?? 'failed', details: details(each) } : undefined,
        skipped: each.outcome === 'skipped' ? (each.message ?? '') : undefined,
        output: each.outcome === 'passed' ? messageOf(each) || undefined : undefined,
      })),
    }));
}

function messageOf({ message, warning }: TestCase): string {
  return [message, warning].filter(Boolean).join(' ');
}

/** The run's page: what was tested, what came out, what could be better, how fast it was. */
export function summary(
  scoringUri: string,
  findings: Findings,
  figures: LoadFigures | undefined,
  notes: readonly string[],
  places: readonly Place[] = [],
): string {
  const { cases, startup } = findings;
  const isGood = cases.every(({ outcome }) => outcome !== 'failed');
  return `${[
    `## ${isGood ? '✅' : '❌'} Endpoint tests: ${countSentence(cases)}`,
    `Scoring URI: ${link(inlineCode(scoringUri), scoringUri)}`,
    ...notes.map(escapeMarkdown),
    ...(startup ? [escapeMarkdown(startupSentence(startup))] : []),
    testsTable(cases),
    ...failedParts(findings),
    ...findingsReport(findings),
    ...loadParts(findings, figures),
    ...(places.length > 0 ? [linksLine(places)] : []),
  ].join('\n\n')}\n`;
}

/** So many rows stand on the page, failed ones first; a summary of some hundred kilobytes is cut by the server. */
const shownRows = 200;

function testsTable(cases: readonly TestCase[]): string {
  const mark = { passed: '✅', failed: '❌', skipped: '⏭️' };
  const shown = cases.length <= shownRows ? cases : cases.toSorted((a, b) => rank(a) - rank(b)).slice(0, shownRows);
  const table = markdownTable(
    [{ title: '' }, { title: 'Kind' }, { title: 'Test' }, { title: 'Time', align: 'right' }, { title: '' }],
    shown.map((each) => [
      each.warning === undefined || each.outcome === 'failed' ? mark[each.outcome] : '⚠️',
      kindTitles[each.kind],
      escapeMarkdown(each.name),
      each.milliseconds === undefined ? '' : `${each.milliseconds.toFixed(1)} ms`,
      escapeMarkdown(messageOf(each)),
    ]),
  );
  return shown === cases ? table : `${table}\n\n${cases.length - shownRows} more are in test_results.json.`;
}

function rank({ outcome, warning }: TestCase): number {
  return outcome === 'failed' ? 0 : warning !== undefined ? 1 : outcome === 'skipped' ? 2 : 3;
}

function failedParts({ cases, containerLogs = [] }: Findings): string[] {
  const failed = cases.filter(({ outcome }) => outcome === 'failed');
  const parts = failed
    .slice(0, 5)
    .flatMap(({ name, details }) => (details ? [`### ${escapeMarkdown(name)}`, codeBlock(details)] : []));
  if (failed.length > 5)
    parts.push('Requests and answers of the other failed tests are in the Tests tab and in the log.');
  for (const { container, lines } of containerLogs) {
    parts.push(`### What the container ${inlineCode(container)} wrote last`);
    parts.push(lines.length > 0 ? codeBlock(lines.join('\n')) : 'Nothing.');
  }
  return parts;
}

function loadParts({ load }: Findings, figures: LoadFigures | undefined): string[] {
  if (!load || !figures) return [];
  return [
    '### Latency under load',
    escapeMarkdown(loadSentence(figures)),
    percentileTable(figures),
    'Distribution of latency, without the slowest half percent:',
    latencyBars(load),
    'The tab Model of this run shows it as pictures.',
  ];
}
