import { Moment } from '../pipeline/expressionValue';
import { expandMacros } from '../variables';

export interface RunNumberSource {
  id: number;
  startTime: Date;
  pipeline: string;
  branch: string;
  project: string;
  variables: Record<string, string>;
  /** The next number of runs whose names are the same but for it, from 1. */
  revision(name: string): number;
}

/** The number of a run by the `name` of its pipeline: what stands in it besides variables are the server's own tokens. */
export function runNumber(name: string, source: RunNumberSource): string {
  const { startTime, id } = source;
  const time = new Moment(startTime);
  const startOfYear = Date.UTC(startTime.getUTCFullYear(), 0, 0);
  const tokens: Record<string, string> = {
    builddefinitionname: source.pipeline,
    buildid: String(id),
    dayofmonth: time.format('d'),
    dayofyear: String(Math.floor((startTime.getTime() - startOfYear) / 86_400_000)),
    hours: time.format('H'),
    minutes: time.format('m'),
    month: time.format('M'),
    seconds: time.format('s'),
    sourcebranchname: source.branch.split('/').pop()!,
    teamproject: source.project,
  };
  const variables = Object.entries(source.variables).map(([key, value]) => [key.toLowerCase(), value] as const);
  const known: Record<string, string> = { ...tokens, ...Object.fromEntries(variables) };
  const expanded = expandMacros(name, (key) => {
    const lower = key.toLowerCase();
    if (/^(date|year)(:|$)/.test(lower)) return time.format(key.slice(5) || (lower === 'year' ? 'yyyy' : 'yyyyMMdd'));
    return Object.hasOwn(known, lower) ? known[lower] : undefined;
  });
  const revision = /\$\(rev:([^)r]*)(r+)\)/i;
  const found = revision.exec(expanded);
  if (!found) return expanded;
  const number = String(source.revision(expanded.replace(revision, ''))).padStart(found[2]!.length, '0');
  return expanded.replace(revision, () => found[1]! + number);
}
