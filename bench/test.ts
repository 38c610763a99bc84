import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import {
  autocannon,
  bundle,
  folder,
  k6,
  ourGenerator,
  vegeta,
  wrk,
  type Figures,
  type Generator,
  type LoadOptions,
  type Missing,
  type OurGenerator,
} from './load/generators';
import { knownPercentiles } from './load/knownDelays';
import { median, toRow, type Measurement, type Row } from './rows';

const connections = 16;
const rounds = 3;

/**
 * The load generator beside others: one server, the generators in turn, each in a process of its own. How fast it is, and
 * whether it measures what the others measure and what the server is known to do.
 */
export async function bench(): Promise<Row[]> {
  mkdirSync(folder, { recursive: true });
  const ours = await ourGenerator();
  const serverScript = await bundle('server');
  const [closed, open] = [
    [wrk(), k6()],
    [k6(), vegeta()],
  ];
  const rates = await highestRate(serverScript, ours);
  const rows = [
    ...rates,
    ...(await knownDelays(serverScript, ours, closed.filter(isThere))),
    ...(await stall(serverScript, ours, open.filter(isThere))),
    await memory(serverScript, ours, Math.min(10_000, ...rates.map((rate) => rate.ours))),
  ];
  const missing = new Map([...closed, ...open].flatMap((each) => (isThere(each) ? [] : [[each.name, each.missing]])));
  for (const [name, why] of missing) {
    const method = `${name} is not to be had on this machine: ${why}`;
    rows.push(row({ name: `compared with ${name}`, ours: 0, unit: 'times', method }));
  }
  return rows;
}

const isThere = (each: Generator | Missing): each is Generator => 'run' in each;
const row = (measurement: Measurement) => toRow('test', measurement);

async function highestRate(serverScript: string, ours: Generator): Promise<Row[]> {
  const references = [wrk(), autocannon()].filter(isThere);
  const rounds = 7;
  const runs = await withServer(serverScript, 'fast', (origin) =>
    inTurn([ours, ...references], rounds, { origin, connections, seconds: 2, warmUpSeconds: 0.5 }),
  );
  return references.map(({ name }) => {
    // Both of one round, which the machine slowed down alike: the round whose ratio is the middle one.
    const pairs = runs
      .get('ours')!
      .map(({ perSecond }, round) => [perSecond, runs.get(name)![round]!.perSecond] as const);
    const [mine, theirs] = [...pairs].sort((a, b) => a[0] / a[1] - b[0] / b[1])[Math.floor(rounds / 2)]!;
    return row({
      name: 'highest rate',
      ours: mine,
      unit: 'requests/s',
      reference: { name, value: theirs },
      goal: { ratioAtLeast: 1 },
      method: `${connections} connections, one thread each, 2 s in turn against one node:http server in a process of its own; of ${rounds} rounds the one with the middle ratio`,
    });
  });
}

/** Closed loop on a server of known delays: the same throughput and percentiles as the others, and the true ones. */
async function knownDelays(serverScript: string, ours: Generator, references: Generator[]): Promise<Row[]> {
  const figures = ['perSecond', 'p50', 'p95', 'p99'] as const;
  const found = await withServer(serverScript, 'known', (origin) =>
    inTurn([ours, ...references], rounds, { origin, connections, seconds: 10 }),
  );
  const mine = medians(found.get('ours')!);
  const method = `${connections} connections, 10 s, medians of ${rounds} runs in turn against a server that answers after 200, 280 or 380 ms; of throughput, p50, p95 and p99 the one that differs most`;
  return [
    ...references.map(({ name }) => agreement('known delays', mine, name, medians(found.get(name)!), figures, method)),
    agreement('known delays', mine, 'the delays themselves', knownPercentiles, ['p50', 'p95', 'p99'], method),
  ];
}

/** Constant rate on a server that stalls: what was due within the stall waited, and the percentiles must say so. */
async function stall(serverScript: string, ours: Generator, references: Generator[]): Promise<Row[]> {
  const figures = ['p90', 'p99', 'max'] as const;
  const rate = 100;
  // Of 600 requests 200 are due within the stall; they wait from two seconds down to none.
  const truth = { p90: 1400, p99: 1940, max: 2000 };
  const found = new Map<string, Figures>();
  for (const generator of [ours, ...references]) {
    const runs: Figures[] = [];
    // A server for each run: the stall comes two seconds after its first request.
    for (let round = 0; round < rounds; round++)
      runs.push(
        await withServer(serverScript, 'stall', (origin) =>
          generator.run({ origin, seconds: 6, rate, connections: generator === ours ? 64 : 300 }),
        ),
      );
    found.set(generator.name, medians(runs));
  }
  const mine = found.get('ours')!;
  const method = `${rate} requests a second for 6 s, medians of ${rounds} runs against a server that answers nothing for 2 s; 64 connections, the others with as many as they want; of p90, p99 and max the one that differs most`;
  return [
    ...references.map(({ name }) =>
      agreement('stall at a constant rate', mine, name, found.get(name)!, figures, method),
    ),
    agreement('stall at a constant rate', mine, 'the stall itself', truth, figures, method),
  ];
}

/** The figure in which the two differ most. */
function agreement<Name extends keyof Figures>(
  what: string,
  mine: Pick<Figures, Name>,
  reference: string,
  theirs: Pick<Figures, Name>,
  figures: readonly Name[],
  method: string,
): Row {
  const distance = (name: Name) => Math.abs(Math.log(mine[name] / theirs[name]));
  const worst = [...figures].sort((a, b) => distance(b) - distance(a))[0]!;
  return row({
    name: `${what}: ${worst === 'perSecond' ? 'throughput' : worst}`,
    ours: mine[worst],
    unit: worst === 'perSecond' ? 'requests/s' : 'ms',
    reference: { name: reference, value: theirs[worst] },
    goal: { ratioWithin: 0.01 },
    method,
  });
}

/** @param perSecond that it sends at least */
async function memory(serverScript: string, ours: OurGenerator, perSecond: number): Promise<Row> {
  const seconds = Math.ceil(1_300_000 / perSecond);
  const { requests, megabytes } = await withServer(serverScript, 'fast', (origin) =>
    ours.run({ origin, connections, seconds }),
  );
  return row({
    name: 'memory after a million requests',
    ours: requests >= 1_000_000 ? megabytes : NaN,
    unit: 'MB',
    goal: { atMost: 150 },
    method: `resident memory of the generator's process after ${requests} requests`,
  });
}

/** Runs each several times, in turn, so that a machine that slows down slows all of them; what they found, by name. */
function inTurn(generators: readonly Generator[], rounds: number, options: LoadOptions): Map<string, Figures[]> {
  const found = generators.map((): Figures[] => []);
  for (let round = 0; round < rounds; round++)
    generators.forEach((generator, index) => found[index]!.push(generator.run(options)));
  return new Map(generators.map(({ name }, index) => [name, found[index]!]));
}

function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0]!) as Array<keyof Figures>;
  return Object.fromEntries(names.map((name) => [name, median(runs.map((each) => each[name]))])) as unknown as Figures;
}

async function withServer<T>(script: string, kind: 'fast' | 'known' | 'stall', use: (origin: string) => T): Promise<T> {
  const server = spawn(process.execPath, [script, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise<string>((resolve) =>
      server.stdout.once('data', (data: Buffer) => resolve(String(data).trim())),
    );
    return use(`http://127.0.0.1:${port}`);
  } finally {
    server.kill();
  }
}
