import { join } from 'node:path';
import { readDataReport } from '../../tasks/common/dataReports/dataReport';
import { metricsOfReports } from '../../tasks/common/dataReports/reportMetrics';
import { lookUp } from '../../tasks/common/criteria/metricLookup';
import { parseCriteria } from '../../tasks/common/criteria/parseCriteria';

/** A line of `told.py`: a report, and what its own tool says that is in it. */
export interface ToldReport {
  readonly report: string;
  readonly values: Readonly<Record<string, number | 'NaN'>>;
}

/** In what the values that criteria find differ from what the tool itself says; a value goes by the name that a user writes. */
export function differencesFromTold(folder: string, { report, values }: ToldReport): string[] {
  const { metrics } = metricsOfReports([readDataReport(join(folder, report), report)], 'here');
  return Object.entries(values).flatMap(([name, told]) => {
    const { criteria, problems } = parseCriteria(`${name} <= 1`);
    const found = criteria[0] ? lookUp(metrics, criteria[0]) : problems[0]!.message;
    const value = typeof found === 'object' && found.kind === 'value' ? found.value : found;
    return Object.is(value, Number(told)) ? [] : [`${report}: ${name} is ${told}, not ${JSON.stringify(value)}`];
  });
}
