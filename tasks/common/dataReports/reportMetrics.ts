import { metricLabel, type Criterion } from '../criteria/criterion';
import { judge } from '../criteria/judge';
import type { Opponent, Verdict } from '../criteria/verdict';
import { lookUp, namesOf, type Metrics } from '../criteria/metricLookup';
import { reportLabel, reportName, toolName, toolOf, type DataReport, type ReportTool } from './dataReport';

/** What some reports tell, by the names that criteria use. */
export interface ReportMetrics {
  readonly reports: readonly DataReport[];
  /** Where they were looked for: "among …". */
  readonly place: string;
  readonly metrics: Metrics;
  /** Why a name is not among the metrics though a report tells it. */
  readonly ambiguous: ReadonlyMap<string, string>;
}

/**
 * What one report of a tool tells goes by the tool's name, `ge.success_percent`. What several tell goes by the file's name,
 * `ge.titanic.success_percent`, or by its path where two files have the same name.
 */
export function metricsOfReports(reports: readonly DataReport[], place: string): ReportMetrics {
  const metrics = new Map<string, number>();
  const ambiguous = new Map<string, string>();
  for (const report of reports) {
    const { tool, file, content } = report;
    const others = reports.filter((each) => each.tool === tool && each !== report);
    const own = ownName(report, others);
    for (const name of [...content.values.keys(), ...content.ambiguous]) {
      const value = content.values.get(name);
      const named = `${tool}.${own}.${name}`;
      if (value === undefined) ambiguous.set(named, `${file} has several, different values of it.`);
      else metrics.set(named, value);
      const plain = `${tool}.${name}`;
      // A job may leave one report in two places.
      const rivals = others.filter((each) => each.sha256 !== report.sha256 && tells(each, name));
      if (rivals.length > 0) ambiguous.set(plain, severalReports([report, ...rivals], name));
      else if (value === undefined) ambiguous.set(plain, ambiguous.get(named)!);
      else metrics.set(plain, value);
    }
  }
  return { reports, place, metrics: Object.fromEntries(metrics), ambiguous };
}

function tells({ content }: DataReport, name: string): boolean {
  return content.values.has(name) || content.ambiguous.has(name);
}

function ownName({ file }: DataReport, others: readonly DataReport[]): string {
  const isNamesake = others.some((each) => reportName(each.file) === reportName(file));
  return isNamesake ? file.replace(/\.[^./]*$/, '') : reportName(file);
}

function severalReports(reports: readonly DataReport[], name: string): string {
  const sorted = [...reports].sort((a, b) => (a.file < b.file ? -1 : 1));
  const first = sorted[0]!;
  const files = sorted.map(({ file }) => file).join(' and ');
  const example = asWritten(`${first.tool}.${ownName(first, sorted.slice(1))}.${name}`);
  return `there are several reports of ${toolName(first.tool)}, ${files}: say which, as in ${example}.`;
}

/** A name as a criterion must write it: in quotes where it has more than words and signs between them. */
function asWritten(name: string): string {
  const [, metric = name, slice = ''] = /^([^[]*)(\[.*\])?$/s.exec(name) ?? [];
  return /^[\p{L}_][\p{L}\p{N}_]*(?:[./:-][\p{L}\p{N}_]+)*$/u.test(metric) ? name : `"${metric}"${slice}`;
}

/** What is wrong with naming this metric; undefined where one report tells it, or none. */
export function ambiguityOf({ ambiguous }: ReportMetrics, criterion: Criterion): string | undefined {
  const name = namesOf(criterion).find((each) => ambiguous.has(each));
  return name === undefined ? undefined : ambiguous.get(name);
}

/** As `judge`; of a value that no report tells, it says what there is instead. */
export function judgeByReports(criterion: Criterion, own: ReportMetrics, opponent: Opponent): Verdict {
  const verdict = judge(criterion, own.metrics, opponent);
  const tool = toolOf(criterion.metric);
  const isMissing = lookUp(own.metrics, criterion).kind === 'missing';
  if (!isMissing || tool === undefined) return verdict;
  return {
    ...verdict,
    explanation: `${metricLabel(criterion)} was not measured: ${toldInstead(own, criterion, tool)}`,
  };
}

const shownNames = 10;

function toldInstead({ reports, place }: ReportMetrics, { metric }: Criterion, tool: ReportTool): string {
  const ofTool = reports.filter((each) => each.tool === tool);
  if (ofTool.length === 0) {
    const found = reports.map(reportLabel).join(', ');
    return `there is no report of ${toolName(tool)} ${place}${found ? `, only ${found}` : ''}.`;
  }
  const wanted = new Set(words(metric.slice(tool.length + 1)));
  const names = [...new Set(ofTool.flatMap(({ content }) => [...content.values.keys()]))];
  const likeness = (name: string) => words(name).filter((word) => wanted.has(word)).length;
  const sorted = names.sort((a, b) => likeness(b) - likeness(a) || (a < b ? -1 : 1));
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
  const shown = sorted.slice(0, shownNames).map((name) => asWritten(`${tool}.${name}`));
  return `${ofTool.map(({ file }) => file).join(' and ')} has ${shown.join(', ') || 'no numbers'}${more}.`;
}

function words(name: string): string[] {
  return name.toLowerCase().split(/[^\p{L}\p{N}]+/u);
}
