import assert from 'node:assert/strict';
import { everyFailure } from '../../../tasks/common/everyFailure';
import { TaskFailure } from '../../../tasks/common/taskFailure';

const fail = (error: Error): Promise<never> => Promise.reject(error);

describe('several things that must all succeed', () => {
  it('give their results in order', async () =>
    assert.deepEqual(await everyFailure([Promise.resolve(1), Promise.resolve('two')]), [1, 'two']));

  it('fail with all that users must put right, and with one as it is', async () => {
    const [one, two] = [new TaskFailure('One.', 'Do this.', { help: 'roles' }), new TaskFailure('Two.')];
    await assert.rejects(everyFailure([fail(one), Promise.resolve(1), fail(two)]), (error: TaskFailure) => {
      assert.ok(error instanceof TaskFailure);
      assert.deepEqual([error.message, error.help], ['One. Do this.\nTwo.', 'roles']);
      return true;
    });
    await assert.rejects(everyFailure([Promise.resolve(1), fail(two)]), (error) => error === two);
  });

  it('fail with what is no fault of the user, such as a cancellation, before all else', async () => {
    const aborted = new DOMException('aborted', 'AbortError');
    await assert.rejects(everyFailure([fail(new TaskFailure('One.')), fail(aborted)]), (error) => error === aborted);
  });
});
