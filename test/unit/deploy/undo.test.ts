import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { PreviousDeployment } from '../../../tasks/common/deployment/previousDeployment';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import {
  failureWithUndoing,
  finishUndoingWith,
  leftDeployment,
  startUndoing,
  undo,
  type Unfinished,
  type UndoOptions,
} from '../../../tasks/DeployACI/undo';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';
import { azureError, definitionOf, FakeContainerInstances } from './fakeContainerInstances';

const options = { rollbackOnFailure: true, keepFailedGroup: false, startTimeoutInMinutes: 2 };
const nothingBefore: PreviousDeployment = { groupId: '/groups/estimator', missing: [] };
const oldBefore: PreviousDeployment = { ...nothingBefore, definition: definitionOf('old') };
const ofThisRun: Unfinished = { name: 'estimator', images: ['new', 'old'] };

describe('Undoing a deployment', () => {
  let azure: FakeContainerInstances;
  beforeEach(() => {
    azure = new FakeContainerInstances();
  });
  const image = (name = 'estimator') => azure.definition(name)?.containers[0]?.image;

  describe('when the run is cancelled', () => {
    const start = (unfinished: Partial<Unfinished>, changes: Partial<typeof options> = {}) =>
      startUndoing(azure.groups, { ...ofThisRun, ...unfinished }, { ...options, ...changes }, azure.ports);

    it('leaves alone what another release has deployed meanwhile, be it to delete or to bring back', async () => {
      azure.runs('estimator', definitionOf('of-another-release'));
      for (const previous of [nothingBefore, oldBefore]) await start({ previous });
      assert.deepEqual(azure.calls, []);
    });

    it('touches nothing where the group was not changed yet', async () => {
      azure.runs('estimator', definitionOf('old'));
      await start({});
      assert.deepEqual(azure.calls, []);
    });

    it('removes what stands beside it in any case', async () => {
      azure.runs('estimator', definitionOf('old'));
      await start({ temporary: 'estimator-next' }, { rollbackOnFailure: false, keepFailedGroup: true });
      assert.deepEqual(azure.calls, ['DELETE estimator-next']);
    });

    it('removes a first deployment unless it is to be kept', async () => {
      azure.runs('estimator', definitionOf('new'));
      await start({ previous: nothingBefore }, { keepFailedGroup: true });
      assert.deepEqual(azure.calls, []);
      await start({ previous: nothingBefore });
      assert.deepEqual(azure.calls, ['DELETE estimator']);
      assert.ok(azure.lines.includes('Cancelled: the container group estimator is being removed.'));
    });

    it('sends what ran before, unless that is not wanted or would lack a secret', async () => {
      azure.runs('estimator', definitionOf('new'));
      await start({ previous: oldBefore }, { rollbackOnFailure: false });
      await start({ previous: { ...oldBefore, missing: ['PASSWORD'] } });
      await start({ previous: { ...oldBefore, missing: ['PASSWORD'] } }, { rollbackOnFailure: false });
      assert.deepEqual(azure.calls, []);
      await start({ previous: oldBefore });
      assert.deepEqual(azure.calls, ['PUT estimator old']);
      assert.ok(azure.lines.includes('Cancelled: what ran as estimator before is being restored.'));
    });

    it('deletes first where Azure cannot change it back in place', async () => {
      azure.runs('estimator', definitionOf('new'));
      await start({ previous: { ...oldBefore, definition: definitionOf('old', {}, 2) } });
      assert.deepEqual(azure.calls, ['DELETE estimator']);
    });

    it('leaves what Azure refuses to the post-job step', async () => {
      azure.runs('estimator', definitionOf('new'));
      azure.refusals.push({ code: 'ContainerGroupTransitioning', message: 'wait', status: 409 });
      await start({ previous: oldBefore });
      assert.equal(image(), 'new');
    });
  });

  describe('when it failed', () => {
    const run = (unfinished: Partial<Unfinished>, changes: Partial<typeof options> = {}) =>
      undo(azure.groups, { ...ofThisRun, ...unfinished }, { ...options, ...changes }, azure.ports);

    const outcomes: Array<
      [what: string, running: string | undefined, previous: PreviousDeployment | undefined, changes: Partial<typeof options>, said: string, calls: string[]] // prettier-ignore
    > = [
      ['was not changed', 'old', undefined, {}, 'What ran as estimator before was not changed.', []],
      ['is of another release', 'else', oldBefore, {}, 'estimator is left alone: it runs else, which another release has deployed meanwhile.', []], // prettier-ignore
      ['is gone', undefined, nothingBefore, {}, 'Nothing is left behind.', []],
      ['is to be kept', 'new', nothingBefore, { keepFailedGroup: true }, 'The container group estimator is left as it is, as keepFailedGroup is on.', []], // prettier-ignore
      ['was the first', 'new', nothingBefore, {}, 'The container group estimator was removed, because nothing ran there before.', ['DELETE estimator']], // prettier-ignore
      ['is not to be rolled back', 'new', oldBefore, { rollbackOnFailure: false }, 'The container group estimator is left as it is, as rollbackOnFailure is off.', []], // prettier-ignore
    ];
    for (const [what, running, previous, changes, said, calls] of outcomes) {
      it(`says what became of a group that ${what}`, async () => {
        if (running) azure.runs('estimator', definitionOf(running));
        assert.equal(await run({ previous }, changes), said);
        assert.deepEqual(azure.calls, calls);
      });
    }

    it('brings back what ran before, and says what it does', async () => {
      azure.runs('estimator', definitionOf('new'));
      assert.match(
        await run({ previous: oldBefore }),
        /^old was restored and serves again at http:\/\/estimator\.eastus\.azurecontainer\.io:5001, after \d+ s\.$/,
      );
      assert.deepEqual(azure.calls, ['PUT estimator old']);
      assert.ok(azure.lines.includes('Restoring old as estimator.'));
    });

    it('says that it removes a first deployment', async () => {
      azure.runs('estimator', definitionOf('new'));
      await run({ previous: nothingBefore });
      assert.ok(azure.lines.includes('Removing the container group estimator: nothing ran there before.'));
    });

    it('looks for five minutes at the most, and restores unseen what ran before, saying so', async () => {
      const busy = azureError({ code: 'ServerBusy', message: 'busy', status: 503 });
      const begin = azure.now;
      const puts: number[] = [];
      Object.assign(azure.groups, {
        find: () => Promise.reject(busy),
        put: () => {
          puts.push(azure.now - begin);
          return Promise.reject(new TypeError('enough seen'));
        },
      });
      await assert.rejects(run({ previous: oldBefore }, { startTimeoutInMinutes: 20 }), /enough seen/);
      assert.ok(puts[0]! >= 300_000 && puts[0]! < 360_000, String(puts));
      assert.match(azure.warnings[0]!, /^estimator cannot be read, and what ran before is restored unseen\. .*out of reach/); // prettier-ignore
    });

    it('removes what stands beside it first', async () => {
      azure.runs('estimator', definitionOf('old'));
      azure.runs('estimator-next', definitionOf('new'));
      assert.match(await run({ temporary: 'estimator-next' }), /was not changed/);
      assert.deepEqual(azure.calls, ['DELETE estimator-next']);
      assert.equal(image(), 'old');
    });

    it('of what cannot be read throws where nothing may be restored unseen', async () => {
      const broken = new AzureFailure('Azure answered 503', undefined, 503, 'X', '', undefined);
      for (const [previous, changes] of [
        [nothingBefore, {}],
        [oldBefore, { rollbackOnFailure: false }],
      ] as const) {
        Object.assign(azure.groups, { find: () => Promise.reject(broken) });
        await assert.rejects(run({ previous }, changes), /503|no whole answer|answered/);
      }
      assert.deepEqual(azure.calls, []);
    });
  });

  describe('at the end of the job', () => {
    const inputs = { ...options, connection: serviceConnection, resourceGroup: 'rg' };
    const context = () => taskContext(tmpdir(), { clock: azure.ports.clock, signal: azure.ports.signal });
    const finish = (tools: ReturnType<typeof context>, changes: Partial<UndoOptions> = {}) =>
      finishUndoingWith(
        { groups: azure.groups, health: azure.ports.health, parking: () => azure.parking },
        { ...inputs, ...changes },
        tools.context,
      );

    it('has nothing to do where the deployment came to its end', async () => {
      const tools = context();
      await finish(tools);
      await leftDeployment(tools.context.state).note(ofThisRun);
      leftDeployment(tools.context.state).settle();
      await finish(tools);
      assert.deepEqual([azure.calls, tools.traces.lines], [[], []]);
    });

    it('brings back what ran before, empties the note of it, and does so once', async () => {
      const tools = context();
      azure.runs('estimator', definitionOf('new'));
      azure.parked = definitionOf('old');
      await leftDeployment(tools.context.state).note({ ...ofThisRun, previous: oldBefore });
      await finish(tools);
      assert.equal(image(), 'old');
      assert.equal(azure.parked, undefined);
      const { lines } = tools.traces;
      assert.equal(lines[0], 'The deployment of estimator did not finish; it is being undone now.');
      assert.match(lines.at(-1)!, /^old was restored/);
      azure.calls.length = 0;
      await finish(tools);
      assert.deepEqual(azure.calls, []);
    });

    it('leaves the note of another change alone where it had parked nothing', async () => {
      const tools = context();
      azure.runs('estimator', definitionOf('new'));
      azure.parked = definitionOf('of-another-run');
      await leftDeployment(tools.context.state).note({ ...ofThisRun, previous: nothingBefore });
      await finish(tools);
      assert.ok(azure.parked, 'still there');
    });

    it('removes a first group though no look shows it, unless it is to be kept', async () => {
      for (const [keepFailedGroup, calls] of [
        [false, ['DELETE estimator']],
        [true, []],
      ] as const) {
        azure.calls.length = 0;
        const tools = context();
        await leftDeployment(tools.context.state).note({ ...ofThisRun, previous: nothingBefore });
        await finish(tools, { keepFailedGroup });
        assert.deepEqual(azure.calls, calls);
      }
    });

    it('is noted as a secret, since what ran before may hold one', async () => {
      const set: unknown[][] = [];
      const state = { get: () => undefined, set: (...all: unknown[]) => void set.push(all) };
      await leftDeployment(state).note(ofThisRun);
      assert.equal(set[0]?.[2], true);
      assert.equal(set[0]?.[0], 'unfinished');
    });
  });

  describe('and what is said of the failure', () => {
    it('is both the failure and what became of the group', async () => {
      const failure = new TaskFailure('It does not serve.');
      const said = await failureWithUndoing(failure, Promise.resolve('It was removed.'));
      assert.equal(said.message, 'It does not serve. It was removed.');
      assert.equal(said.cause, failure);
      const both = await failureWithUndoing(failure, Promise.reject(new Error('no network')));
      assert.equal(
        both.message,
        'It does not serve. Undoing failed as well, and is tried once more when the job ends: no network',
      );
    });

    it('is only the failure where it was not expected', async () => {
      const bug = new TypeError('x is undefined');
      assert.equal(await failureWithUndoing(bug, Promise.resolve('It was removed.')), bug);
      assert.equal(await failureWithUndoing(bug, Promise.reject(new Error('no network'))), bug);
    });
  });
});
