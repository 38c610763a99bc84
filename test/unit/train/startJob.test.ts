import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { Job, JobProperties } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import type { Machine } from '../../../tasks/common/azure/ml/prices/prices';
import type { Pipeline } from '../../../tasks/common/pipeline';
import type { TaskContext } from '../../../tasks/common/task/taskContext';
import type { TrainInputs } from '../../../tasks/Train/inputs';
import { jobNameBase } from '../../../tasks/Train/jobName';
import { leftJob, type LeftJob } from '../../../tasks/Train/leftJob';
import type { Provenance } from '../../../tasks/Train/provenance';
import type { Services } from '../../../tasks/Train/services';
import { startJob, takeUpJob } from '../../../tasks/Train/startJob';
import { buildPipeline, taskContext } from '../../support/taskContext';

const minute = 60_000;
const noAnswer = new AzureFailure('Azure could not be reached.', undefined, undefined, 'ECONNRESET', '', undefined);
const refusal = new AzureFailure('Azure answered 400.', undefined, 400, 'BadRequest', '', undefined);
/** A dollar a minute. */
const machine: Machine = {
  compute: 'gpu',
  price: { size: 'Standard_X', tier: 'Standard', os: 'Linux', perHour: 60, currency: 'USD' },
};
const page = 'https://ml.azure.com/runs/x';
type NewJob = Exclude<TrainInputs['job'], { source: 'existing' }>;

/** A workspace, and time that passes only while somebody sleeps. */
function setUp(change: Partial<TrainInputs> = {}, ofPipeline: Partial<Pipeline> = {}) {
  let time = 0;
  const clock = { now: () => time, sleep: async (milliseconds: number) => void (time += milliseconds) };
  const stop = new AbortController();
  const { context, traces } = taskContext('/', { clock, signal: stop.signal });
  const ran: TaskContext = { ...context, pipeline: { ...buildPipeline('/'), ...ofPipeline } };
  const jobs = new Map<string, Job>();
  const put = (name: string, properties: object): Job => {
    const job = { id: name, name, properties: { jobType: 'Command', status: 'NotStarted', ...properties } } as Job;
    jobs.set(name, job);
    return job;
  };
  const codeHashes = new Map<string, string>();
  const services = {
    workspace: { subscriptionId: 'sub', resourceGroup: 'group', name: 'home' },
    jobs: {
      find: sinon.spy(async (name: string, _signal?: AbortSignal, _isThere?: boolean) => jobs.get(name)),
      create: sinon.spy(async (name: string, properties: JobProperties) => put(name, properties)),
      requestCancel: sinon.stub().resolves(),
    },
    models: { list: sinon.stub().resolves([]) },
    assets: () => ({ codeHashes, environment: async () => 'env', compute: async () => undefined }),
    prices: { of: async (uses: unknown[]): Promise<Machine[]> => uses.map(() => machine) },
  };
  const inputs = {
    job: { source: 'inline', command: 'python t.py', environment: 'azureml:e:1', outputs: {} },
    overrides: { inputs: {}, environmentVariables: {}, tags: {} },
    retrain: 'always',
    waitForCompletion: true,
    ...change,
  } as unknown as TrainInputs & { job: NewJob };
  const provenance: Provenance = {
    build: { id: '42', number: '1', definition: 'd', url: 'https://build', project: 'p' },
  };
  const left = leftJob(ran.state);
  return {
    jobs,
    put,
    services,
    codeHashes,
    said: traces.lines,
    warnings: traces.warnings,
    stop,
    time: () => time,
    left: (): LeftJob | undefined => left.read(),
    created: () => services.jobs.create.args.map(([name]) => name),
    body: () => services.jobs.create.args[0]![1] as JobProperties & { properties: Record<string, string> },
    start: () => startJob(inputs, inputs.job, provenance, services as unknown as Services, ran),
    takeUp: (maxCost?: number) => takeUpJob('theirs', maxCost, services as unknown as Services, ran),
  };
}

/** The name that this step's job of this number has. */
const jobName = (count = 1) => `${jobNameBase('quickstart', buildPipeline('/'))}-${count}`;
const inWorkspace = { resourceGroup: 'group', workspace: 'home' };

