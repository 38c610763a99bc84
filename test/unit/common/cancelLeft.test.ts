import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { cancelJobs } from '../../../tasks/common/azure/ml/jobs/cancelLeft';
import type { Job } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import type { TaskLog } from '../../../tasks/common/log';

describe('what a step left behind', () => {
  const names = ['candidate', 'champion'];
  const running = { properties: { status: 'Running' } } as Job;

  const cancel = async (find: (name: string) => Promise<Job | undefined>, confirmed: string[]) => {
    let time = 0;
    const clock = { now: () => time, sleep: async (milliseconds: number) => void (time += milliseconds) };
    const requestCancel = sinon.stub().resolves();
    const log = { info: sinon.stub() } as unknown as TaskLog;
    const surroundings = { log, clock, signal: new AbortController().signal };
    const error = await cancelJobs({ names, confirmed, workspace: 'w' }, { find, requestCancel }, surroundings).then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    return { error, cancelled: requestCancel.args.map(([name]) => name as string) };
  };

  it('is cancelled where it runs, and left alone where it has ended', async () => {
    const ended = { properties: { status: 'Completed' } } as Job;
    const { error, cancelled } = await cancel(async (name) => (name === 'champion' ? ended : running), names);
    assert.deepEqual([error, cancelled], [undefined, ['candidate']]);
  });

  it('is cancelled one by one: a job that cannot be seen keeps no other running, and is named', async () => {
    const { error, cancelled } = await cancel(async (name) => {
      if (name === 'candidate') throw new AzureFailure('Azure answered 503.', undefined, 503, '503', '', undefined);
      return running;
    }, names);
    assert.deepEqual(cancelled, ['champion']);
    assert.match(error!, /^The job candidate of the workspace w may run on: .*503/);
  });

  it('names every job that may run on', async () => {
    const { error } = await cancel(async () => {
      throw new AzureFailure('Azure answered 503.', undefined, 503, '503', '', undefined);
    }, names);
    assert.match(error!, /^The jobs candidate and champion of the workspace w may run on: /);
  });

  it('is believed to be absent only where Azure never confirmed it', async () => {
    const { error, cancelled } = await cancel(async () => undefined, ['candidate']);
    assert.deepEqual(cancelled, []);
    assert.match(error!, /^The job candidate of the workspace w may run on: Azure says that it is not there/);
  });
});
