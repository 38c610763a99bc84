import * as fs from 'node:fs';
import * as path from 'node:path';
import { junitXml } from '../../common/junit';
import { append } from '../../common/record/chain';
import { writeTestResults } from '../../common/record/compatibilityFiles';
import { placesOf } from '../../common/record/places';
import type { TestsSection } from '../../common/record/record';
import { writeRecord } from '../../common/record/recordFile';
import type { TaskContext } from '../../common/task/taskContext';
import { shownUrl } from '../requests/exchange';
import { latencyHistogram, percentileChart } from '../load/loadReport';
import { isRecordedEndpoint, speaksOfOtherEndpoint } from '../recordedEndpoint';
import { junitSuites, summary } from './report';
import type { Findings } from '../sequence';
import type { Subject } from '../endpointToTest';
import type { LoadFigures } from '../load/thresholds';

/** What the tests found, as record and test_results.json say it. */
export function testsSection(
  { target }: Subject,
  { cases, startup, robustness }: Findings,
  figures: LoadFigures | undefined,
  { clock }: TaskContext,
): TestsSection {
  const count = (wanted: string) => cases.filter(({ outcome }) => outcome === wanted).length;
  return {
    passed: count('failed') === 0,
    scoringUri: shownUrl(target.scoringUri),
    total: cases.length,
    failed: count('failed'),
    skipped: count('skipped'),
    startup,
    cases: cases.map(({ name, kind, outcome, message }) => ({ name, kind, passed: outcome !== 'failed', message })),
    findings: [
      ...cases.flatMap(({ name, warning }) => (warning === undefined ? [] : [{ sent: name, answered: warning }])),
      ...(robustness?.findings ?? []).map(({ sent, answered, remedy: { advice, code } }) => ({
        sent,
        answered,
        remedy: [advice, code].filter(Boolean).join('\n\n'),
      })),
    ],
    latency: figures && latencySection(figures),
    testedAt: new Date(clock.now()).toISOString(),
  };
}

/**
 * Writes test_results.json and, where it does not speak of another endpoint, the record.
 * @returns the path of test_results.json
 */
export function writeResults(
  { target, recordFile, record }: Subject,
  section: TestsSection,
  { pipeline }: TaskContext,
): string {
  const directory = recordFile ? path.dirname(recordFile) : path.join(pipeline.directories.staging, 'mlops');
  const { scoringUri, approvals: _, ...results } = section;
  const file = writeTestResults(directory, { scoring_uri: scoringUri, ...results });
  if (recordFile && record && !speaksOfOtherEndpoint(record, target.scoringUri))
    writeRecord(recordFile, append(record, 'tests', section));
  return file;
}

function latencySection(figures: LoadFigures): TestsSection['latency'] {
  const at = (percent: number) => figures.percentile(percent);
  const { max, requests, errors, perSecond } = figures;
  return { p50: at(50), p90: at(90), p95: at(95), p99: at(99), max, requests, errors, perSecond };
}

/** Shows what the tests found: Tests tab, pictures, summary. */
export function showResults(
  publishTestResults: boolean,
  { target, record }: Subject,
  findings: Findings,
  figures: LoadFigures | undefined,
  notes: readonly string[],
  { pipeline, publish, clock }: TaskContext,
): void {
  const { load } = findings;
  const directory = fs.mkdtempSync(path.join(pipeline.directories.temp, 'test-endpoint-'));
  const write = (name: string, content: string): string => {
    const file = path.join(directory, name);
    fs.writeFileSync(file, content);
    return file;
  };
  if (publishTestResults)
    publish.testResults(
      write('TEST-endpoint.xml', junitXml(junitSuites(findings), new Date(clock.now()))),
      'Test-Endpoint',
    );
  const hasPictures = load !== undefined && load.latencies.requests > 0;
  if (hasPictures) {
    publish.picture(write('latency.svg', latencyHistogram(load)));
    publish.picture(write('latency-percentiles.svg', percentileChart(load)));
  }
  const places = record && isRecordedEndpoint(record, target.scoringUri) ? placesOf(record) : [];
  publish.summary('Endpoint tests', summary(shownUrl(target.scoringUri), findings, figures, notes, places));
}
