import type { TaskStepResult } from '../../local/agent/taskStep';
import type { JournalEntry } from '../../local/azure/traffic/requestJournal';
import { faultClasses, hostFaults, type FaultClass } from './faultClasses';
import { isKill, killsOf, runKill } from './kill';
import type { Operation } from './operations';
import type { Cell, Outcome } from './outcome';
import type { Attempt, Scenario } from './scenario';
import { fastEnvironment, usualSpeed, type World } from './world';

/** How much faster the clock goes where nothing is waited for but the end of a task's patience. */
const lastingSpeed = 60;
/** What a step may take, in minutes of its own clock. */
const patience = { passing: 15, lasting: 75 };

/** Every fault that can meet the operations of a scenario. */
export function cellsOf(scenario: string, operations: Operation[]): Array<Omit<Cell, 'id'>> {
  const cells = operations.flatMap((operation) => {
    const faults = faultClasses.filter(({ meets }) => meets(operation)).map(({ name }) => name);
    return [...faults, ...killsOf(scenario, operation)].map((fault) => ({ scenario, operation, fault }));
  });
  const firsts = operations.filter(
    ({ pattern }, index) => operations.findIndex((other) => other.pattern.host === pattern.host) === index,
  );
  for (const operation of firsts) {
    for (const { name } of hostFaults.filter(({ meets }) => meets(operation))) {
      cells.push({ scenario, operation, fault: name });
    }
  }
  return cells;
}

/** Their requests sign the tasks in, which they all do alike. */
const isSigningIn = ({ service }: Operation): boolean => service === 'entra' || service === 'pipelines';
/** One of a step, one of a post-job step. */
const signsIn = ['Train', 'Deploy-ACI (post-job)'];

/**
 * Cells that meet the same code are drawn once: signing in, for a step and for a post-job step; and of what is only read, the
 * faults that the tasks' one client rides out, in the scenario that the order chooses. The rest differs from task to task.
 */
export function distinct<C extends Omit<Cell, 'id'>>(cells: C[]): C[] {
  const seen = new Set<string>();
  return cells.filter((cell) => {
    const { scenario, operation, fault } = cell;
    if (isSigningIn(operation)) return signsIn.includes(scenario);
    const isRead = /^(GET|HEAD)$/.test(operation.method);
    if (isKill(cell) || !isRead || !classOf(cell).isOfClient) return true;
    const key = `${operation.service} ${operation.name} ${fault}`;
    return !seen.has(key) && seen.add(key);
  });
}

function classOf({ fault }: Pick<Cell, 'fault'>): FaultClass {
  const found = [...faultClasses, ...hostFaults].find(({ name }) => name === fault);
  if (!found) throw new Error(`There is no class of faults "${fault}".`);
  return found;
}

/** Runs the task of a cell and judges it by what local Azure holds afterwards. */
export async function runCell(world: World, scenario: Scenario, cell: Cell): Promise<Outcome> {
  if (isKill(cell)) return runKill(world, scenario, cell);
  const faultClass = classOf(cell);
  const speed = faultClass.passes ? usualSpeed : lastingSpeed;
  const attempt = await scenario.prepare(world, cell.id);
  const { faults, requests } = scenario.surface?.(world) ?? world.azure;
  await requests.clear();
  const fault = faultClass.fault(cell.operation);
  await ('code' in fault ? faults.dns(fault) : faults.http(fault));
  const began = performance.now();
  try {
    const limit = faultClass.passes ? patience.passing : patience.lasting;
    const result = await attempt.run({
      environment: fastEnvironment(world.azure, speed),
      signal: AbortSignal.timeout((limit / speed) * 60_000),
    });
    const minutes = ((performance.now() - began) / 60_000) * speed;
    const hits = (await faults.list())[0]?.hits ?? 0;
    const entries = await requests.list();
    await faults.clear();
    if (hits === 0) return { verdict: 'not met', problems: [], said: [], minutes };
    return { ...(await judge(scenario, faultClass, attempt, result, entries)), minutes };
  } catch (error) {
    // What must hold however a task ends did not: a secret was shown, or the agent's protocol broken.
    const problems = [`${(error as Error).message}`.slice(0, 500)];
    return { verdict: 'bad', problems, said: [], minutes: ((performance.now() - began) / 60_000) * speed };
  } finally {
    await faults.clear();
    await attempt.clear?.();
  }
}

/** A step that fell over, and did not end. */
const fellOver = /failed unexpectedly|report this bug|^\s+at .+:\d+:\d+\)?$|unhandled/im;

function problemsOfEnd({ result, log }: TaskStepResult): string[] {
  const trace = log.find((line) => fellOver.test(line));
  return [
    ...(result === 'canceled' ? ['it came to no end and was cancelled'] : []),
    ...(trace ? [`it fell over: ${trace.trim()}`] : []),
  ];
}

const hasEndedAs = (wanted: Scenario['ends'], { result }: TaskStepResult): boolean =>
  result === wanted || (wanted === 'succeeded' && /^succeeded/.test(result));

async function judge(
  scenario: Scenario,
  faultClass: FaultClass,
  attempt: Attempt,
  result: TaskStepResult,
  requests: JournalEntry[],
): Promise<Omit<Outcome, 'minutes'>> {
  const warns = scenario.isPostJob && result.result === 'succeededWithIssues';
  const type = !faultClass.passes && warns ? 'warning' : 'error';
  const said = result.issues.filter((issue) => issue.type === type).map(({ message }) => message);
  const problems = problemsOfEnd(result);
  const isDone = hasEndedAs(scenario.ends, result);
  const lasting = !faultClass.passes;
  const whenDone = isDone ? await attempt.whenDone(result, requests, { lasting }) : ['it failed'];
  if (whenDone.length === 0 && problems.length === 0) return { verdict: 'ridden out', problems, said };
  // A step that fails as it should, but before it came to what is judged, has ended with an error.
  if (isDone && scenario.ends === 'succeeded' && type === 'error')
    return { verdict: 'bad', problems: [...problems, ...whenDone], said };
  if (said.length !== 1) problems.push(`it said ${said.length} errors`);
  problems.push(...(await attempt.whenFailed(result, requests)));
  if (faultClass.passes) problems.unshift(`it gave up: ${whenDone.join('; ')}`);
  return { verdict: problems.length > 0 ? 'bad' : 'one clear error', problems, said };
}
