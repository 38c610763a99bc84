import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { fakeWorkspace } from '../../support/fakeWorkspace';
import { taskContext } from '../../support/taskContext';
import { EvaluationJobs, type EvaluationSpec } from '../../../tasks/Evaluate/evaluationJob';
import { leftJobs } from '../../../tasks/Evaluate/leftJobs';

const refused = (status: number) =>
  new AzureFailure(`Azure answered ${status}`, undefined, status, 'Code', 'no', undefined);

describe('Evaluate: the jobs of an evaluation', () => {
  const setUp = () => {
    const stop = new AbortController();
    let time = Date.UTC(2026, 0, 1);
    const clock = {
      now: () => time,
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        time += Math.max(1, milliseconds);
      },
    };
    const { context } = taskContext('.', { clock, signal: stop.signal });
    /** What the workspace answers; a job runs on until its details say otherwise. */
    const world = {
      status: 'Completed',
      details: (): void => undefined,
      metrics: (): unknown => ({ run: { data: { metrics: [{ key: 'rmse', value: 1 }] } } }),
      cancel: (): void => undefined,
    };
    const jobs = new Map<string, object>();
    const cancelled: string[] = [];
    const request = sinon.spy(async ({ method = 'GET', url, body }: AzureRequest) => {
      const name = /(?:jobs|runs)\/([^/]+)/.exec(url)?.[1] ?? '';
      if (url.endsWith('/cancel')) {
        world.cancel();
        cancelled.push(name);
        return { status: 202, body: {} };
      }
      if (url.endsWith('/details')) {
        world.details();
        return { status: 200, body: { runId: name, status: world.status } };
      }
      if (url.includes('mlflow')) {
        const body = world.metrics();
        return { status: body ? 200 : 404, body };
      }
      if (method === 'PUT')
        jobs.set(name, { name, properties: { ...(body as { properties: object }).properties, status: 'Running' } });
      if (!jobs.has(name)) return { status: 404, body: {} };
      return { status: 200, body: jobs.get(name) };
    });
    const workspace = Object.assign(fakeWorkspace(request), {
      dataPlaneUrl: async () => 'https://api.test',
      mlflowUrl: async () => 'https://api.test/mlflow',
    });
    const model = (version: string) =>
      ({
        name: 'm',
        version,
        id: `/m/${version}`,
        type: 'custom_model',
        tags: {},
        properties: {},
      }) as unknown as RegisteredModel;
    const evaluation = {
      spec: { type: 'command', command: 'e', environment: '/e', inputs: { model: { type: 'custom_model', path: '' } } },
      source: { directory: '/', writtenAs: () => undefined, place: () => 'here' },
    } as unknown as EvaluationSpec;
    const evaluations = new EvaluationJobs(workspace, context);
    Object.assign(evaluations, { bodyOf: async () => ({ jobType: 'Command' }) });
    return {
      world,
      jobs,
      cancelled,
      stop,
      left: () => leftJobs(context.state).read()?.names,
      measure: () => evaluations.measure(evaluation, [model('2'), model('1')]),
    };
  };

  it('measures both models', async () => {
    const { measure, left, jobs } = setUp();
    assert.deepEqual((await measure()).map(({ metrics }) => metrics), [{ rmse: 1 }, { rmse: 1 }]); // prettier-ignore
    assert.deepEqual([jobs.size, left()], [2, undefined]);
  });

  it('leaves running what it cannot see, and says how the next try takes it up', async () => {
    const { measure, left, cancelled, world } = setUp();
    world.details = () => {
      throw refused(403);
    };
    await assert.rejects(
      measure(),
      /jobs \S+ and \S+ were not cancelled.*by "Rerun failed jobs": it takes up what runs/,
    );
    assert.deepEqual([cancelled, left()], [[], undefined]);
  });

  it('takes one odd answer for no end', async () => {
    for (const status of [401, 403, 404, 409]) {
      const { measure, world } = setUp();
      let isTold = false;
      world.details = () => {
        if (isTold) return;
        isTold = true;
        throw refused(status);
      };
      assert.equal((await measure()).length, 2);
    }
  });

  it('decides nothing by a run that is not to be found', async () => {
    const { measure, world } = setUp();
    world.metrics = () => undefined;
    await assert.rejects(measure(), /metrics of the job \S+ cannot be found, so nothing is decided/);
  });

  it('cancels both where the pipeline is cancelled, and leaves to the post-job step what it could not', async () => {
    for (const fails of [false, true]) {
      const { measure, world, stop, cancelled, left } = setUp();
      world.status = 'Running';
      world.details = () => stop.abort(new Error('cancelled'));
      if (fails) {
        world.cancel = () => {
          throw refused(500);
        };
      }
      await assert.rejects(measure(), /cancelled/);
      assert.equal(cancelled.length, fails ? 0 : 2);
      assert.equal(left()?.length, fails ? 2 : undefined);
    }
  });
});
