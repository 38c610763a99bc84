import type { Container, ContainerEvent, ContainerGroup } from '../azure/containerGroups/containerGroups';

type InstanceView = NonNullable<Container['instanceView']>;

/**
 * What of a container's view came after the group was seen as `before`. Azure keeps events, counts and past states over a
 * restart, and none of those tells of the deployment that came then. Source: Update-AzContainerGroup.Recording.json, where
 * `Started` has the count 2 after a restart.
 */
export function instanceViewSince(
  { name, instanceView = {} }: Container,
  before: ContainerGroup | undefined,
): InstanceView {
  const old = before?.containers.find((container) => container.name === name)?.instanceView;
  if (!old) return instanceView;
  const { restartCount, events, previousState } = instanceView;
  const begun = old.currentState?.startTime;
  const isOldEnd = begun !== undefined && previousState?.startTime !== undefined && previousState.startTime <= begun;
  return {
    ...instanceView,
    restartCount: grown(restartCount ?? 0, old.restartCount ?? 0),
    events: newEvents(events ?? [], old.events ?? []),
    previousState: isOldEnd ? undefined : previousState,
  };
}

/** The events that happened again, or for the first time; each with how often. */
export function newEvents(events: readonly ContainerEvent[], old: readonly ContainerEvent[]): ContainerEvent[] {
  const known = new Map(old.map((event) => [keyOf(event), event.count ?? 1]));
  return events
    .map((event) => ({ ...event, count: grown(event.count ?? 1, known.get(keyOf(event)) ?? 0) }))
    .filter(({ count }) => count > 0);
}

const keyOf = ({ name, message }: ContainerEvent): string => `${name}\n${message}`;

/** A count that is smaller than it was has begun again. */
const grown = (count: number, since: number): number => (count >= since ? count - since : count);
