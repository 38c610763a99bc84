import assert from 'node:assert/strict';
import type {
  Container,
  ContainerEvent,
  ContainerGroup,
} from '../../../tasks/common/azure/containerGroups/containerGroups';
import { instanceViewSince, newEvents } from '../../../tasks/common/deployment/instanceViewSince';
import { definitionOf } from './fakeContainerInstances';

type View = NonNullable<Container['instanceView']>;
const [plain] = definitionOf('one').containers;
const container = (instanceView?: View, name = 'scoring'): Container => ({ ...plain!, name, instanceView });
const groupOf = (...containers: Container[]): ContainerGroup => ({ ...definitionOf('one'), containers });
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
const event = (name: string, message: string, count?: number): ContainerEvent => ({ name, message, count });

describe("What of a container's view is new", () => {
  it('is all of it where the container was not there before', () => {
    const view: View = { restartCount: 2, events: [event('Pulled', 'x', 1)] };
    assert.deepEqual(instanceViewSince(container(view), undefined), view);
    assert.deepEqual(instanceViewSince(container(view), groupOf(container({ restartCount: 1 }, 'other'))), view);
    assert.deepEqual(instanceViewSince(container(view), groupOf(container(undefined))), view);
    assert.deepEqual(instanceViewSince(container(undefined), groupOf()), {});
  });

  it('is told by the container of the same name', () => {
    const before = groupOf(container({ restartCount: 9 }, 'gateway'), container({ restartCount: 1 }));
    assert.equal(instanceViewSince(container({ restartCount: 3 }), before).restartCount, 2);
  });

  for (const [now, was, restarts] of [
    [3, 1, 2],
    [3, 3, 0],
    [1, 3, 1],
    [2, undefined, 2],
    [undefined, undefined, 0],
  ]) {
    it(`is ${restarts} restarts where ${now} are counted and were ${was}: a count that is smaller has begun again`, () => {
      const view = instanceViewSince(container({ restartCount: now }), groupOf(container({ restartCount: was })));
      assert.deepEqual([view.restartCount, view.events], [restarts, []]);
    });
  }

  const running = (startTime?: Date): View => ({ currentState: { state: 'Running', startTime } });
  for (const [what, startTime, begun, isNew] of [
    ['began before what ran then', at(1), at(2), false],
    ['is of what ran then', at(2), at(2), false],
    ['began later', at(3), at(2), true],
    ['does not say when it began', undefined, at(2), true],
    ['began at some time, as nobody knows when what ran then did', at(1), undefined, true],
  ] as const) {
    it(`is ${isNew ? 'an' : 'no'} end that ${what}`, () => {
      const previousState = { state: 'Terminated', exitCode: 1, startTime };
      const view = instanceViewSince(container({ previousState }), groupOf(container(running(begun))));
      assert.deepEqual(view.previousState, isNew ? previousState : undefined);
    });
  }
});

describe('Events', () => {
  it('are new where they happened again or for the first time, with how often', () => {
    const old = [event('Started', 'it', 1), event('Pulled', 'one', 2), event('Killing', 'it'), event('Failed', 'x', 5)];
    assert.deepEqual(
      newEvents(
        [
          event('Started', 'it', 2),
          event('Pulled', 'one', 2),
          event('Pulled', 'two', 2),
          event('Killing', 'it', 3),
          event('Failed', 'x', 2),
          event('Created', 'it'),
        ],
        old,
      ),
      [
        event('Started', 'it', 1),
        event('Pulled', 'two', 2),
        event('Killing', 'it', 2),
        event('Failed', 'x', 2),
        event('Created', 'it', 1),
      ],
    );
  });

  it('are told apart by their names too', () => {
    assert.deepEqual(newEvents([event('Created', 'it', 1)], [event('Started', 'it', 1)]), [event('Created', 'it', 1)]);
  });
});
