import assert from 'node:assert/strict';
import sinon from 'sinon';
import { endWithTheAgent, untilSaid } from '../../../../tasks/common/task/cancellation';

describe('a task whose agent has died', () => {
  const outputs = [process.stdout, process.stderr];
  const before = outputs.map((stream) => stream.listeners('error'));
  afterEach(() => {
    sinon.restore();
    for (const [index, stream] of outputs.entries()) {
      for (const each of stream.listeners('error')) {
        if (!before[index]!.includes(each)) stream.removeListener('error', each as () => void);
      }
    }
  });

  // Left to itself it would write of each broken write into the broken pipe, for ever.
  it('ends at the first word that nobody can read', () => {
    const exit = sinon.stub(process, 'exit');
    endWithTheAgent();
    for (const stream of outputs) stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    assert.deepEqual(exit.args, [[1], [1]]);
  });

  // It may say nothing for minutes, in the midst of a request.
  it('ends soon though it has nothing to say', () => {
    const exit = sinon.stub(process, 'exit');
    const clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let parent = process.ppid;
    sinon.stub(process, 'ppid').get(() => parent);
    endWithTheAgent();
    clock.tick(60_000);
    sinon.assert.notCalled(exit);
    parent = 1;
    clock.tick(1_000);
    assert.deepEqual(exit.args, [[1]]);
  });

  // On a connection that is kept open a request goes out before Node tells of the broken pipe.
  it('says what it is about to begin before it begins', async () => {
    const order: string[] = [];
    sinon.stub(process.stdout, 'write').callsFake(((_text: string, done?: () => void) => {
      process.nextTick(() => {
        order.push('the pipe is broken');
        done?.();
      });
      return true;
    }) as typeof process.stdout.write);
    await untilSaid().then(() => order.push('begun'));
    sinon.restore();
    assert.deepEqual(order, ['the pipe is broken', 'begun']);
  });

  it('ends where an orphan keeps the number of its parent, as on Windows', () => {
    const exit = sinon.stub(process, 'exit');
    const clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const look = sinon.stub(process, 'kill').throws(Object.assign(new Error(), { code: 'EPERM' }));
    endWithTheAgent();
    clock.tick(1_000);
    sinon.assert.notCalled(exit);
    look.throws(Object.assign(new Error(), { code: 'ESRCH' }));
    clock.tick(1_000);
    assert.deepEqual(exit.args, [[1]]);
  });
});