describe('Train: starting a job', () => {
  it('says what was started and where it is to be seen', async () => {
    const world = setUp();
    world.services.jobs.create = sinon.spy(async (name: string, _body: JobProperties) => world.put(name, { services: { Studio: { endpoint: page } } })); // prettier-ignore
    const { job } = await world.start();
    assert.equal(job.name, jobName());
    assert.deepEqual(world.said, [`Started the job ${jobName()} in the experiment quickstart.`, `Studio: ${page}`]);
  });

  it('says nothing of a page that the service does not name', async () => {
    const world = setUp();
    await world.start();
    assert.deepEqual(world.said, [`Started the job ${jobName()} in the experiment quickstart.`]);
  });

  for (const [definition, experiment] of [
    ['quickstart', 'quickstart'],
    ['Train it (nightly)', 'Train-it-nightly'],
    ['__a_b--', 'a_b'],
    ['日本', 'Default'],
    [undefined, 'Default'],
  ] as const) {
    it(`is in the experiment ${experiment} where the pipeline's name is ${definition ?? 'not known'}`, async () => {
      const build = definition === undefined ? undefined : { id: '42', number: '1', definition, url: '' };
      const world = setUp({}, { build });
      await world.start();
      assert.equal(world.body().experimentName, experiment);
    });
  }

  it('is in the experiment that the inputs name', async () => {
    const overrides = { inputs: {}, environmentVariables: {}, tags: {}, experimentName: 'mine', displayName: 'shown' };
    const world = setUp({ overrides });
    await world.start();
    assert.deepEqual([world.body().experimentName, world.body().displayName], ['mine', 'shown']);
    assert.match(world.created()[0]!, /^mine-42-/);
  });

  for (const [what, ofPipeline, shown] of [
    ['build', {}, '20260101.1'],
    ['release', { build: undefined, release: { id: '7', name: 'Release-7', environment: 'e', url: '' } }, 'Release-7'],
    ['neither', { build: undefined }, undefined],
  ] satisfies Array<[string, Partial<Pipeline>, string | undefined]>) {
    it(`is shown by the name of its run: ${what}`, async () => {
      const world = setUp({}, ofPipeline);
      await world.start();
      assert.equal(world.body().displayName, shown);
    });
  }

  it('carries where it comes from, and what it was asked to do', async () => {
    const world = setUp();
    await world.start();
    const { 'mlops.specification': specification, ...origin } = world.body().properties;
    assert.match(specification!, /^[0-9a-f]{64}$/);
    assert.deepEqual(origin, { 'azureml.git.build_id': '42', 'azureml.git.build_uri': 'https://build' });
  });

  it('tells the hash of its code, the last that was brought along', async () => {
    const world = setUp();
    assert.equal((await world.start()).codeHash, undefined);
    world.codeHashes.set('a', 'first').set('b', 'last');
    assert.equal((await world.start()).codeHash, 'last');
  });

  it('warns where a limit of the cost is held by the step only, and else says what it pays for', async () => {
    const ofCommand = setUp({ maxCost: 2 });
    const { budget } = await ofCommand.start();
    assert.equal(budget?.seconds, 120);
    assert.deepEqual([ofCommand.warnings, ofCommand.said.length], [[], 2]);
    assert.match(ofCommand.said[1]!, /^maxCost, 2 USD, pays for 0:02:00 of 1 node/);
  });

  describe('notes it for the post-job step', () => {
    for (const waitForCompletion of [true, false]) {
      const when = waitForCompletion
        ? 'before it is sent, as not confirmed, and as confirmed when it was answered'
        : 'at no time where nobody waits for it: it is meant to run on';
      it(when, async () => {
        const world = setUp({ waitForCompletion });
        const { create } = world.services.jobs;
        let before: LeftJob | undefined;
        world.services.jobs.create = sinon.spy(async (name, body) => {
          before = world.left();
          return create(name, body);
        });
        await world.start();
        const noted = (isConfirmed: boolean) =>
          waitForCompletion ? { name: jobName(), ...inWorkspace, isConfirmed } : undefined;
        assert.deepEqual([before, world.left()], [noted(false), noted(true)]);
      });
    }

    it('no longer where it was refused: it does not exist', async () => {
      const world = setUp();
      world.services.jobs.create = sinon.stub().rejects(refusal) as never;
      await assert.rejects(world.start(), refusal);
      assert.equal(world.left(), undefined);
    });
  });

  it('insists for ten minutes on a workspace that gives no answer, and says that the job may run', async () => {
    const world = setUp();
    world.services.jobs.create = sinon.stub().rejects(noAnswer) as never;
    await assert.rejects(world.start(), (error: Error) => {
      assert.match(error.message, new RegExp(`could not be reached\\. The job ${jobName()} may have been started all the same, and would run on\\. Run this step again: it follows the job by its name`)); // prettier-ignore
      assert.match((error.cause as Error).message, /out of reach for 0:10/);
      return true;
    });
    assert.ok(world.time() >= 10 * minute && world.time() < 11 * minute, String(world.time()));
    assert.equal(world.left(), undefined);
  });

  it('insists for ten minutes on a workspace that does not say whether the job is there, and starts nothing', async () => {
    const world = setUp();
    world.services.jobs.find = sinon.stub().rejects(noAnswer) as never;
    await assert.rejects(world.start(), /out of reach for 0:10/);
    assert.ok(world.time() >= 10 * minute && world.time() < 11 * minute, String(world.time()));
    assert.deepEqual(world.created(), []);
  });

  it('hands on what is not of Azure as it is', async () => {
    const world = setUp();
    const bug = new TypeError('x is not a function');
    world.services.jobs.create = sinon.stub().rejects(bug) as never;
    await assert.rejects(world.start(), bug);
  });

  for (const isRefused of [false, true]) {
    it(`cancels what was sent where the pipeline is cancelled${isRefused ? ', or leaves it to the post-job step' : ''}`, async () => {
      const world = setUp();
      const stopped = new Error('stopped');
      if (isRefused) world.services.jobs.requestCancel.rejects(noAnswer);
      world.services.jobs.create = sinon.spy(async () => {
        world.stop.abort(stopped);
        throw stopped;
      }) as never;
      await assert.rejects(world.start(), stopped);
      sinon.assert.calledOnceWithExactly(world.services.jobs.requestCancel, jobName());
      const noted = { name: jobName(), ...inWorkspace, isConfirmed: false };
      assert.deepEqual(world.left(), isRefused ? noted : undefined);
      if (isRefused) {
        assert.match(world.warnings[0]!, /could not be cancelled: Azure could not be reached\. The post-job step tries again/); // prettier-ignore
        assert.deepEqual(world.said, []);
      } else {
        assert.deepEqual([world.warnings, world.said], [[], [`Asked Azure ML to cancel the job ${jobName()}.`]]);
      }
    });
  }
});

