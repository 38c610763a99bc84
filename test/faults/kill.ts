import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Variables } from '../../local/agent/variables';
import type { Cell, Outcome } from './outcome';
import type { Operation } from './operations';
import type { Attempt, Scenario } from './scenario';
import type { World } from './world';

/**
 * How a step is made to end: cancelled as the agent does it (SIGINT, 7.5 s, SIGTERM, 2.5 s, kill), or by force. Where its agent
 * dies, no post-job step comes; it is orphaned where only the process between them dies, as docker exec does in a container job.
 */
const ends = ['cancelled', 'SIGTERM', 'SIGKILL', 'agent dies', 'orphaned'] as const;
type End = (typeof ends)[number];
/** In the midst of which moment of a request. */
const moments = { 'in flight': { delayMs: 700 }, 'not answered': { stall: 'after' } } as const;
type Moment = keyof typeof moments;

/** Where a step leaves work behind that costs money or serves somebody. */
const killed = ['Train', 'Evaluate (jobs)', 'Package-Image', 'Deploy-ACI', 'Deploy-ACI (update)'];

/** The kills that an operation can meet: what changes something, at both moments; what is followed, in flight. */
export function killsOf(scenario: string, { method, service, count }: Operation): string[] {
  if (!killed.includes(scenario) || service === 'entra' || service === 'pipelines') return [];
  const isWrite = method !== 'GET' && method !== 'HEAD';
  if (!isWrite && count < 3) return [];
  return ends.flatMap((end) =>
    (isWrite ? Object.keys(moments) : ['in flight']).map((moment) => `kill: ${end}, ${moment}`),
  );
}

/** In milliseconds. */
const longestEnd = 240_000;
/** A task may live on for so long after its agent: whoever runs it again would meet it. */
const longestOrphan = 30_000;
/** After SIGTERM, as the agent and the systems that end agents leave it. */
const grace = 10_000;

export const isKill = ({ fault }: Pick<Cell, 'fault'>): boolean => fault.startsWith('kill: ');

/** Ends the step at the operation, runs its post-job step unless the agent died, then the step again. */
export async function runKill(world: World, scenario: Scenario, cell: Cell): Promise<Outcome> {
  const [, end = '', moment = ''] = /^kill: (.+), (.+)$/.exec(cell.fault) ?? [];
  const { azure } = world;
  const attempt = await scenario.prepare(world, cell.id);
  await azure.requests.clear();
  const { pattern, count, method } = cell.operation;
  const skip = method === 'GET' && count >= 3 ? 1 : 0;
  await azure.faults.http({ ...pattern, skip, action: moments[moment as Moment] });
  const began = performance.now();
  const problems: string[] = [];
  const taskVariables = new Variables();
  try {
    const controller = new AbortController();
    const run = attempt.run({
      environment: environmentOf(end as End, azure),
      signal: controller.signal,
      taskVariables,
    });
    if (!(await isHit(world, run))) return { verdict: 'not met', problems, said: [], minutes: 0 };
    const ending = performance.now();
    const orphans = finish(end as End, controller);
    const late = setTimeout(() => {
      problems.push(`it did not end within ${longestEnd / 1000} s`);
      controller.abort();
    }, longestEnd);
    await run.finally(() => clearTimeout(late));
    if (await outlive(orphans)) problems.push(`it outlived its agent by ${longestOrphan / 1000} s`);
    const seconds = (performance.now() - ending) / 1000;
    // The agent's ten seconds, and what it waits for the rest of the output.
    if (end === 'cancelled' && seconds > 16) problems.push(`it took ${seconds.toFixed(0)} s to end`);
    await azure.faults.clear();
    if (end !== 'agent dies') problems.push(...(await runPostJob(attempt, azure, taskVariables)));
    const { said, problems: ofAgain } = await runAgain(attempt, azure);
    problems.push(...ofAgain);
    const minutes = (performance.now() - began) / 60_000;
    return { verdict: problems.length > 0 ? 'bad' : 'ridden out', problems, said, minutes };
  } finally {
    await azure.faults.clear();
    await attempt.clear?.();
  }
}

async function runPostJob(attempt: Attempt, azure: World['azure'], taskVariables: Variables): Promise<string[]> {
  const { result, issues } = await attempt.run({ environment: azure.environment, phase: 'postjob', taskVariables });
  return [
    ...(result === 'failed' ? [`the post-job step failed: ${issues[0]?.message}`] : []),
    ...((await attempt.afterPostJob?.(await azure.requests.list())) ?? []),
  ];
}

async function runAgain(attempt: Attempt, azure: World['azure']): Promise<{ said: string[]; problems: string[] }> {
  const again = await attempt.run({ environment: azure.environment, taskVariables: new Variables() });
  const said = again.issues.filter(({ type }) => type === 'error').map(({ message }) => message);
  if (!/^succeeded/.test(again.result)) return { said, problems: ['run again it failed'] };
  return { said, problems: await attempt.whenDone(again, await azure.requests.list(), { afterKill: true }) };
}

const losesParent = (end: End): boolean => end === 'agent dies' || end === 'orphaned';
const agentBetween = path.join(__dirname, 'agentBetween.cjs');

function environmentOf(end: End, { environment: { NODE_OPTIONS } }: World['azure']): Record<string, string> {
  return { NODE_OPTIONS: losesParent(end) ? `${NODE_OPTIONS} --require=${agentBetween}` : NODE_OPTIONS! };
}

async function isHit({ azure }: World, run: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  void run.catch(() => undefined).finally(() => (isOver = true));
  while (!isOver) {
    if ((await azure.faults.list())[0]?.hits) return true;
    await sleep(20);
  }
  return false;
}

/** @returns the tasks that an agent leaves alone by its death */
function finish(end: End, controller: AbortController): number[] {
  if (end === 'cancelled') {
    controller.abort();
    return [];
  }
  const pids = tasksOf(process.pid);
  const orphans = losesParent(end) ? pids.flatMap(tasksOf) : [];
  for (const pid of pids) process.kill(pid, end === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
  if (end !== 'SIGTERM') return orphans;
  const stillThere = () => tasksOf(process.pid).filter((pid) => pids.includes(pid));
  // No other: by then the next cell's step may run.
  setTimeout(() => stillThere().forEach((pid) => process.kill(pid, 'SIGKILL')), grace).unref();
  return [];
}

/** Whether one of them is still there at last; then it is ended here. */
async function outlive(orphans: number[]): Promise<boolean> {
  const left = () => orphans.filter(isTask);
  for (const until = performance.now() + longestOrphan; left().length > 0 && performance.now() < until;)
    await sleep(100);
  const late = left();
  late.forEach((pid) => process.kill(pid, 'SIGKILL'));
  return late.length > 0;
}

const isTask = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${path.sep}tasks${path.sep}`);
  } catch {
    return false;
  }
};

/** Children of a process that are a built task. */
function tasksOf(parentPid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return parent === parentPid && isTask(pid);
    } catch {
      return false;
    }
  });
}
