import { isComparison, metricLabel, type Criterion } from '../common/criteria/criterion';
import type { Verdict } from '../common/criteria/verdict';
import { parseCriteria } from '../common/criteria/parseCriteria';
import { reportFile, reportLabel, reportTools, toolOf, type DataReport } from '../common/dataReports/dataReport';
import { beyondReports, readDataReports } from '../common/dataReports/reportInputs';
import { ambiguityOf, judgeByReports, metricsOfReports } from '../common/dataReports/reportMetrics';
import { formatNumber } from '../common/formatNumber';
import { escapeMarkdown, inlineCode, markdownTable } from '../common/markdown';
import { toMetricValue, type DataChecks } from '../common/record/record';
import type { InputReader } from '../common/task/inputReader';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';

/** What the data must meet before a training is paid for, and what tools reported of it. */
export interface AskedOfData {
  readonly criteria: readonly Criterion[];
  readonly reports: readonly DataReport[];
}

const place = 'among the files of the input dataReports';

/** @returns undefined where neither of the two inputs is given */
export function readDataChecks(reader: InputReader): AskedOfData | undefined {
  const [text, files] = [reader.text('dataChecks'), reader.text('dataReports')];
  if (text === undefined && files === undefined) return undefined;
  if (files === undefined) {
    reader.problem('dataReports', 'it is empty, and dataChecks are about reports. Name their JSON files.');
  }
  if (text === undefined) {
    reader.problem(
      'dataChecks',
      'it is empty, so that dataReports would decide nothing. Write what the data must meet.',
    );
  }
  const reports = readDataReports(reader);
  const { criteria, problems } = parseCriteria(text ?? '');
  const told = metricsOfReports(reports, place);
  const wrong = criteria.flatMap((each) => {
    const message = notAboutData(each) ?? beyondReports(each) ?? ambiguityOf(told, each);
    return message === undefined ? [] : [{ line: each.line, message }];
  });
  const located = problems.map(({ line, column, message }) => ({ line, message: `column ${column}: ${message}` }));
  for (const { line, message } of [...located, ...wrong].sort((a, b) => a.line - b.line)) {
    reader.problem('dataChecks', `line ${line}: ${message}`);
  }
  if (text !== undefined && criteria.length + problems.length === 0) {
    reader.problem('dataChecks', 'it has no line that says what the data must meet.');
  }
  return { criteria, reports };
}

function notAboutData(criterion: Criterion): string | undefined {
  if (isComparison(criterion)) {
    return `"${criterion.text}" compares with the champion; before a training there are only the data. Compare with a number.`;
  }
  if (toolOf(criterion.metric) !== undefined) return undefined;
  const names = reportTools.map((tool) => `${tool}.`).join(', ');
  return `${metricLabel(criterion)} is not a value of a report on data, whose names begin with ${names}. What the model must meet belongs in Evaluate's criteria.`;
}

/**
 * Holds the data against what is asked of them. Nothing is asked of Azure before.
 * @throws TaskFailure that names each line that does not hold
 */
export function checkData({ criteria, reports }: AskedOfData, { log, publish }: TaskContext): DataChecks {
  const told = metricsOfReports(reports, place);
  const verdicts = criteria.map((each) => judgeByReports(each, told, { kind: 'itself' }));
  log.info(`Data reports: ${reports.map(reportLabel).join(', ')}`);
  for (const { criterion, passed, explanation } of verdicts) {
    log.info(`${passed ? 'holds   ' : 'FAILS   '} ${criterion.text}`);
    log.info(`          ${explanation}`);
  }
  publish.summary('Data checks', dataChecksSummary(verdicts, reports));
  const failed = verdicts.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    const many = `${failed.length} of ${verdicts.length} data checks ${failed.length > 1 ? 'do' : 'does'} not hold`;
    const lines = failed.map(({ criterion, explanation }) => `Line ${criterion.line}: ${explanation}`);
    throw new TaskFailure(
      `Input dataChecks: ${verdicts.length > 1 ? many : 'the data check does not hold'}, so nothing was trained. ${lines.join(' ')}`,
      'Mend the data, or change what is asked of them.',
    );
  }
  return {
    criteria: verdicts.map(({ criterion, candidate, limit, explanation }) => ({
      text: criterion.text,
      metric: metricLabel(criterion),
      value: toMetricValue(candidate!),
      limit: toMetricValue(limit!),
      explanation,
    })),
    reports: reports.map(reportFile),
  };
}

function dataChecksSummary(verdicts: readonly Verdict[], reports: readonly DataReport[]): string {
  const show = (value: number | null) => (value === null ? '–' : formatNumber(value));
  const table = markdownTable(
    [
      { title: '' },
      { title: 'data check' },
      { title: 'value', align: 'right' },
      { title: 'limit', align: 'right' },
      { title: 'verdict' },
    ],
    verdicts.map(({ criterion, passed, candidate, limit, explanation }) => [
      passed ? '✅' : '❌',
      inlineCode(criterion.text),
      show(candidate),
      show(limit),
      escapeMarkdown(explanation),
    ]),
  );
  return `${table}\n\nData reports: ${reports.map((each) => escapeMarkdown(reportLabel(each))).join(', ')}.\n`;
}
