import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { scanJson } from '../json/jsonScan';
import { messageOf } from '../messageOf';
import type { DataReportFile } from '../record/record';
import { TaskFailure } from '../taskFailure';
import { readTextFile } from '../textFile';
import { readDeepchecks } from './deepchecks';
import { readEvidently } from './evidently';
import { readGreatExpectations } from './greatExpectations';
import { readPandera } from './pandera';
import type { ReportValues } from './reportValues';
import { toolNames } from './toolNames';

export type ReportTool = DataReportFile['tool'];

const readers: Readonly<Record<ReportTool, (content: unknown) => ReportValues | undefined>> = {
  ge: readGreatExpectations,
  pandera: readPandera,
  evidently: readEvidently,
  deepchecks: readDeepchecks,
};

export const reportTools = Object.keys(readers) as ReportTool[];
export const toolName = (tool: ReportTool): string => toolNames[tool];

/** What a data tool found, read from its JSON. */
export interface DataReport {
  readonly tool: ReportTool;
  /** For people and for criteria: the path of its file, with slashes. */
  readonly file: string;
  readonly sha256: string;
  readonly content: ReportValues;
}

/** It is a report of one of these tools, and lacks what such a report has. */
export class UnusableReport extends TaskFailure {}

/** Deepchecks puts its drawings into its report, some megabytes of them. */
const mostBytes = 64 * 1024 * 1024;

const expected =
  'Expected is the JSON of Great Expectations (json.dumps(result.to_json_dict())), pandera (SchemaErrors.message), Evidently (snapshot.json()) or Deepchecks (result.to_json()).';

/**
 * Reads the report in a file; what it is decides its content, not its name.
 * @param name how people and criteria call the file
 * @throws TaskFailure that names the file, and says what was expected, where it is no report of these tools
 */
export function readDataReport(file: string, name: string): DataReport {
  const refuse = (what: string) => new TaskFailure(`The data report ${name} ${what}.`, expected);
  const text = readTextFile(file, mostBytes);
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (text.trim() === '') throw refuse('is empty');
  let content: unknown;
  try {
    content = parsePythonJson(text);
  } catch (error) {
    throw refuse(`is not JSON: ${messageOf(error)}`);
  }
  for (const tool of reportTools) {
    try {
      const values = readers[tool](content);
      if (values) return { tool, file: name, sha256, content: values };
    } catch (error) {
      throw new UnusableReport(
        `The data report ${name} is of ${toolName(tool)}, but ${messageOf(error)}.`,
        'Write it again.',
        { cause: error },
      );
    }
  }
  const isNothing = typeof content === 'object' && content !== null && Object.keys(content).length === 0;
  throw refuse(
    isNothing
      ? 'says nothing, and so not that all is well either (pandera writes no report of its own then: write {"SCHEMA": {}, "DATA": {}})'
      : 'is JSON of something else',
  );
}

/** The tool whose report tells a metric of this name; undefined for metrics of the model. */
export function toolOf(metric: string): ReportTool | undefined {
  return reportTools.find((tool) => metric.startsWith(`${tool}.`));
}

/** What the record says of a report. */
export function reportFile({ tool, file, sha256 }: DataReport): DataReportFile {
  return { tool, file, sha256 };
}

/** `drift.json (Evidently)`, for people. */
export function reportLabel({ tool, file }: DataReport): string {
  return `${file} (${toolName(tool)})`;
}

/** The name of a report without its ending, which tells it from others of the same tool. */
export function reportName(file: string): string {
  return path.posix.basename(file).replace(/\.[^.]*$/, '');
}

/** Python writes NaN, Infinity and -Infinity, which JSON does not know: they are read as texts of that word. */
function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const parts: string[] = [];
    let copied = 0;
    scanJson(text, ({ kind, start, end }) => {
      if (kind !== 'word' && kind !== 'number') return;
      const token = text.slice(start, end);
      if (!/^(NaN|-?Infinity)$/.test(token)) return;
      parts.push(text.slice(copied, start), `"${token}"`);
      copied = end;
    });
    if (parts.length === 0) throw error;
    return JSON.parse(parts.join('') + text.slice(copied));
  }
}
