import type { Container, ContainerEvent, ContainerGroup, Provisioning } from '../azure/containerGroups/containerGroups';
import type { ContainerGroups } from '../azure/containerGroups/containerGroups';
import type { AzureFailure } from '../azure/http/azureFailure';
import { isWell, type HealthAnswer } from '../azure/containerGroups/healthRequest';
import { Outage } from '../azure/http/outage';
import { groupOrigin, mainContainer, probedPath } from './containers';
import { instanceViewSince } from './instanceViewSince';
import type { DeploymentPorts } from './ports';
import { untilDeadline } from './untilDeadline';

/** A group that serves. */
export interface Ready {
  readonly group: ContainerGroup;
  /** As groupOrigin gives it. */
  readonly origin: string;
  /** From the start of waiting to the first healthy answer. */
  readonly seconds: number;
}

/** Why waiting is pointless, with all that was seen. */
export class NotReady extends Error {
  constructor(
    readonly reason: 'failed' | 'gone' | 'crashed' | 'ended' | 'pullFailed' | 'timeout',
    /** As last seen; undefined where it is gone. */
    readonly group: ContainerGroup | undefined,
    /** What Azure says itself, where it does. */
    readonly failure: AzureFailure | undefined,
    /** The last answer of the health route. */
    readonly answer: HealthAnswer | undefined,
    readonly url: string | undefined,
    /** The group as it was seen before: what it has of that tells nothing of this deployment. */
    readonly before?: ContainerGroup,
  ) {
    super(`The container group did not become ready: ${reason}.`);
    this.name = 'NotReady';
  }
}