describe('Train: the job of an earlier try', () => {
  /** A first try has started the job, which has come so far. */
  const after = async (status: string, change: Partial<TrainInputs> = {}, first: Partial<TrainInputs> = change) => {
    const earlier = setUp(first);
    await earlier.start();
    const world = setUp(change);
    world.put(jobName(), { ...earlier.body(), status });
    return world;
  };

  for (const status of ['NotStarted', 'Queued', 'Running', 'Finalizing', 'CancelRequested', 'Paused', 'Completed']) {
    it(`is followed where it is ${status}, and left to the post-job step`, async () => {
      const world = await after(status);
      const { job } = await world.start();
      assert.deepEqual([job.name, world.created()], [jobName(), []]);
      assert.deepEqual(world.said, [`An earlier try of this step started the job ${jobName()} (${status}): following it.`]); // prettier-ignore
      assert.deepEqual(world.left(), { name: jobName(), ...inWorkspace, isConfirmed: true });
    });
  }

  it('is handed back where nobody waits for it, and runs on', async () => {
    const world = await after('Running', { waitForCompletion: false });
    assert.equal((await world.start()).job.name, jobName());
    assert.equal(world.left(), undefined);
  });

  for (const status of ['Failed', 'Canceled']) {
    it(`is ${status}, which is said, and another is started`, async () => {
      const world = await after(status);
      assert.equal((await world.start()).job.name, jobName(2));
      assert.equal(world.said[0], `The job ${jobName()} of an earlier try is ${status}: starting another.`);
    });
  }

  it('did something else, which is said, and another is started: a running job of other work is not taken for its own', async () => {
    const world = await after('Running');
    world.put(jobName(), { status: 'Running', properties: { 'mlops.specification': 'else' } });
    assert.equal((await world.start()).job.name, jobName(2));
    assert.equal(world.said[0], `The job ${jobName()} of an earlier try did something else: starting another.`);
  });

  it('has no properties at all, so it is another', async () => {
    const world = await after('Running');
    world.put(jobName(), { status: 'Running', properties: null });
    assert.equal((await world.start()).job.name, jobName(2));
  });

  it('is looked for until a number is free', async () => {
    const world = await after('Failed');
    world.put(jobName(2), { status: 'Canceled' });
    assert.equal((await world.start()).job.name, jobName(3));
  });

  describe('with a limit of the cost', () => {
    it('says nothing where the limit is the same', async () => {
      const world = await after('Running', { maxCost: 2 });
      const { budget } = await world.start();
      assert.deepEqual([budget?.maxCost, world.said.length, world.warnings], [2, 1, []]);
    });

    it('warns where the job runs without one', async () => {
      const world = await after('Running', { maxCost: 2 }, {});
      await world.start();
      assert.match(world.warnings[0]!, /^The job was started without a time limit, and that cannot be changed/);
    });

    it('says nothing of the limit of a job that has ended', async () => {
      const world = await after('Completed', { maxCost: 2 }, {});
      await world.start();
      assert.deepEqual(world.warnings, []);
    });
  });
});

