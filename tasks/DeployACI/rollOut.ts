import type { ContainerGroup, ContainerGroups, Provisioning } from '../common/azure/containerGroups/containerGroups';
import { apply, look, removeAndWait } from '../common/deployment/apply';
import { differences, notUpdatable, type Difference } from '../common/deployment/definitionChange';
import { deploymentTags, groupOrigin, mainContainer } from '../common/deployment/containers';
import { diagnose } from '../common/deployment/diagnosis';
import type { DeploymentPorts } from '../common/deployment/ports';
import { definitionOf, previousDeployment, type PreviousDeployment } from '../common/deployment/previousDeployment';
import { waitUntilReady, type Ready } from '../common/deployment/readiness';
import { hasFingerprint } from '../common/deployment/secureValues';
import { untilDeadline } from '../common/deployment/untilDeadline';
import type { LeftWork } from '../common/task/leftWork';
import { TaskFailure } from '../common/taskFailure';
import type { Inputs } from './inputs';
import { besides } from './nameRules';
import type { Parking } from './parking';
import { stillServes } from './stillServes';
import { failureWithUndoing, startUndoing, undo, type UndoOptions, type Unfinished } from './undo';

export interface RollOut {
  readonly groups: ContainerGroups;
  readonly name: string;
  /** With its secure values and tags. */
  readonly definition: ContainerGroup;
  /** What is there now. */
  readonly current?: ContainerGroup;
  /** What ran before a run that died in the middle, which this one takes up. */
  readonly left?: ContainerGroup;
  readonly options: UndoOptions & Pick<Inputs, 'strategy'>;
  readonly leftWork: LeftWork<Unfinished>;
  readonly parking: Parking;
}

export interface RolledOut {
  readonly kind: 'unchanged' | Way;
  readonly ready: Ready;
  readonly changes: readonly Difference[];
  /** What a rollback brings back; undefined where this run changed nothing. */
  readonly previous?: PreviousDeployment;
  /** Of an unchanged group: whether an earlier try of this run deployed it. */
  readonly isRepeated?: boolean;
}

/**
 * How the group comes to its definition. It is resumed where a run that died has sent this definition already, restarted
 * where it has it but does not answer, and recreated where Azure cannot change it in place.
 */
export type Way = 'created' | 'updated' | 'recreated' | 'restarted' | 'resumed';

/** What is going to be done, known before anything is. */
interface Plan {
  readonly way: Way;
  readonly changes: readonly Difference[];
  /** An earlier try of this run has begun it: what is there now did not run before. */
  readonly isTakenUp: boolean;
  readonly previous: PreviousDeployment;
}

/** How far it has come, for whoever must undo it. */
interface Progress {
  unfinished: Unfinished;
  isParked: boolean;
  /** Whether what ran before may have been changed. */
  changed: boolean;
}

/**
 * Brings the group to its definition and waits until it serves. What fails is explained, and undone.
 * @throws TaskFailure that says what was wrong, what to do, and what became of the group
 */
export async function rollOut(rollout: RollOut, ports: DeploymentPorts): Promise<RolledOut> {
  const { definition, current, left } = rollout;
  const ran = current ?? left;
  const changes = ran ? differences(ran, definition) : [];
  const way = chooseWay(rollout, changes);
  if (way === 'restarted') {
    const ready = await leaveAlone(rollout, current!, ports);
    if (ready) return { kind: 'unchanged', ready, changes, isRepeated: isOfThisRun(current!, definition) };
  }
  announce(rollout, way, changes, ports.log);
  const plan = planFor(rollout, way, changes);
  warnOfLostSecrets(plan.previous, rollout.options, ports.log);
  const progress = beginningOf(rollout, plan);
  try {
    const ready = await carryOut(rollout, plan, progress, ports);
    rollout.leftWork.settle();
    if (progress.isParked) await rollout.parking.clear(ports);
    return { kind: way, ready, changes, previous: plan.previous };
  } catch (error) {
    throw await takeBack(error, rollout, progress, ports);
  }
}

function planFor({ groups, name, definition, current, left }: RollOut, way: Way, changes: readonly Difference[]): Plan {
  const isTakenUp =
    way === 'resumed' || (way === 'restarted' && isFirst(current!) && isOfThisRun(current!, definition));
  const previous =
    isTakenUp && !left
      ? ranBefore(groups.id(name), current!, definition)
      : previousDeployment(groups.id(name), left ?? current, definition);
  return { way, changes, isTakenUp, previous };
}

function warnOfLostSecrets(
  { missing }: PreviousDeployment,
  { rollbackOnFailure }: UndoOptions,
  log: DeploymentPorts['log'],
): void {
  if (missing.length === 0 || !rollbackOnFailure) return;
  log.warning(
    `A rollback could not restore what runs now: this run does not set ${missing.join(', ')}, and Azure never gives secret values back.`,
  );
}