export interface Waiting {
  readonly groups: ContainerGroups;
  readonly name: string;
  /** The accepted PUT that is waited for; undefined where somebody else sent it. */
  readonly provisioning?: Provisioning;
  /** The group as it was before an update in place: its containers may still answer for a while. */
  readonly before?: ContainerGroup;
  /** The group as it was when the wait began, where its containers may be this deployment's already. */
  readonly takenUp?: ContainerGroup;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

/** Between two looks at the group, by how long it has been waited for: Azure's own clients look every two seconds. */
const firstLook = 1_000;
const betweenLooks = (waited: number): number => (waited < 20_000 ? 2_000 : waited < 120_000 ? 5_000 : 10_000);
/** While the health route is asked, the group is looked at only for what goes wrong. */
const lookWhileAsking = 5_000;
const betweenRequests = 500;
/** That the group is not there is believed when so many looks in a row say so. */
const looksUntilGone = 3;
/** A container that ended this often does not come up by itself. */
const hopelessCrashes = 2;

/**
 * Waits until the health route answers with 2xx at the address that users will call, by the containers of this
 * deployment. Meanwhile it says what happens, each thing once, with the seconds since the start.
 * @throws NotReady
 */
export async function waitUntilReady(waiting: Waiting, ports: DeploymentPorts): Promise<Ready> {
  const { groups, name, provisioning, before, takenUp, deadline } = waiting;
  const { clock, log, signal } = ports;
  const started = clock.now();
  const said = new Set<string>();
  const say = (text: string) => {
    if (said.has(text)) return;
    said.add(text);
    log.info(`${String(Math.round((clock.now() - started) / 1000)).padStart(5)} s  ${text}`);
  };
  const outage = new Outage(log, clock, { follows: true });
  let timesGone = 0;
  let group: ContainerGroup | undefined;
  const seen = before ?? takenUp;
  let answer: HealthAnswer | undefined;
  let url: string | undefined;
  const stop = (reason: NotReady['reason'], failure?: AzureFailure) =>
    new NotReady(reason, group, failure, answer, url, seen);
  const sleepUntil = async (time: number): Promise<void> => {
    if (clock.now() >= deadline) throw stop('timeout');
    await clock.sleep(Math.max(0, Math.min(time, deadline) - clock.now()), signal);
  };
  // Right after it was sent there is nothing to see yet.
  if (provisioning) await clock.sleep(firstLook, signal);
  for (;;) {
    // Azure's control plane may be out of reach while the containers start.
    const find = (until: AbortSignal) => groups.find(name, until);
    const look = await outage.ride(async () => ({ found: await untilDeadline(find, deadline, ports) }));
    timesGone = look && !look.found ? timesGone + 1 : 0;
    if (!look || isDoubtful(timesGone)) {
      await sleepUntil(clock.now() + betweenLooks(clock.now() - started));
      continue;
    }
    group = look.found;
    if (!group) throw stop('gone');
    tell(group, say);
    if (hasFailed(group)) throw stop('failed', await provisioning?.failure(signal));
    const hopeless = hopelessReason(group, before, seen);
    if (hopeless) throw stop(hopeless);

    const origin = groupOrigin(group);
    const asking = origin !== undefined && isRunning(group, before);
    log.progress(...progressOf(group, asking));
    const nextLook = clock.now() + pauseAfter(asking, clock.now() - started);
    if (asking) {
      url = origin + probedPath(group);
      answer = await probe(url, Math.min(nextLook, deadline), ports, say);
      if (isWell(answer)) return { group, origin, seconds: (clock.now() - started) / 1000 };
    }
    await sleepUntil(nextLook);
  }
}

/** Azure's reads are eventually consistent: one look that finds nothing says little. */
const isDoubtful = (timesGone: number): boolean => timesGone > 0 && timesGone < looksUntilGone;

const pauseAfter = (asking: boolean, elapsed: number): number => (asking ? lookWhileAsking : betweenLooks(elapsed));

/** Asks the health route once, and on until that time while it is not well. */
async function probe(
  url: string,
  until: number,
  { health, clock, signal }: DeploymentPorts,
  say: (text: string) => void,
): Promise<HealthAnswer> {
  for (;;) {
    const answer = await health(url, signal);
    say(`${url}: ${'status' in answer ? `HTTP ${answer.status}` : answer.fault}`);
    if (isWell(answer)) return answer;
    await clock.sleep(betweenRequests, signal);
    if (clock.now() >= until) return answer;
  }
}

function progressOf(group: ContainerGroup, asking: boolean): [percent: number, doing: string] {
  if (asking) return [80, 'probing'];
  return [group.containers.some(isStarted) ? 60 : 30, 'starting'];
}

function hasFailed({ provisioningState, instanceView }: ContainerGroup): boolean {
  return provisioningState === 'Failed' || (provisioningState === 'Succeeded' && instanceView?.state === 'Failed');
}

/**
 * Whether all containers run, and are those of this deployment. While Azure changes a group it shows the containers of
 * before as they were. Source: Restart-AzContainerGroup.Recording.json, `Updating` with the old container's start time.
 */
function isRunning(group: ContainerGroup, before: ContainerGroup | undefined): boolean {
  if (isPassing(group)) return false;
  return group.containers.every((container) => isStarted(container) && !isOld(container, group, before));
}

/** Whether what Azure says of the container is still of before the update. */
function isOld(container: Container, group: ContainerGroup, before: ContainerGroup | undefined): boolean {
  const old = before?.containers.find(({ name }) => name === container.name)?.instanceView?.currentState?.startTime;
  if (!old) return false;
  const now = container.instanceView?.currentState?.startTime;
  return group.provisioningState !== 'Succeeded' || now?.getTime() === old.getTime();
}

/** Whether Azure is still at work at the group. */
function isPassing({ provisioningState }: ContainerGroup): boolean {
  return /^(Accepted|Pending|Creating|Updating|Repairing|PreProvisioned|Deleting)$/i.test(provisioningState ?? '');
}

function isStarted({ instanceView }: Container): boolean {
  return instanceView?.currentState?.state === 'Running';
}

function hopelessReason(
  group: ContainerGroup,
  before: ContainerGroup | undefined,
  seen: ContainerGroup | undefined,
): 'crashed' | 'ended' | 'pullFailed' | undefined {
  for (const container of group.containers) {
    if (isOld(container, group, before)) continue;
    const view = instanceViewSince(container, seen);
    const { currentState, events = [] } = view;
    if (crashesOf(view) >= hopelessCrashes) return 'crashed';
    const isOver = currentState?.state === 'Terminated' && group.provisioningState !== 'Updating';
    if (isOver && !isRestarted(group, currentState.exitCode)) return 'ended';
    if (!isStarted(container) && isPullHopeless(events)) return 'pullFailed';
  }
  return undefined;
}

/** How often a container has ended; one that is down again after a restart has ended once more than it was restarted. */
function crashesOf({ restartCount: restarts = 0, currentState, previousState }: ReturnType<typeof instanceViewSince>) {
  // Just before a restart Azure shows one and the same end as the current and as the previous state.
  const isNew = currentState?.startTime?.getTime() !== previousState?.startTime?.getTime();
  const isDown = currentState?.state === 'Waiting' || (currentState?.state === 'Terminated' && isNew);
  return isDown && restarts > 0 ? restarts + 1 : restarts;
}

/** Whether Azure starts a container again that ended. */
function isRestarted({ restartPolicy = 'Always' }: ContainerGroup, exitCode: number | undefined): boolean {
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
}

/** Whether pulling failed again and again, and never succeeded afterwards. */
function isPullHopeless(events: readonly ContainerEvent[]): boolean {
  const failed = events.find(
    ({ name, message = '', count = 1 }) => name === 'Failed' && /pull/i.test(message) && count >= 2,
  );
  const time = ({ lastTimestamp }: ContainerEvent) => lastTimestamp?.getTime() ?? 0;
  return failed !== undefined && !events.some((event) => event.name === 'Pulled' && time(event) >= time(failed));
}

function tell(group: ContainerGroup, say: (text: string) => void): void {
  for (const event of group.instanceView?.events ?? []) say(`${event.name}: ${event.message}`);
  for (const { name, instanceView } of group.containers) if (instanceView) tellOf(name, instanceView, say);
  const main = mainContainer(group);
  if (!main?.instanceView?.currentState) say(`${group.name ?? 'The group'}: ${group.provisioningState ?? 'accepted'}`);
}

/** A container's events, its state, why it has it, and how often it was restarted. */
function tellOf(name: string, view: NonNullable<Container['instanceView']>, say: (text: string) => void): void {
  for (const event of view.events ?? []) say(`${name}: ${event.name}: ${event.message}`);
  const { state, detailStatus, exitCode } = view.currentState ?? {};
  if (!state) return;
  const ended = state === 'Terminated' ? ` with exit code ${exitCode}` : '';
  const times = view.restartCount ? `, restarted ${view.restartCount} times` : '';
  say(`${name}: ${state}${ended}${detailStatus ? ` (${detailStatus})` : ''}${times}`);
}
