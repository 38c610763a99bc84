import * as path from 'node:path';
import type { Criterion } from '../common/criteria/criterion';
import { isComparison } from '../common/criteria/criterion';
import { lookUp, type Metrics } from '../common/criteria/metricLookup';
import { readDataReport, toolOf, UnusableReport, type DataReport } from '../common/dataReports/dataReport';
import { ambiguityOf, metricsOfReports, type ReportMetrics } from '../common/dataReports/reportMetrics';
import { TaskFailure } from '../common/taskFailure';
import type { JobFiles } from './jobFiles';

/** What reports tell of the data of the two models; undefined where no criterion asks for it. */
export interface ReportsOfBoth {
  /** The criteria that are judged by reports. */
  readonly criteria: ReadonlySet<Criterion>;
  readonly own: ReportMetrics;
  readonly rival?: ReportMetrics;
}

interface Sources {
  readonly criteria: readonly Criterion[];
  /** Those of the input dataReports, in place of the job's. */
  readonly given?: readonly DataReport[];
  readonly logged: Metrics;
  readonly files?: JobFiles;
  readonly rivalFiles?: JobFiles;
}

/**
 * Reads the reports that criteria name values of: those of the input, or else those among the files that each model's job left. A value
 * that the job logged under that very name is taken as it is.
 * @throws TaskFailure where a criterion names what several reports tell
 */
export async function reportsOfBoth(sources: Sources): Promise<ReportsOfBoth | undefined> {
  const { criteria, given, logged, files, rivalFiles } = sources;
  const asking = criteria.filter(
    (each) => toolOf(each.metric) !== undefined && (given !== undefined || lookUp(logged, each).kind === 'missing'),
  );
  if (asking.length === 0) return undefined;
  const own = given ? metricsOfReports(given, 'among the files of the input dataReports') : await reportsOfJob(files);
  const problems = asking.flatMap((each) => {
    const problem = ambiguityOf(own, each);
    return problem === undefined ? [] : [`"${each.text}": ${problem}`];
  });
  if (problems.length > 0) throw new TaskFailure(`Nothing is decided. ${problems.join(' ')}`);
  const rival = rivalFiles && asking.some(isComparison) ? await reportsOfJob(rivalFiles) : undefined;
  return { criteria: new Set(asking), own, rival };
}

/** So many JSON files of a job are looked into: a data set of many small ones is not a set of reports. */
const mostFiles = 50;

/** What a report is often called; such files are looked into first. */
const usual =
  /report|great|expect|(^|[^a-z])g[ex]([^a-z]|$)|pandera|evidently|drift|deepchecks|quality|valid|suite|check/i;

async function reportsOfJob(files: JobFiles | undefined): Promise<ReportMetrics> {
  if (!files) return metricsOfReports([], 'for no job is known that made the model');
  const names = await files.find((name) => /\.json$/i.test(name));
  const first = names.filter((name) => usual.test(name));
  const looked = [...first, ...names.filter((name) => !first.includes(name))].slice(0, mostFiles);
  const reports: DataReport[] = [];
  for (const name of looked) {
    const file = await files.download(name);
    const report = file && reportIn(file, name);
    if (report) reports.push(report);
  }
  const those = names.length > looked.length ? `${looked.length} of ${names.length}` : `${names.length}`;
  return metricsOfReports(reports, `among the ${those} JSON files that the job ${files.jobName} left`);
}

/** A job leaves all sorts of JSON: what is not a report is passed over, what is one and cannot be used is not. */
function reportIn(file: string, name: string): DataReport | undefined {
  try {
    return readDataReport(file, path.posix.normalize(name));
  } catch (error) {
    if (!(error instanceof TaskFailure) || error instanceof UnusableReport) throw error;
    return undefined;
  }
}
