import type { ContainerGroup } from './containerGroup';
import type { GroupDefinition } from './groupDefinition';

/** What changes of a group's record as it goes from one phase of its life to the next. */
type Phase = Pick<ContainerGroup, 'provisioningState' | 'state' | 'events' | 'instanceViews' | 'wanted'>;

/** What a group is when its containers begin again. */
export const fresh = (): Phase => ({
  provisioningState: 'Pending',
  state: 'Pending',
  events: [],
  instanceViews: {},
  wanted: true,
});

/**
 * What a group is while it is updated or restarted: it shows the containers of before, with their events and counts. Source:
 * Restart-AzContainerGroup.Recording.json.
 */
export function changing(former: ContainerGroup, { properties }: GroupDefinition): Phase {
  const names = [...properties.containers, ...(properties.initContainers ?? [])].map(({ name }) => name);
  const { state, events, instanceViews } = structuredClone(former);
  const kept = Object.entries(instanceViews).filter(([name]) => names.includes(name));
  return { provisioningState: 'Updating', state, events, instanceViews: Object.fromEntries(kept), wanted: true };
}

/** The views of containers that a client had stopped. Source: Update-AzContainerGroup.Recording.json. */
export function stopped(
  { instanceViews }: ContainerGroup,
  before: ContainerGroup['instanceViews'],
): ContainerGroup['instanceViews'] {
  const finishTime = new Date().toISOString();
  return Object.fromEntries(
    Object.entries(instanceViews).map(([name, view]) => [
      name,
      {
        ...view,
        currentState: { state: 'Terminated', finishTime, detailStatus: 'Container stopped per client request' },
        previousState: before[name]?.currentState,
      },
    ]),
  );
}

/** The same of a group that is started after it was stopped. */
export const begunAgain = (former: ContainerGroup) =>
  ({ ...changing(former, former.definition), provisioningState: 'Pending', state: 'Pending' }) as const;