describe('Train: only what has changed', () => {
  const trained = async (change: Partial<TrainInputs>) => {
    const world = setUp(change);
    await world.start();
    world.put('earlier', { ...world.body(), status: 'Completed' });
    world.services.models.list.resolves([{ name: 'm', version: '3', properties: { 'mlops.job': 'earlier' } }]);
    world.codeHashes.set('code', 'hash');
    world.jobs.delete(jobName());
    return world;
  };
  const model = { name: 'm', path: 'outputs/model', isDefault: true, type: 'auto' } as TrainInputs['model'];

  it('is trained: the job of the newest version counts again', async () => {
    const { services, start, created } = await trained({ retrain: 'whenChanged', model });
    const { job, isUnchanged, codeHash } = await start();
    assert.deepEqual([job.name, isUnchanged, codeHash, created().length], ['earlier', true, 'hash', 1]);
    sinon.assert.alwaysCalledWith(services.models.list, 'm');
  });

  it('is not looked at where training is asked for always', async () => {
    const { services, start } = await trained({ retrain: 'always', model });
    const { job, isUnchanged } = await start();
    assert.deepEqual([job.name, isUnchanged], [jobName(), undefined]);
    sinon.assert.notCalled(services.models.list);
  });

  it('is not known where no model is registered', async () => {
    const { services, start } = await trained({ retrain: 'whenChanged', model: undefined });
    assert.equal((await start()).job.name, jobName());
    sinon.assert.notCalled(services.models.list);
  });
});

describe('Train: taking up a job by its name', () => {
  const inState = (status: string, properties: object = {}) => {
    const world = setUp();
    world.put('theirs', { status, ...properties });
    return world;
  };

  it('fails where there is none, and says whose name is wanted', async () => {
    await assert.rejects(setUp().takeUp(), (error: Error) => {
      assert.match(error.message, /^Input jobName: there is no job "theirs" in the workspace home\. Use the output variable jobName of the step that started it\.$/); // prettier-ignore
      return true;
    });
  });

  it('leaves a running job to the post-job step', async () => {
    const world = inState('Running', { services: { Studio: { endpoint: page } } });
    const { job, budget, codeHash } = await world.takeUp();
    assert.deepEqual([job.name, budget, codeHash], ['theirs', undefined, undefined]);
    assert.deepEqual(world.said, ['Following the job theirs, which is Running.', `Studio: ${page}`]);
    assert.deepEqual(world.left(), { name: 'theirs', ...inWorkspace, isConfirmed: true });
    assert.deepEqual(world.services.jobs.find.args[0]!.slice(1), [world.stop.signal, true]);
  });

  it('leaves nothing of a job that has ended, and asks no price of it', async () => {
    const world = inState('Completed');
    world.services.prices.of = async (uses) => uses.map(() => ({ compute: 'k8s', gap: 'No price.' }));
    assert.equal((await world.takeUp(2)).job.name, 'theirs');
    assert.equal(world.left(), undefined);
  });

  it('warns that the cost of a running job is limited by this step only', async () => {
    const world = inState('Running');
    await world.takeUp(2);
    assert.match(world.warnings[0]!, /^The job was started without a time limit, .*maxCost, 2 USD, is held by this step only/); // prettier-ignore
    const unlimited = inState('Running');
    await unlimited.takeUp();
    assert.deepEqual(unlimited.warnings, []);
  });
});
