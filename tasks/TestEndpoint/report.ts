import type { JUnitSuite } from '../common/junit';
import { codeBlock, escapeMarkdown, markdownTable } from '../common/markdown';
import { loadSentence, percentileTable } from './loadReport';
import type { Reply, HttpRequest } from './scoringClient';
import type { Startup } from './startup';
import type { TestCase } from './testCase';
import type { LoadFigures } from './thresholds';

/** So much of a body is shown; more helps nobody and may hold what should not be shown. */
const excerptLength = 1_000;
const masked = /^(authorization|cookie|set-cookie|x-api-key|api-key|ocp-apim-subscription-key)$/i;

/** A request and its answer, for a failed case: bodies cut, keys masked. */
export function exchange(request: HttpRequest, reply: Reply | undefined): string {
  const lines = [
    `${request.method} ${request.url.toString()}`,
    ...headerLines(request.headers),
    '',
    excerpt(request.body ?? Buffer.alloc(0)),
  ];
  if (reply) {
    lines.push(
      '',
      `→ ${reply.status} after ${reply.milliseconds.toFixed(1)} ms`,
      ...headerLines(reply.headers),
      '',
      excerpt(reply.body),
    );
  }
  return lines.join('\n');
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${masked.test(name) ? '***' : value}`);
}

function excerpt(body: Buffer): string {
  const text = body.subarray(0, excerptLength).toString('utf8');
  if (text.includes('\uFFFD') && body.length > 0) return `(${body.length} bytes, not text)`;
  return body.length > excerptLength ? `${text}… (${body.length} bytes)` : text;
}

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
      })),
    }));
}

/** The run's page: what was tested, what came out, how fast it was. */
export function summary(
  scoringUri: URL,
  cases: readonly TestCase[],
  startup: Startup | undefined,
  load: LoadFigures | undefined,
  notes: readonly string[],
): string {
  const failed = cases.filter(({ outcome }) => outcome === 'failed');
  const mark = { passed: '✅', failed: '❌', skipped: '⏭️' };
  const counts = `${cases.filter(({ outcome }) => outcome === 'passed').length} passed, ${failed.length} failed, ${
    cases.filter(({ outcome }) => outcome === 'skipped').length
  } skipped`;
  const parts = [
    `## ${failed.length === 0 ? '✅' : '❌'} Endpoint tests: ${counts}`,
    `Scoring URI: \`${scoringUri.toString()}\``,
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
  if (load) parts.push('### Latency under load', escapeMarkdown(loadSentence(load)), percentileTable(load));
  for (const each of failed.slice(0, 5)) {
    if (each.details) parts.push(`### ${escapeMarkdown(each.name)}`, codeBlock(each.details));
  }
  return `${parts.join('\n\n')}\n`;
}

export function startupSentence({ seconds, retries }: Startup): string {
  const counted = Object.entries(retries).map(([what, times]) => `${times} × ${what}`);
  return counted.length === 0
    ? 'The service was ready at the first request.'
    : `The service was ready after ${seconds.toFixed(1)} s; before that: ${counted.join(', ')}.`;
}
