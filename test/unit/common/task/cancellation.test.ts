import assert from 'node:assert/strict';
import sinon from 'sinon';
import { endWithTheAgent } from '../../../../tasks/common/task/cancellation';

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
});
