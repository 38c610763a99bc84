/** Jobs that print by a known pattern, followed in virtual time: what following asks for, and how late it is. */
import { MetricsWatch } from '../../tasks/Train/metricsWatch';
import { followJob } from '../../tasks/common/azure/ml/jobs/follow/followJob';
import type { TaskLog } from '../../tasks/common/log';
import type { Job } from '../../tasks/common/azure/ml/jobs/rest/jobs';
import type { Tracking } from '../../tasks/common/azure/ml/metrics';
import type { RunDetails } from '../../tasks/common/azure/ml/jobs/follow/runHistory';

const second = 1000;
const hour = 3600 * second;
export const traceHours = 6;

/** When a job of `traceHours` prints its lines, in milliseconds from its start. */
export const traces = {
  silent: [0],
  'a line each 10 s': Array.from(
    { length: (traceHours * hour) / (10 * second) },
    (_, index) => index * 10 * second + 137,
  ),
  'a line each minute': Array.from({ length: traceHours * 60 }, (_, index) => index * 60 * second + 137),
  /** Two minutes with a line each half second, every ten minutes. */
  bursts: Array.from({ length: traceHours * 6 }, (_, burst) =>
    Array.from({ length: 240 }, (_, line) => burst * 600 * second + line * 500 + 137 * burst),
  ).flat(),
};
export type Trace = keyof typeof traces;

export interface Followed {
  /** Requests of any kind, by the hour of the job. */
  requests: number[];
  /** Of each line, in seconds from its printing to its showing. */
  delays: number[];
  /** Of these, the lines that came when the job had printed for half a minute, without a pause of a minute. */
  delaysWhilePrinting: number[];
  /** Seconds from the job's end until it is known. */
  endDelay: number;
}

const lineLength = 8;
const lineOf = (index: number): string => `${String(index).padStart(lineLength - 1, '0')}\n`;

/** Follows a job that prints at the given times and runs for so long; a request takes no time. */
export async function followTrace(births: readonly number[], runs = traceHours * hour): Promise<Followed> {
  let now = 0;
  const requests: number[] = [];
  const ask = () => (requests[Math.floor(now / hour)] = (requests[Math.floor(now / hour)] ?? 0) + 1);
  const details = async (runId: string): Promise<RunDetails> => {
    ask();
    const logFiles = { 'user_logs/std_log.txt': 'https://logs' };
    return { runId, status: now < runs ? 'Running' : 'Completed', logFiles };
  };
  /** A metric that changes with each line. */
  const run = (): Promise<{ metrics: Record<string, number> }> => {
    ask();
    return Promise.resolve({ metrics: { step: printed() } });
  };
  const printed = (): number => births.filter((birth) => birth <= now).length;
  const delays: number[] = [];
  const log: TaskLog = {
    info: (text) => {
      for (const line of text.split('\n')) {
        if (/^\d{7}$/.test(line)) delays[Number(line)] = (now - births[Number(line)]!) / second;
      }
    },
    ...{ debug: () => {}, warning: () => {}, error: () => {}, group: () => {}, endGroup: () => {}, progress: () => {} },
    taken: () => Promise.resolve(),
  };
  const clock = { now: () => now, sleep: async (milliseconds: number) => void (now += milliseconds) };
  const { signal } = new AbortController();
  const metrics = new MetricsWatch({ run: run as unknown as Tracking['run'] }, 'job', log, clock, signal);
  await followJob(
    { id: '', name: 'job', properties: { jobType: 'Command' } } as Job,
    { allRanks: false },
    {
      ...{ log, clock, signal },
      watch: () => metrics.look(),
      jobs: { requestCancel: () => Promise.resolve() },
      history: { details, children: () => Promise.resolve([]) },
      transfer: {
        readRange: async (_url, offset) => {
          ask();
          const blobSize = printed() * lineLength;
          let text = '';
          for (let index = offset / lineLength; index < blobSize / lineLength; index++) text += lineOf(index);
          return { bytes: Buffer.from(text), blobSize, metadata: {} };
        },
      },
    },
  );
  if (delays.length !== births.length) throw new Error(`${births.length - delays.length} lines were not shown.`);
  return {
    requests,
    delays,
    delaysWhilePrinting: delays.filter((_, index) => births[index]! - burstOf(births, index) > 30 * second),
    endDelay: (now - runs) / second,
  };
}

/** When the job began to print that printed this line: after the last pause of a minute. */
function burstOf(births: readonly number[], index: number): number {
  let first = index;
  while (first > 0 && births[first]! - births[first - 1]! < 60 * second) first--;
  return births[first]!;
}
