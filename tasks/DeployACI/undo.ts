import type { ContainerGroup, ContainerGroups } from '../common/azure/containerGroups/containerGroups';
import { believedAbsence } from '../common/azure/http/believedAbsence';
import { look, removeAndWait } from '../common/deployment/apply';
import { mainContainer } from '../common/deployment/containers';
import type { DeploymentPorts } from '../common/deployment/ports';
import type { PreviousDeployment } from '../common/deployment/previousDeployment';
import { mustDelete, restore } from '../common/deployment/restore';
import { leftWork, type LeftWork } from '../common/task/leftWork';
import type { TaskContext, TaskState } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import type { Inputs, PostJobInputs } from './inputs';
import { openServices, type Services } from './services';
import { messageOf } from '../common/messageOf';

/** What must be undone should the deployment not come to its end. */
export interface Unfinished {
  readonly name: string;
  /** Images that this run found in the group or sends: any other is of a release that came meanwhile. */
  readonly images: readonly string[];
  /** A group that stands beside the real one while it is verified. */
  readonly temporary?: string;
  /** Set once the real group is being changed: what ran before. */
  readonly previous?: PreviousDeployment;
}

export interface UndoOptions extends Pick<Inputs, 'rollbackOnFailure' | 'keepFailedGroup' | 'startTimeoutInMinutes'> {
  /**
   * The step was killed: what Azure made of its last request is not known, so that a first group is removed though no look shows it.
   * Another release that makes a group of this name between the looks and the removal would lose it: Azure has no conditional removal.
   */
  readonly wasCutOff?: boolean;
}

/** The previous definition carries secure values. */
export function leftDeployment(state: TaskState): LeftWork<Unfinished> {
  return leftWork(state, 'unfinished', true);
}

/** In milliseconds; after that what ran before is restored unseen. */
const longestLook = 5 * 60_000;

/**
 * Undoes a deployment that failed: a first one is removed, an update is rolled back and the previous image proven to
 * serve, each unless the user wants otherwise.
 * @returns what was done, one sentence
 */
export async function undo(
  groups: ContainerGroups,
  { name, images, temporary, previous }: Unfinished,
  { rollbackOnFailure, keepFailedGroup, startTimeoutInMinutes: minutes, wasCutOff = false }: UndoOptions,
  ports: DeploymentPorts,
): Promise<string> {
  const deadline = ports.clock.now() + minutes * 60_000;
  if (temporary) await removeAndWait(groups, temporary, deadline, ports);
  if (!previous) return `What ran as ${name} before was not changed.`;
  const lookUntil = previous.definition ? Math.min(deadline, ports.clock.now() + longestLook) : deadline;
  const seen = await look(groups, name, lookUntil, ports).then(
    (group) => ({ group }),
    (error: unknown) => {
      // Nobody can say what runs there; what ran before did serve.
      const mayBeUnseen = previous.definition && rollbackOnFailure && !ports.signal.aborted;
      if (!mayBeUnseen || !(error instanceof TaskFailure)) throw error;
      ports.log.warning(`${name} cannot be read, and what ran before is restored unseen. ${error.message}`);
      return undefined;
    },
  );
  const current = seen?.group;
  const others = imageOfOthers(current, images);
  if (others) return `${name} is left alone: it runs ${others}, which another release has deployed meanwhile.`;
  if (!previous.definition) {
    if (!current && !wasCutOff) return 'Nothing is left behind.';
    if (keepFailedGroup) return `The container group ${name} is left as it is, as keepFailedGroup is on.`;
    ports.log.info(`Removing the container group ${name}: nothing ran there before.`);
    await removeAndWait(groups, name, deadline, ports);
    return `The container group ${name} was removed, because nothing ran there before.`;
  }
  if (!rollbackOnFailure) return `The container group ${name} is left as it is, as rollbackOnFailure is off.`;
  const image = mainContainer(previous.definition)!.image;
  ports.log.info(`Restoring ${image} as ${name}.`);
  const { origin, seconds } = await restore({ groups, name, previous, minutes, isUnseen: !seen }, ports);
  return `${image} was restored and serves again at ${origin}, after ${Math.round(seconds)} s.`;
}

/** The image that runs, where this run did not bring it there: then nothing here is ours to undo. */
function imageOfOthers(current: ContainerGroup | undefined, images: readonly string[]): string | undefined {
  const running = current && mainContainer(current)?.image;
  return running && !images.includes(running) ? running : undefined;
}

/** The agent gives a cancelled task 7.5 s before it kills it. */
const timeAfterCancellation = 6_000;

/** Sends what undoes a cancelled deployment and does not wait for it: the post-job step sees to the rest. */
export async function startUndoing(
  groups: ContainerGroups,
  { name, images, temporary, previous }: Unfinished,
  { rollbackOnFailure, keepFailedGroup }: UndoOptions,
  { log, clock }: Pick<DeploymentPorts, 'log' | 'clock'>,
): Promise<void> {
  const signal = AbortSignal.timeout(timeAfterCancellation);
  try {
    if (temporary) await groups.remove(temporary, signal);
    if (!previous) return;
    const current = await believedAbsence(() => groups.find(name, signal), clock, signal);
    if (imageOfOthers(current, images)) return;
    if (!previous.definition) {
      if (keepFailedGroup) return;
      log.info(`Cancelled: the container group ${name} is being removed.`);
      await groups.remove(name, signal);
    } else if (rollbackOnFailure && previous.missing.length === 0) {
      log.info(`Cancelled: what ran as ${name} before is being restored.`);
      if (mustDelete(current, previous.definition)) await groups.remove(name, signal);
      else await groups.put(name, previous.definition, signal);
    }
  } catch (error) {
    // A group that is still being made takes no change: the post-job step has the time to wait for it.
    log.debug(`The rollback continues in the post-job step: ${messageOf(error)}`);
  }
}

/** The post-job step. */
export async function finishUndoing(inputs: PostJobInputs, context: TaskContext): Promise<void> {
  return finishUndoingWith(openServices(inputs, context), inputs, context);
}

/** As `finishUndoing`, with its services given. */
export async function finishUndoingWith(
  { groups, health, parking }: Pick<Services, 'groups' | 'health' | 'parking'>,
  inputs: PostJobInputs,
  context: TaskContext,
): Promise<void> {
  const left = leftDeployment(context.state);
  const unfinished = left.read();
  if (!unfinished) return;
  const { log, clock, signal } = context;
  log.info(`The deployment of ${unfinished.name} did not finish; it is being undone now.`);
  const done = await undo(groups, unfinished, { ...inputs, wasCutOff: true }, { log, clock, signal, health });
  left.settle();
  if (unfinished.previous?.definition) await parking(unfinished.name).clear({ log, clock, signal });
  log.info(done);
}

/** The failure, with what became of the group. */
export async function failureWithUndoing(failure: Error, undoing: Promise<string>): Promise<Error> {
  if (!(failure instanceof TaskFailure)) {
    await undoing.catch(() => undefined);
    return failure;
  }
  const result = await undoing.catch(
    (error: Error) => `Undoing failed as well, and is tried once more when the job ends: ${error.message}`,
  );
  return new TaskFailure(`${failure.message} ${result}`, undefined, { cause: failure });
}
