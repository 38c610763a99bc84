import { metricLabel, type Criterion } from '../criteria/criterion';
import { judge } from '../criteria/judge';
import type { Opponent, Verdict } from '../criteria/verdict';
import { groupOf, lookUp, namesOf, type Metrics } from '../criteria/metricLookup';
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

/** That a report tells a value by some name. */
interface Claim {
  readonly report: DataReport;
  /** The report's own name for it. */
  readonly name: string;
  /** Its name by which no other file of the tool should tell anything. */
  readonly full: string;
  /** undefined where the report has several. */
  readonly value: number | undefined;
}

/**
 * What one report of a tool tells goes by the tool's name, `ge.success_percent`. What several tell goes by the file's name,
 * `ge.titanic.success_percent`, or by its path where two files have the same name. A name that could mean two values means none.
 */
export function metricsOfReports(reports: readonly DataReport[], place: string): ReportMetrics {
  const metrics = new Map<string, number>();
  const ambiguous = new Map<string, string>();
  for (const [name, claims] of claimsOf(reports)) {
    const problem = problemOf(name, claims);
    if (problem === undefined) metrics.set(name, claims[0]!.value!);
    else ambiguous.set(name, problem);
  }
  return { reports, place, metrics: Object.fromEntries(metrics), ambiguous };
}

/** Who tells something by each name. */
function claimsOf(reports: readonly DataReport[]): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const report of reports) {
    const { tool, content } = report;
    const own = ownName(report, reports);
    for (const name of new Set([...content.values.keys(), ...content.ambiguous])) {
      const full = `${tool}.${own}.${name}`;
      const claim = { report, name, full, value: content.values.get(name) };
      for (const each of [full, `${tool}.${name}`]) claims.set(each, [...(claims.get(each) ?? []), claim]);
    }
  }
  return claims;
}

function ownName(report: DataReport, reports: readonly DataReport[]): string {
  const { tool, file } = report;
  const isNamesake = (each: DataReport) =>
    each !== report && each.tool === tool && reportName(each.file) === reportName(file);
  return reports.some(isNamesake) ? file.replace(/\.[^./]*$/, '') : reportName(file);
}

/** Why what is told by one name is not one value, and what to do; undefined where it is one. */
function problemOf(name: string, claims: readonly Claim[]): string | undefined {
  const sorted = [...claims].sort((a, b) => (a.report.file < b.report.file ? -1 : 1));
  const first = sorted[0]!;
  // A job may leave one report in two places.
  const isCopy = ({ report }: Claim, at: number) =>
    sorted.slice(0, at).some((earlier) => earlier.report.sha256 === report.sha256);
  const files = sorted.filter((claim, at) => !isCopy(claim, at)).map(({ report }) => report.file);
  const isOneFile = files.length === 1;
  if (isOneFile && first.value !== undefined && sorted.every(({ value }) => Object.is(value, first.value))) {
    return undefined;
  }
  if (isOneFile && sorted.every((each) => each.name === first.name))
    return `${files[0]} has several, different values of it.`;
  const all = isOneFile
    ? `${files[0]} has two values that go by it`
    : `there are several reports of ${toolName(first.report.tool)}, ${files.join(' and ')}`;
  if (!isOneFile && new Set(sorted.map(({ full }) => full)).size === 1) {
    return `${all}, that tell it by one and the same name: give one of the files another name.`;
  }
  const [clear, hidden] = [sorted.find(({ full }) => full !== name), sorted.find(({ full }) => full === name)];
  const rename = hidden ? `, or give ${hidden.report.file} another name` : '';
  return `${all}: say which, as in ${asWritten(clear!.full)}${rename}.`;
}

/** A name as a criterion must write it: in quotes where it has more than words and signs between them. */
function asWritten(name: string): string {
  const [, metric = name, slice = ''] = /^([^[]*)(\[.*\])?$/s.exec(name) ?? [];
  return /^[\p{L}_][\p{L}\p{N}_]*(?:[./:-][\p{L}\p{N}_]+)*$/u.test(metric) ? name : `"${metric}"${slice}`;
}

/** What is wrong with naming this metric; undefined where one report tells it, or none. */
export function ambiguityOf({ ambiguous }: ReportMetrics, criterion: Criterion): string | undefined {
  const { metric, disparity } = criterion;
  const name = disparity
    ? [...ambiguous.keys()].find((each) => groupOf(each, metric, disparity.over) !== undefined)
    : namesOf(criterion).find((each) => ambiguous.has(each));
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
