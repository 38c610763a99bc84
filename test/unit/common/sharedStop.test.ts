import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { sharedStop } from '../../../tasks/common/azure/storage/sharedStop';
import { cancellation } from '../../../tasks/common/task/cancellation';

describe('a signal for which many requests wait', () => {
  const stop = cancellation();
  after(() => stop.dispose());
  for (const [what, signal] of [
    ['the cancellation of a step', stop.signal],
    ['what ends uploads that run together', sharedStop(new AbortController().signal)],
  ] as const) {
    it(`brings no warning of Node into the log: ${what}`, async () => {
      const warnings: Error[] = [];
      const listen = (warning: Error) => void warnings.push(warning);
      process.on('warning', listen);
      for (let index = 0; index < 50; index++) signal.addEventListener('abort', () => {});
      await setImmediate();
      process.removeListener('warning', listen);
      assert.deepEqual(warnings, []);
    });
  }

  it('aborts as soon as one of them does', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const both = sharedStop(one.signal, other.signal);
    other.abort(new Error('why'));
    assert.ok(both.aborted);
    assert.equal((both.reason as Error).message, 'why');
  });
});
