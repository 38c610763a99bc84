import { isComparison, type Criterion } from '../criteria/criterion';
import { messageOf } from '../messageOf';
import type { InputReader } from '../task/inputReader';
import { readDataReport, toolName, toolOf, type DataReport } from './dataReport';

/** The reports in the files that the input dataReports names. Each file that is no report is a problem of its own. */
export function readDataReports(reader: InputReader): DataReport[] {
  return reader.files('dataReports', '.json').flatMap(({ path, name }) => {
    try {
      return [readDataReport(path, name)];
    } catch (error) {
      reader.problem('dataReports', messageOf(error));
      return [];
    }
  });
}

/** What a criterion asks of a report that no report tells; undefined where there is nothing wrong. */
export function beyondReports(criterion: Criterion): string | undefined {
  const tool = toolOf(criterion.metric);
  if (tool === undefined || criterion.confidence === undefined) return undefined;
  return `"${criterion.text}": a report of ${toolName(tool)} has no rows by which confidence could be had. Leave out "with … confidence".`;
}

/** A file of the pipeline speaks of the candidate's data and of nobody else's. */
export function comparisonByFiles(criterion: Criterion): string | undefined {
  if (toolOf(criterion.metric) === undefined || !isComparison(criterion)) return undefined;
  return `"${criterion.text}" compares with the champion, but the reports in dataReports are of this candidate's data only. Compare with a number, or let each training job leave its report among its outputs.`;
}