function beginningOf({ name, definition, current, left }: RollOut, { way, isTakenUp, previous }: Plan): Progress {
  const images = [definition, current, previous.definition].flatMap(
    (each) => (each && mainContainer(each)?.image) ?? [],
  );
  return {
    unfinished: { name, images },
    isParked: left !== undefined,
    // What a dead run has changed is not what ran before.
    changed: isTakenUp || way === 'created' || left !== undefined,
  };
}

/** Does what the plan says, and notes at each step what would have to be undone. */
async function carryOut(rollout: RollOut, plan: Plan, progress: Progress, ports: DeploymentPorts): Promise<Ready> {
  const { groups, name, definition, current, options, leftWork, parking } = rollout;
  const { way, previous } = plan;
  const note = async (more: Partial<Unfinished>) => {
    progress.unfinished = { ...progress.unfinished, ...more };
    await leftWork.note(progress.unfinished);
  };
  const changesWhatRuns = current !== undefined && (way === 'updated' || way === 'recreated');
  if (options.strategy === 'verifyFirst' && changesWhatRuns) {
    const temporary = besides(name);
    await verifyBesides(rollout, temporary, () => note({ temporary }), ports);
  }
  await note({ temporary: undefined, previous });
  if (changesWhatRuns && previous.definition && !progress.isParked) {
    progress.isParked = true;
    await parking.park(definitionOf(current), ports);
  }
  const deadline = ports.clock.now() + options.startTimeoutInMinutes * 60_000;
  let provisioning: Provisioning | undefined;
  if (way === 'restarted') await untilDeadline((until) => groups.restart(name, until), deadline, ports);
  else if (way !== 'resumed') {
    const onChange = () => void (progress.changed = true);
    provisioning = await apply(
      { groups, name, definition, deleteFirst: way === 'recreated', deadline, onChange },
      ports,
    );
  }
  const before = way === 'updated' || way === 'restarted' ? current : undefined;
  const takenUp = way === 'resumed' ? current : undefined;
  return waitUntilReady({ groups, name, provisioning, before, takenUp, deadline }, ports);
}

/** Undoes what was begun. @returns what is to be thrown: the failure, with what became of the group */
async function takeBack(
  error: unknown,
  { groups, name, definition, options, leftWork, parking }: RollOut,
  { unfinished: begun, isParked, changed }: Progress,
  ports: DeploymentPorts,
): Promise<unknown> {
  const { signal } = ports;
  if (signal.aborted) {
    await startUndoing(groups, begun, options, ports);
    return signal.reason;
  }
  // A refused update left what ran alone: bringing that back would only restart it.
  const unfinished = changed ? begun : { ...begun, previous: undefined };
  const minutes = options.startTimeoutInMinutes;
  const failure = await diagnose(error, { groups, name: unfinished.temporary ?? name, definition, minutes }, ports);
  // Where undoing fails, this is what the post-job step tries once more.
  await leftWork.note(unfinished);
  const undoing = undo(groups, unfinished, options, ports).then(async (done) => {
    leftWork.settle();
    if (isParked) await parking.clear(ports);
    return done;
  });
  return failureWithUndoing(failure, undoing);
}

function chooseWay({ current, left, definition }: RollOut, changes: readonly Difference[]): Way {
  if (!current) return left ? 'recreated' : 'created';
  if (reasonToDelete(current, changes)) return 'recreated';
  if (!isSame(current, definition)) return 'updated';
  return current.provisioningState === 'Succeeded' ? 'restarted' : 'resumed';
}

function isSame(current: ContainerGroup, definition: ContainerGroup): boolean {
  return (
    differences(current, definition).length === 0 && hasFingerprint(definition, current.tags?.[deploymentTags.secrets])
  );
}

/** Whether an earlier try of the same run, of a build or of a classic release, deployed what runs. */
function isOfThisRun({ tags = {} }: ContainerGroup, wanted: ContainerGroup): boolean {
  const { run } = deploymentTags;
  return tags[run] !== undefined && tags[run] === wanted.tags?.[run];
}

/** Whether nothing ran before it. */
function isFirst({ tags }: ContainerGroup): boolean {
  return !tags?.[deploymentTags.previousImage];
}

/** What ran before a deployment that a run, which died, has sent: its image stands in a tag. */
function ranBefore(groupId: string, current: ContainerGroup, definition: ContainerGroup): PreviousDeployment {
  const image = current.tags?.[deploymentTags.previousImage];
  if (!image) return { groupId, missing: [] };
  const main = mainContainer(definition);
  const containers = definition.containers.map((each) => (each === main ? { ...each, image } : each));
  return { groupId, definition: { ...definition, containers }, missing: [] };
}

