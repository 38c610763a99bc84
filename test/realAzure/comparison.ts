import { compare } from '../contract/recordedForm';
import type { KeptRecording } from './recorder';

export interface Differing {
  recording: string;
  /** e.g. `body.properties.state: recorded 'Updating', here 'Succeeded'`. */
  lines: string[];
}

export interface ComparisonReport {
  compared: number;
  same: number;
  differing: Differing[];
  /** Kinds of answer that local Azure did not give in the same scene: another status, or another state. */
  missing: string[];
}

/** Of the headers only those that clients act on. */
const actedOn = /^(location|azure-asyncoperation|content-type|retry-after)$/;
const headersOf = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => actedOn.test(name)));
const passing = /_(pending|creating|queued|starting|running|updating)$/;

const comparable = ({ headers, body }: KeptRecording) => ({ headers: headersOf(headers), body: typeof body === 'string' ? undefined : body }); // prettier-ignore

/** One way, as the recordings in the repository are compared: what Azure answered must be there in the same form. */
export function compareRecordings(
  recorded: ReadonlyMap<string, KeptRecording>,
  local: ReadonlyMap<string, KeptRecording>,
): ComparisonReport {
  const report: ComparisonReport = { compared: 0, same: 0, differing: [], missing: [] };
  for (const [name, recording] of recorded) {
    const own = local.get(name);
    if (!own) {
      report.missing.push(name);
      continue;
    }
    const { compared, differences: all } = compare(comparable(recording), comparable(own), '');
    // What has happened until somebody looks in passing is chance.
    const differences = passing.test(name) ? all.filter(({ path }) => !path.includes('.events[]')) : all;
    report.compared += compared;
    report.same += compared - differences.length;
    if (differences.length > 0) {
      const lines = differences.map((each) => `${each.path.slice(1)}: recorded ${each.recorded}, here ${each.local}`);
      report.differing.push({ recording: name, lines });
    }
  }
  return report;
}
