import assert from 'node:assert/strict';
import { cancelLeftJob } from '../../../tasks/Train/cancelLeftJob';
import { leftJob } from '../../../tasks/Train/leftJob';
import { fakeWorkspace } from '../../support/fakeWorkspace';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';

const left = { name: 'j', resourceGroup: 'g', workspace: 'w' };

/** The post-job step of a step that noted this, where the job stands so; undefined where Azure has no such job. */
async function postJob(noted: { isConfirmed: boolean } | undefined, status: string | undefined) {
  const asked: string[] = [];
  const { session } = fakeWorkspace(async ({ method, url }) => {
    asked.push(`${method} ${url}`);
    if (status === undefined) return { status: 404, body: { error: { code: 'UserError', message: 'not found' } } };
    return { body: { name: 'j', properties: { jobType: 'Command', status } } };
  });
  let time = 0;
  const clock = { now: () => time, sleep: async (milliseconds: number) => void (time += milliseconds) };
  const connections: unknown[] = [];
  const azure = (connection: unknown) => {
    connections.push(connection);
    return session;
  };
  const { context } = taskContext('.', { azure, clock });
  if (noted) await leftJob(context.state).note({ ...left, ...noted });
  await cancelLeftJob({ connection: serviceConnection }, context);
  return { asked, connections };
}

describe("Train's post-job step", () => {
  it('asks nothing of Azure where no job is left', async () => {
    assert.deepEqual(await postJob(undefined, 'Running'), { asked: [], connections: [] });
  });

  it("cancels the job that still runs, by the step's own connection", async () => {
    const { asked, connections } = await postJob({ isConfirmed: true }, 'Running');
    assert.deepEqual(asked, ['GET jobs/j', 'POST jobs/j/cancel']);
    assert.deepEqual(connections, [serviceConnection]);
  });

  it('leaves a job alone that has ended', async () => {
    assert.deepEqual((await postJob({ isConfirmed: true }, 'Completed')).asked, ['GET jobs/j']);
  });

  it('fails where a job that Azure confirmed cannot be seen: it may run on', async () => {
    await assert.rejects(postJob({ isConfirmed: true }, undefined), /The job j of the workspace w may run on: Azure says that it is not there/); // prettier-ignore
  });

  it('believes that there is no job where Azure never confirmed it', async () => {
    const { asked } = await postJob({ isConfirmed: false }, undefined);
    assert.deepEqual(new Set(asked), new Set(['GET jobs/j']));
  });
});