/**
 * Leaves a group alone that is as wanted and serves.
 * @returns undefined where it does not serve
 */
async function leaveAlone(
  { groups, name, definition }: RollOut,
  current: ContainerGroup,
  ports: DeploymentPorts,
): Promise<Ready | undefined> {
  const { log, signal } = ports;
  if (!(await stillServes(current, ports))) return undefined;
  log.info(`${name} already runs exactly this and answers, so it is left alone.`);
  // They tell of the run that deployed it, which this one is not.
  const { secrets, previousImage, build, run } = deploymentTags;
  const isKept = ([tag]: [string, string]) => [secrets, previousImage, build, run].includes(tag as never);
  const tags = Object.entries(definition.tags ?? {}).filter((tag) => !isKept(tag));
  if (tags.some(([tag, value]) => current.tags?.[tag] !== value)) {
    log.info('Its tags are brought up to date, which restarts nothing.');
    await groups.tag(name, { ...current.tags, ...Object.fromEntries(tags) }, signal);
  }
  return { group: current, origin: groupOrigin(current)!, seconds: 0 };
}

function reasonToDelete(current: ContainerGroup, changes: readonly Difference[]): string | undefined {
  const unchangeable = changes.filter(({ needsDeletion }) => needsDeletion).map(({ what }) => what);
  return unchangeable.length > 0 ? `Azure cannot change ${unchangeable.join(', ')} of a group` : notUpdatable(current);
}

/** Says what will happen, before it happens. */
function announce(
  { name, current, left, options }: RollOut,
  way: Way,
  changes: readonly Difference[],
  log: DeploymentPorts['log'],
): void {
  if (left) {
    log.warning(
      `An unfinished run was changing ${name}, and it does not serve: this run continues from there. If it fails, ${mainContainer(left)?.image} is restored, which ran before.`,
    );
  }
  if (way === 'created') return log.info(`${name} is new: it is created.`);
  if (!current) return log.info(`${name} was already deleted; creating it again.`);
  if (way === 'restarted') return log.info(`${name} matches its definition but does not respond; restarting it.`);
  if (way === 'resumed') {
    return log.info(`An unfinished run has already sent this definition of ${name}: waiting for it.`);
  }
  log.info(`${name} runs ${mainContainer(current)?.image ?? 'nothing'}. What changes:`);
  for (const { what, from, to } of changes) log.info(`  ${what}: ${from} → ${to}`);
  if (changes.length === 0) log.info('  secret values');
  if (options.strategy === 'verifyFirst') {
    log.info(`The new one is started next to it as ${besides(name)} and checked; ${name} serves meanwhile.`);
  }
  if (way === 'recreated') {
    log.warning(
      `${name} is deleted and created again, because ${reasonToDelete(current, changes)}: it does not answer meanwhile, and its IP address changes.`,
    );
  } else log.info('It is changed in place: its containers restart.');
}

/**
 * Brings the new group up beside the real one, waits until it serves, and removes it again.
 * @param begins called before anything is made
 * @throws TaskFailure if somebody else's group has the temporary name
 */
async function verifyBesides(
  { groups, name, definition, options }: RollOut,
  temporary: string,
  begins: () => Promise<void>,
  ports: DeploymentPorts,
): Promise<void> {
  const { clock, log } = ports;
  const { ipAddress } = definition;
  const label = ipAddress?.dnsNameLabel;
  const beside: ContainerGroup = {
    ...definition,
    tags: { ...definition.tags, [deploymentTags.besides]: name },
    ipAddress: ipAddress && { ...ipAddress, dnsNameLabel: label && besides(label) },
  };
  const deadline = clock.now() + options.startTimeoutInMinutes * 60_000;
  const left = await look(groups, temporary, deadline, ports);
  if (left && left.tags?.[deploymentTags.besides] !== name) {
    throw new TaskFailure(
      `The new image cannot be verified next to ${name}: there is a container group ${temporary} that this task did not create.`,
      'Delete it, or set strategy to replace.',
    );
  }
  await begins();
  const isLeft = left && isSame(left, beside) && !notUpdatable(left);
  const provisioning = isLeft
    ? undefined
    : await apply({ groups, name: temporary, definition: beside, deleteFirst: left !== undefined, deadline }, ports);
  const { origin, seconds } = await waitUntilReady({ groups, name: temporary, provisioning, deadline }, ports);
  log.info(`The new image serves at ${origin} after ${Math.round(seconds)} s; now ${name} is switched.`);
  await removeAndWait(groups, temporary, deadline, ports);
}
