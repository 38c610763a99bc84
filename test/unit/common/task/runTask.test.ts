import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import sinon from 'sinon';
import type * as TaskLib from 'azure-pipelines-task-lib/task';
import type { ServiceConnection } from '../../../../tasks/common/azure/http/serviceConnection';
import { Secret } from '../../../../tasks/common/secret';
import { runPostJob, runTask } from '../../../../tasks/common/task/runTask';
import type { InputReader } from '../../../../tasks/common/task/inputReader';
import type { StageResult, TaskContext } from '../../../../tasks/common/task/taskContext';
import { TaskFailure } from '../../../../tasks/common/taskFailure';

const tl = createRequire(__filename)('azure-pipelines-task-lib/task') as typeof TaskLib;

describe('a task that the agent runs', () => {
  let results: unknown[][];
  let variables: unknown[][];
  let said: string[];
  let known: Record<string, string>;
  beforeEach(() => {
    [results, variables, said, known] = [[], [], [], {}];
    // It watches the agent for as long as its process lives; this process is of the tests.
    sinon.stub(globalThis, 'setInterval').returns({ unref: () => undefined } as unknown as NodeJS.Timeout);
    for (const stream of [process.stdout, process.stderr]) sinon.stub(stream, 'on').returnsThis();
    sinon.stub(tl, 'setResult').callsFake((...all) => void results.push(all));
    sinon.stub(tl, 'setVariable').callsFake((...all) => void variables.push(all));
    sinon.stub(tl, 'getVariable').callsFake((name) => known[name]);
    const say = (text: string | Buffer) => void said.push(String(text));
    for (const way of ['writeExternalOutput', 'debugExternalOutput', 'warningExternalOutput', 'errorExternalOutput'] as const) {
      sinon.stub(tl, way).callsFake(say);
    } // prettier-ignore
  });
  afterEach(() => sinon.restore());

  const { Succeeded, Failed, SucceededWithIssues } = tl.TaskResult;
  const run = (stage: (inputs: string, context: TaskContext) => Promise<StageResult>) =>
    runTask('Train', () => 'inputs', () => Promise.resolve(stage)); // prettier-ignore
  const end = (result: Partial<StageResult>) => run(() => Promise.resolve({ outputs: {}, ...result }));

  for (const [what, result, expected] of [
    ['that succeeds', {}, [Succeeded, '', true]],
    ['that succeeds, whatever its reason', { outcome: 'succeeded', reason: 'why' }, [Succeeded, '', true]],
    ['that fails', { outcome: 'failed', reason: 'why' }, [Failed, 'why', true]],
    ['that fails without a reason', { outcome: 'failed' }, [Failed, 'Train failed.', true]],
    ['that has issues', { outcome: 'succeededWithIssues', reason: 'why' }, [SucceededWithIssues, 'why', true]],
  ] as Array<[string, Partial<StageResult>, unknown[]]>) {
    it(`ends as a stage ${what}`, async () => {
      await end(result);
      assert.deepEqual(results, [expected]);
    });
  }

  it('sets its outputs for later steps, but for those that there are not, and no command that stands in one', async () => {
    await end({ outputs: { jobName: 'j', empty: '', none: undefined, reply: 'a ##VSO[task.setvariable]b' } });
    assert.deepEqual(variables, [
      ['jobName', 'j', false, true],
      ['empty', '', false, true],
      ['reply', 'a ##_vso[task.setvariable]b', false, true],
    ]);
  });

  it('hands the file of its record on, and says where a card could not be written beside it', async () => {
    const recordFile = path.join('nowhere', 'mlops-record.json');
    await run((_inputs, context) => {
      sinon.stub(context.publish, 'record').returns();
      return Promise.resolve({ outputs: {}, recordFile });
    });
    assert.deepEqual(variables, [
      ['recordFile', path.resolve(recordFile), false, true],
      ['mlops.recordFile', path.resolve(recordFile)],
    ]);
    assert.ok(said.some((line) => line.startsWith('The model card was not written: ')));
    assert.deepEqual(results, [[Succeeded, '', true]]);
  });

  it('says all that is wrong with its inputs, and does not begin', async () => {
    const read = (reader: InputReader) => {
      reader.warnings.push('odd');
      reader.problem('one', 'it is wrong.');
      reader.problem('two', 'it is wrong.');
    };
    const loadStage = sinon.stub().rejects(new Error('not to be loaded'));
    await runTask('Train', read, loadStage);
    sinon.assert.notCalled(loadStage);
    assert.deepEqual(results, [[Failed, '2 inputs are wrong:\n  - Input one: it is wrong.\n  - Input two: it is wrong.', true]]); // prettier-ignore
    assert.ok(said.includes('odd'));
  });

  for (const [what, error, message, shown] of [
    ['a failure that the user can act on', new TaskFailure('No.', 'Do this.'), /^No\. Do this\.$/, false],
    [
      'a failure that a page says more of',
      new TaskFailure('No.', undefined, { help: 'roles' }),
      /^No\. More: \S+#roles$/,
      false,
    ],
    [
      'a bug',
      new TypeError('x is undefined'),
      /^Train failed unexpectedly: x is undefined Please report this bug with the stack trace above\.$/,
      true,
    ],
  ] as const) {
    // prettier-ignore
    it(`fails by ${what}, ${shown ? 'with' : 'without'} a stack in the log`, async () => {
      await run(() => Promise.reject(error));
      assert.equal(results.length, 1);
      const [[result, text] = []] = results;
      assert.equal(result, Failed);
      assert.match(String(text), message);
      const lines = said.filter((line) => line.includes('TypeError: x is undefined\n    at'));
      assert.equal(lines.length, shown ? 1 : 0);
    });
  }

  it('tells its stage that the agent wants it to end, and fails as cancelled', async () => {
    const listening = process.listenerCount('SIGTERM');
    await run(async (_inputs, { signal }) => {
      assert.equal(signal.aborted, false);
      assert.equal(process.listenerCount('SIGTERM'), listening + 1);
      process.emit('SIGTERM');
      signal.throwIfAborted();
      return { outputs: {} };
    });
    assert.deepEqual(results, [
      [Failed, 'The task was cancelled: the pipeline was cancelled or the step reached its time limit.', true],
    ]);
    assert.equal(process.listenerCount('SIGTERM'), listening, 'and it listens no more');
  });

  it('keeps what is secret so: what it hands to later steps of the job, and what it is told to hide', async () => {
    const hidden = sinon.stub(tl, 'setSecret');
    const task = sinon.stub(tl, 'setTaskVariable');
    sinon.stub(tl, 'getTaskVariable').callsFake((name) => (name === 'kept' ? 'state' : ''));
    known = { previous: 'a secret of the job', 'mlops.recordFile': '/record' };
    await run(async (_inputs, { azure, jobSecrets, secret, state, recordVariable }) => {
      jobSecrets.set('previous', new Secret('kept for later'));
      assert.equal(jobSecrets.get('previous')!.reveal(), 'a secret of the job');
      assert.equal(jobSecrets.get('nothing'), undefined);
      secret(new Secret('hidden from the log'));
      azure({ subscriptionId: 's' } as ServiceConnection).keepSecret(new Secret('a key that Azure gave'));
      state.set('left', 'work', true);
      assert.deepEqual([state.get('kept'), state.get('other'), recordVariable], ['state', undefined, '/record']);
      return { outputs: {} };
    });
    assert.deepEqual(results, [[Succeeded, '', true]], said.join('\n'));
    assert.deepEqual(variables, [['previous', 'kept for later', true]]);
    assert.deepEqual(task.args, [['left', 'work', true]]);
    for (const each of ['hidden from the log', 'a key that Azure gave']) assert.ok(hidden.calledWith(each), each);
  });

  describe('and its post-job step', () => {
    const clean = (cleanUp: (inputs: string, context: TaskContext) => Promise<void>) =>
      runPostJob(() => 'inputs', () => Promise.resolve(cleanUp)); // prettier-ignore

    it('cleans up without a word', async () => {
      const cleanUp = sinon.stub().resolves();
      await clean(cleanUp);
      assert.equal(cleanUp.firstCall.args[0], 'inputs');
      assert.deepEqual([results, said], [[], []]);
    });

    it('never fails the job: what goes wrong is a warning, which the list of steps shows', async () => {
      await clean(() => Promise.reject(new Error('Azure is away.')));
      assert.deepEqual([results, said], [[[SucceededWithIssues, '', true]], ['Azure is away.']]);
    });

    it('warns of inputs that are wrong, and does not begin; of what is odd the main step has told', async () => {
      const load = sinon.stub().rejects(new Error('not to be loaded'));
      await runPostJob((reader) => {
        reader.warnings.push('odd');
        reader.problem('one', 'it is wrong.');
      }, load);
      sinon.assert.notCalled(load);
      assert.deepEqual([results, said], [[[SucceededWithIssues, '', true]], ['Input one: it is wrong.']]);
    });
  });
});
