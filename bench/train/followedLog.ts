/** The log of a running job: how late its lines come and how much is asked for. */
import type { LocalAzure } from '../../local/azure/connection/localAzure';
import { followTrace, traceHours, traces } from '../../test/support/jobTraces';
import { median, toRow, type Row } from '../rows';
import type { Sides } from './sides';

const streamSeconds = 120;

export async function streamRows(azure: LocalAzure, sides: Sides): Promise<Row[]> {
  const job = await startPrinting(azure);
  const delays: Record<string, number[]> = { ours: [], theirs: [] };
  const follow = (side: 'ours' | 'theirs') =>
    sides[side]('stream', job, (line) => {
      const born = /^born (\d+\.\d+)$/.exec(line)?.[1];
      if (born) delays[side]!.push(Date.now() / 1000 - Number(born));
    });
  const [ours, theirs] = await Promise.all([follow('ours'), follow('theirs')]);
  const method = `Log: both follow the same job of ${streamSeconds} s, which prints a line a second; from a line's birth to its appearance, and requests of any kind.`;
  return [
    toRow('train', {
      name: 'log: delay of a line, median',
      ours: median(delays.ours!),
      unit: 's',
      reference: { name: 'jobs.stream', value: median(delays.theirs!) },
      goal: { ratioAtMost: 0.5 },
      method,
    }),
    toRow('train', {
      name: 'log: delay of a line, worst',
      ours: Math.max(...delays.ours!),
      unit: 's',
      reference: { name: 'jobs.stream', value: Math.max(...delays.theirs!) },
      method,
    }),
    toRow('train', {
      name: 'log: requests',
      ours: (ours.requests / ours.seconds) * 60,
      unit: '/min',
      reference: { name: 'jobs.stream', value: (theirs.requests / theirs.seconds) * 60 },
      goal: { ratioAtMost: 1.5 },
      method,
    }),
  ];
}

/** Jobs of hours, in virtual time: what is asked for is exact, the same on every machine. */
export async function longJobRows(): Promise<Row[]> {
  const method = `Long jobs: virtual time, ${traceHours} hours, requests of any kind take none; of a silent job the busiest hour but the first, in which the end of a short job is to be seen at once; bursts of two minutes every ten; while it prints means half a minute after a silence.`;
  const row = (name: string, ours: number, unit: string, atMost?: number): Row =>
    toRow('train', {
      name: `long job, ${name}`,
      ours,
      unit,
      goal: atMost === undefined ? undefined : { atMost },
      method,
    });
  const busiest = (requests: number[]): number => Math.max(...requests.slice(0, -1));
  const silent = await followTrace(traces.silent);
  const regular = await followTrace(traces['a line each 10 s']);
  const bursts = await followTrace(traces.bursts);
  const lengths = Array.from({ length: 8 }, (_, index) => 5 * 3_600_000 + index * 61_000);
  const silentEnds = (await Promise.all(lengths.map((length) => followTrace([0], length)))).map(
    (each) => each.endDelay,
  );
  return [
    row('silent: requests', busiest(silent.requests.slice(1)), '/h', 130),
    row('silent: requests in the first hour', silent.requests[0]!, '/h'),
    row('silent: its end is known, worst of eight lengths', Math.max(...silentEnds), 's late'),
    row('a line each 10 s: requests', busiest(regular.requests), '/h', 800),
    row('a line each 10 s: delay, worst', Math.max(...regular.delays), 's', 5),
    row('a line each 10 s: its end is known', regular.endDelay, 's late'),
    row('bursts: requests', busiest(bursts.requests), '/h', 800),
    row('bursts: delay after a silence, worst', Math.max(...bursts.delays), 's', 30),
    row('bursts: delay while it prints, worst', Math.max(...bursts.delaysWhilePrinting), 's', 5),
  ];
}

/** A job that prints the time once a second; it runs by the time that its name is handed back. */
async function startPrinting(azure: LocalAzure): Promise<string> {
  const { MlWorkspace } = await import('../../test/support/mlWorkspace');
  const workspace = new MlWorkspace(azure);
  const script = `import time\\nfor i in range(${streamSeconds}): print('born', repr(time.time()), flush=True); time.sleep(1)`;
  const name = await workspace.submit({
    command: `python -c "exec(\\"${script.replace(/\\n/g, '\\\\n')}\\")"`,
    environmentId: await workspace.environment(),
  });
  await workspace.until(name, 'Running');
  return name;
}
