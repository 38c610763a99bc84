import { rmSync } from 'node:fs';
import { runCell } from './cell';
import type { Cell, Outcome } from './outcome';
import { operationsOf, type Operation } from './operations';
import { scenarios } from './scenarios';
import { measureSizes, type Measured } from './sizes';
import { fastEnvironment, openWorld, usualSpeed, type World } from './world';

/** What the main process asks of a worker, one thing after the other. */
export type Order =
  { kind: 'discover'; scenario: string; id: string } | { kind: 'cell'; cell: Cell } | { kind: 'sizes'; only: string };
export type Report =
  | { kind: 'ready' }
  | { kind: 'operations'; scenario: string; operations: Operation[] }
  | { kind: 'outcome'; cell: Cell; outcome: Outcome }
  | { kind: 'sizes'; measured: Measured[] };

/** Runs cells on a local Azure of its own until the main process lets it go. */
async function main(): Promise<void> {
  const world = await openWorld();
  const report = (each: Report): void => void process.send?.(each);
  let last = Promise.resolve();
  process.on('message', (order: Order) => {
    last = last.then(async () => report(await carryOut(world, order))).catch((error: Error) => fail(error));
  });
  process.once('disconnect', () => {
    void last
      .finally(() => world.azure.close())
      .finally(() => {
        rmSync(world.azure.stateDir, { recursive: true, force: true });
        process.exit(0);
      });
  });
  report({ kind: 'ready' });
}

async function carryOut(world: World, order: Order): Promise<Report> {
  if (order.kind === 'sizes') {
    const measured: Measured[] = [];
    await measureSizes(world, new RegExp(order.only, 'i'), (each) => measured.push(each));
    return { kind: 'sizes', measured };
  }
  const name = order.kind === 'cell' ? order.cell.scenario : order.scenario;
  const scenario = scenarios.find((each) => each.name === name);
  if (!scenario) throw new Error(`There is no scenario ${name}.`);
  if (order.kind === 'cell') {
    return { kind: 'outcome', cell: order.cell, outcome: await runCell(world, scenario, order.cell) };
  }
  // The first run makes what all later ones find: environments, layers.
  for (const id of [`${order.id}a`, `${order.id}b`]) {
    const attempt = await scenario.prepare(world, id);
    const { requests } = scenario.surface?.(world) ?? world.azure;
    await requests.clear();
    const result = await attempt.run({ environment: fastEnvironment(world.azure, usualSpeed) });
    const entries = await requests.list();
    const problems = result.result === scenario.ends ? await attempt.whenDone(result, entries) : result.log;
    await attempt.clear?.();
    if (problems.length > 0) throw new Error(`${name} fails without a fault:\n${problems.join('\n')}`);
    if (id.endsWith('b')) return { kind: 'operations', scenario: name, operations: operationsOf(entries) };
  }
  throw new Error('unreachable');
}

function fail(error: Error): void {
  console.error(error.stack);
  process.exit(1);
}

main().catch(fail);
