import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { RunDetails } from '../../../tasks/common/azure/ml/jobs/follow/runHistory';
import type { Machine } from '../../../tasks/common/azure/ml/prices/prices';
import type { Job } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import type { TrainingSection } from '../../../tasks/common/record/record';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import { readRecord } from '../../../tasks/common/record/recordFile';
import type { TaskContext } from '../../../tasks/common/task/taskContext';
import type { TrainInputs } from '../../../tasks/Train/inputs';
import { leftJob } from '../../../tasks/Train/leftJob';
import type { Services } from '../../../tasks/Train/services';
import { trainWith } from '../../../tasks/Train/train';
import { taskContext } from '../../support/taskContext';

const minute = 60_000;
/** A node of 60 USD an hour: a dollar a minute. */
const machine: Machine = {
  compute: 'gpu',
  price: { size: 'Standard_X', tier: 'Standard', os: 'Linux', perHour: 60, currency: 'USD' },
};
const refused = (status: number | undefined) =>
  new AzureFailure(`Azure answered ${status}`, undefined, status, 'Code', 'no', undefined);

describe('Train: the stage', () => {
  let directory: string;
  before(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'train-'));
  });
  after(() => fs.rmSync(directory, { recursive: true }));
  let count = 0;

  /** A workspace whose job runs for a minute, and time that passes only while somebody sleeps. */
  const setUp = (change: Partial<TrainInputs> = {}) => {
    const staging = path.join(directory, String(count++));
    fs.mkdirSync(staging);
    const begin = Date.UTC(2026, 0, 1);
    let time = begin;
    const clock = {
      now: () => time,
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        time += Math.max(1, milliseconds);
      },
    };
    const stop = new AbortController();
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const { context: base } = taskContext(staging, { clock, signal: stop.signal });
    const publish = { ...base.publish, summary: sinon.spy(), buildTag: sinon.stub().resolves(true) };
    const context: TaskContext = {
      ...base,
      log: { ...base.log, info: say, debug: say, warning: say },
      publish,
      pipeline: { ...base.pipeline, step: 'train' },
    };

    const jobs = new Map<string, Job>();
    const metrics: Record<string, number> = { rmse: 3 };
    const services = {
      workspace: { subscriptionId: 'sub', resourceGroup: 'g', name: 'w' },
      jobs: {
        find: sinon.spy(async (name: string) => jobs.get(name)),
        create: sinon.spy(async (name: string, properties: object) => {
          jobs.set(name, { id: name, name, properties: { ...properties, status: 'NotStarted' } } as unknown as Job);
          return jobs.get(name)!;
        }),
        requestCancel: sinon.stub().resolves(),
      },
      history: {
        details: sinon.spy(async (runId: string): Promise<RunDetails> => ({
          runId,
          status: time - begin < minute ? 'Running' : 'Completed',
          startTimeUtc: new Date(begin).toISOString(),
          endTimeUtc: time - begin < minute ? null : new Date(begin + minute).toISOString(),
        })),
        children: sinon.stub().resolves([]),
      },
      tracking: {
        run: sinon.spy(async () => ({ metrics, params: {}, tags: {} })),
        history: sinon.stub().resolves([]),
      },
      models: {
        list: sinon.stub().resolves([]),
        register: sinon.spy(async (model: object) => ({
          ...model,
          version: '1',
          id: '/models/m/versions/1',
          tags: {},
        })),
      },
      artifacts: {
        list: sinon.stub().resolves([{ path: 'outputs/model/m.pkl', url: '' }]),
        download: sinon.stub().resolves(false),
      },
      transfer: { readRange: sinon.stub().resolves(undefined) },
      assets: () => ({ codeHashes: new Map(), environment: async () => 'env', compute: async () => undefined }),
      checkWorkspace: sinon.stub().resolves(),
      listOutput: sinon.stub().resolves([]),
      computeState: sinon.stub().resolves(undefined),
      prices: { asOf: begin, of: sinon.spy(async (uses: unknown[]): Promise<Machine[]> => uses.map(() => machine)) },
    };
    const inputs = {
      connection: { subscriptionId: 'sub' },
      resourceGroup: 'g',
      workspace: 'w',
      job: { source: 'inline', command: 'python t.py', environment: 'azureml:e:1', outputs: {} },
      overrides: { inputs: {}, environmentVariables: {}, tags: {} },
      model: { name: 'm', path: 'outputs/model', isDefault: true, type: 'auto' },
      retrain: 'always',
      waitForCompletion: true,
      logOfAllRanks: false,
      ...change,
    } as unknown as TrainInputs;
    return {
      services,
      jobs,
      metrics,
      said,
      publish,
      stop,
      clock,
      staging,
      pipeline: context.pipeline,
      names: () => services.jobs.create.args.map(([name]) => name),
      left: () => leftJob(context.state).read()?.name,
      run: () => trainWith(services as unknown as Services, inputs, context),
    };
  };

  it('runs the job, registers its model and writes the record', async () => {
    const world = setUp();
    const { outputs, outcome, recordFile } = await world.run();
    assert.deepEqual(
      [outcome, outputs.jobStatus, outputs.modelName, outputs.modelVersion, outputs.metrics],
      [undefined, 'Completed', 'm', '1', '{"rmse":3}'],
    );
    assert.equal(recordFile, path.join(world.staging, 'mlops', 'mlops-record.json'));
    const record = JSON.parse(fs.readFileSync(recordFile, 'utf8')) as Record<string, { metrics?: object }>;
    assert.deepEqual(record.training?.metrics, { rmse: 3 });
    assert.equal(world.left(), undefined);
    const { cost } = record.training as unknown as TrainingSection;
    assert.deepEqual([outputs.estimatedCost, cost?.amount, cost?.asOf], ['1', 1, '2026-01-01T00:00:00.000Z']);
    const [{ properties }] = world.services.models.register.args[0]! as [{ properties: Record<string, string> }];
    assert.equal(properties['mlops.estimatedCost'], '1 USD');
    assert.match(world.publish.summary.args[0]![1], /\| Cost \(estimate\) \| about 1\.00 USD, 1 node of/);
    sinon.assert.calledOnceWithExactly(world.publish.buildTag, 'm-1');
  });

  describe('with maxCost', () => {
    /** It runs for a minute and costs a dollar a minute. */
    const withBudget = (maxCost: number, change: Partial<TrainInputs> = {}) => setUp({ maxCost, ...change });
    const limits = (world: ReturnType<typeof setUp>) =>
      world.services.jobs.create.args.map(([, body]) => (body as { limits?: unknown }).limits);

    it('gives the job the time that it pays for, and lets it run to its end', async () => {
      const world = withBudget(2);
      const { outcome, outputs, recordFile } = await world.run();
      assert.deepEqual([outcome, outputs.estimatedCost], [undefined, '1']);
      assert.deepEqual(limits(world), [{ jobLimitsType: 'Command', timeout: 'PT120S' }]);
      assert.ok(world.said.includes("maxCost, 2 USD, pays for 0:02:00 of 1 node of Standard_X at 60 USD an hour each (estimate): that is the job's time limit.")); // prettier-ignore
      const record = JSON.parse(fs.readFileSync(recordFile!, 'utf8')) as { training: TrainingSection };
      assert.equal(record.training.cost?.maxCost, 2);
      sinon.assert.notCalled(world.services.jobs.requestCancel);
    });

    it('starts nothing and brings nothing into Azure where there is no price', async () => {
      const world = withBudget(2);
      world.services.prices.of = sinon.spy(async (uses: unknown[]) =>
        uses.map(() => ({ compute: 'k8s', gap: 'No price.' })),
      );
      const assets = sinon.spy(world.services, 'assets');
      await assert.rejects(world.run(), /Input maxCost: .* so it is not started\. No price\./);
      sinon.assert.notCalled(assets);
      assert.deepEqual([world.names(), world.left()], [[], undefined]);
    });

    it('cancels the job before it passes it, and fails with what was spent and what to do', async () => {
      const world = withBudget(0.5);
      let cancelled = false;
      world.services.jobs.requestCancel.callsFake(async () => void (cancelled = true));
      const { details } = world.services.history;
      world.services.history.details = sinon.spy(async (runId: string) => {
        const told = await details(runId);
        const endTimeUtc = new Date(world.clock.now()).toISOString();
        return cancelled ? { ...told, status: 'Canceled', endTimeUtc } : told;
      });
      const { outcome, outputs, reason } = await world.run();
      assert.equal(outcome, 'failed');
      assert.match(reason!, /^The job has cost about 0\.\d\d USD by now \(estimate\) and would pass maxCost, 0\.5 USD, before the next look\. To let it run longer, raise maxCost\. It cost about 0\.\d\d USD \(estimate\)\.$/); // prettier-ignore
      assert.ok(Number(outputs.estimatedCost) <= 0.5, outputs.estimatedCost);
      assert.ok(Number(outputs.estimatedCost) > 0.4, 'not long before');
      assert.equal(world.left(), undefined);
      sinon.assert.calledOnce(world.services.jobs.requestCancel);
    });

    it('takes up the job of an earlier try whatever its budget was, and says what it cannot change', async () => {
      const first = withBudget(2, { waitForCompletion: false });
      await first.run();
      const again = withBudget(9, {});
      for (const [name, job] of first.jobs) again.jobs.set(name, job);
      await again.run();
      assert.deepEqual(again.names(), []);
      assert.ok(
        again.said.some((text) => /started with a time limit of 0:02:00, which is shorter than the 0:09:00/.test(text)),
      );
      const less = withBudget(1.5, {});
      for (const [name, job] of first.jobs) less.jobs.set(name, job);
      await less.run();
      assert.ok(less.said.some((text) => /started with a time limit of 0:02:00, and that cannot be changed\. maxCost, 1\.5 USD, is held by this step only/.test(text))); // prettier-ignore
    });

    it('leaves a job of somebody else running that has no price', async () => {
      const world = withBudget(2, { job: { source: 'existing', name: 'theirs' } });
      world.jobs.set('theirs', {
        id: '',
        name: 'theirs',
        properties: { jobType: 'Command', status: 'Running' },
      });
      world.services.prices.of = sinon.spy(async (uses: unknown[]) =>
        uses.map(() => ({ compute: 'k8s', gap: 'No price.' })),
      );
      await assert.rejects(world.run(), /the job theirs is not followed, and runs on\. No price\./);
      assert.equal(world.left(), undefined, 'the post-job step would cancel it');
    });
  });

  describe('where only what has changed is trained', () => {
    /** A first run of another build, whose model is registered. */
    const trainedBefore = async (change: Partial<TrainInputs> = {}) => {
      const world = setUp({ retrain: 'whenChanged', ...change });
      const first = await world.run();
      assert.equal(first.outputs.trained, 'true');
      const [job] = world.jobs.values();
      Object.assign(job!.properties, { status: 'Completed' });
      const [{ properties }] = world.services.models.register.args[0]! as [{ properties: object }];
      world.services.models.list = sinon
        .stub()
        .resolves([{ name: 'm', version: '1', id: '/m/1', tags: {}, properties }]);
      Object.assign(world.pipeline.build!, { id: '43', number: '2' });
      return { world, job: job! };
    };

    it('takes job and model of the newest version again, and says that nothing was trained', async () => {
      const { world, job } = await trainedBefore();
      const { outputs, recordFile } = await world.run();
      assert.deepEqual(
        [outputs.trained, outputs.jobName, outputs.modelVersion, world.names().length],
        ['false', job.name, '1', 1],
      );
      assert.ok(recordFile);
      sinon.assert.calledOnce(world.services.models.register);
    });

    for (const [what, change] of [
      ['the code or the settings differ', { properties: { 'mlops.specification': 'else' } }],
      ['the job of the newest version failed', { status: 'Failed' }],
    ] as const) {
      it(`trains where ${what}`, async () => {
        const { world, job } = await trainedBefore();
        Object.assign(job.properties, change);
        assert.equal((await world.run()).outputs.trained, 'true');
        assert.equal(world.names().length, 2);
      });
    }

    it('trains where the job of the newest version is gone', async () => {
      const { world, job } = await trainedBefore();
      world.jobs.delete(job.name);
      assert.equal((await world.run()).outputs.trained, 'true');
    });
  });

  it('follows the job that an earlier try of the step has started', async () => {
    const world = setUp();
    await world.run();
    await world.run();
    assert.equal(world.names().length, 1);
    assert.match(world.said.join('\n'), /An earlier try of this step started the job \S+-1/);
  });

  for (const status of ['Failed', 'Canceled'] as const) {
    it(`starts another job where the one of an earlier try is ${status}`, async () => {
      const world = setUp();
      await world.run();
      const [first] = world.jobs.values();
      Object.assign(first!.properties, { status });
      await world.run();
      assert.match(world.names()[1]!, /-2$/);
    });
  }

  it('starts another job where the one of an earlier try was asked to do something else', async () => {
    const world = setUp();
    await world.run();
    const [first] = world.jobs.values();
    Object.assign(first!.properties.properties!, { 'mlops.specification': 'else' });
    await world.run();
    assert.match(world.names()[1]!, /-2$/);
  });

  it('knows of the job before it is sent, and sends it again under its name until it is answered', async () => {
    const world = setUp();
    const create = world.services.jobs.create;
    let lost = 0;
    world.services.jobs.create = sinon.spy(async (name: string, body: object) => {
      assert.equal(world.left(), name);
      const job = await create(name, body);
      if (lost++ < 3) throw refused(undefined);
      return job;
    });
    assert.equal((await world.run()).outputs.jobStatus, 'Completed');
    assert.deepEqual(new Set(world.names()).size, 1);
  });

  it('says that the job may run where its start was never answered, and leaves it alone', async () => {
    const world = setUp();
    world.services.jobs.create = sinon.stub().rejects(refused(undefined)) as never;
    await assert.rejects(world.run(), /The job \S+-1 may have been started all the same.*Run this step again/);
    assert.equal(world.left(), undefined);
    sinon.assert.notCalled(world.services.jobs.requestCancel);
  });

  it('leaves a job running that it cannot see, and says how the next try takes it up', async () => {
    const world = setUp();
    world.services.history.details = sinon.stub().rejects(refused(404)) as never;
    await assert.rejects(
      world.run(),
      /answered so for 0:05.*The job \S+-1 was not cancelled and may run on.*Run this step again, by "Rerun failed jobs"/,
    );
    sinon.assert.notCalled(world.services.jobs.requestCancel);
    assert.equal(world.left(), undefined, 'the post-job step must not cancel it');
  });

  it('cancels a job that goes past a limit of the user', async () => {
    const world = setUp({ runTimeoutInMinutes: 0.5 });
    let asked = false;
    world.services.jobs.requestCancel = sinon.spy(async () => void (asked = true)) as never;
    world.services.history.details = sinon.spy(async (runId: string) => ({
      runId,
      status: asked ? 'Canceled' : 'Running',
    }));
    const { outcome, reason } = await world.run();
    assert.equal(outcome, 'failed');
    assert.match(reason!, /has run for more than 0.5 minutes \(runTimeoutInMinutes\)/);
    assert.equal(world.left(), undefined);
  });

  it('leaves to the post-job step a job past a limit that was told to stop and was not seen to', async () => {
    const world = setUp({ runTimeoutInMinutes: 0.5 });
    world.services.history.details = sinon.spy(async (runId: string) => ({ runId, status: 'Running' }));
    const { outcome } = await world.run();
    assert.equal(outcome, 'failed');
    sinon.assert.called(world.services.jobs.requestCancel);
    assert.match(world.left()!, /-1$/);
  });

  it('leaves to the post-job step a job past a limit that could not be told to stop', async () => {
    const world = setUp({ runTimeoutInMinutes: 0.5 });
    world.services.jobs.requestCancel.rejects(refused(503));
    world.services.history.details = sinon.spy(async (runId: string) => ({ runId, status: 'Running' }));
    await assert.rejects(world.run(), /out of reach/);
    assert.match(world.left()!, /-1$/);
  });

  it('cancels the job where the pipeline is cancelled, and leaves it to the post-job step where that fails', async () => {
    for (const fails of [false, true]) {
      const world = setUp();
      if (fails) world.services.jobs.requestCancel.rejects(refused(503));
      world.services.history.details = sinon.spy(async (runId: string) => {
        world.stop.abort(new Error('cancelled'));
        return { runId, status: 'Running' };
      });
      await assert.rejects(world.run(), /cancelled/);
      sinon.assert.calledOnce(world.services.jobs.requestCancel);
      assert.equal(world.left() !== undefined, fails);
    }
  });

  it('cancels the job that is being sent where the pipeline is cancelled', async () => {
    const world = setUp();
    world.services.jobs.create = sinon.spy(async () => {
      world.stop.abort(new Error('cancelled'));
      throw world.stop.signal.reason;
    }) as never;
    await assert.rejects(world.run(), /cancelled/);
    sinon.assert.calledOnce(world.services.jobs.requestCancel);
  });

  it('loses no training to an odd answer after its end', async () => {
    const world = setUp();
    const { run } = world.services.tracking;
    let odd = 0;
    world.services.tracking.run = sinon.spy(async () => {
      if (world.clock.now() - Date.UTC(2026, 0, 1) > minute && odd++ < 4) throw refused(403);
      return run();
    });
    assert.equal((await world.run()).outputs.modelVersion, '1');
    assert.ok(odd > 4);
  });

  it('leaves out curves that cannot be read: the model is registered', async () => {
    const world = setUp();
    world.services.tracking.history.rejects(refused(500));
    assert.equal((await world.run()).outputs.modelVersion, '1');
    assert.match(world.said.join('\n'), /curves of the metrics are left out/);
  });

  it('sets no output that would keep later steps from starting, and names the file that has it all', async () => {
    const world = setUp();
    for (let index = 0; index < 3_000; index++) world.metrics[`val/class_${index}/precision`] = 0.9123456789012345;
    const { outputs, recordFile } = await world.run();
    assert.equal(outputs.metrics, undefined);
    assert.match(
      world.said.join('\n'),
      /metrics is not set: the job has 3001 metrics.*mlops-record\.json, under training\.metrics/,
    );
    const record = JSON.parse(fs.readFileSync(recordFile!, 'utf8')) as { training: { metrics: object } };
    assert.equal(Object.keys(record.training.metrics).length, 3_001);
    assert.ok(String(world.publish.summary.lastCall.args[1]).length < 10_000);
  });

  it('takes the only model that lies elsewhere, and says so', async () => {
    const world = setUp();
    world.services.artifacts.list.resolves([{ path: 'model/MLmodel', url: '' }, { path: 'model/m.pkl', url: '' }]); // prettier-ignore
    await world.run();
    sinon.assert.calledOnceWithMatch(world.services.models.register, { type: 'mlflow_model' });
    assert.match(
      world.said.join('\n'),
      /nothing under "outputs\/model", but one model elsewhere in the job's outputs: model\./,
    );
  });

  it('hands back a job that nobody waits for, and leaves nothing to the post-job step', async () => {
    const world = setUp({ waitForCompletion: false });
    const { outputs } = await world.run();
    assert.deepEqual([outputs.jobStatus, world.left()], ['NotStarted', undefined]);
    sinon.assert.notCalled(world.services.history.details);
  });

  it('takes up a job by its name, and believes that there is none only when it is told so again', async () => {
    const job = { source: 'existing', name: 'theirs' } as const;
    const world = setUp({ job });
    await assert.rejects(world.run(), /Input jobName: there is no job "theirs" in the workspace w/);
    assert.deepEqual(world.services.jobs.find.firstCall.args.slice(2), [true]);
    world.jobs.set('theirs', { id: '', name: 'theirs', properties: { jobType: 'Command', status: 'Running' } });
    assert.equal((await world.run()).outputs.jobStatus, 'Completed');
  });

  describe('where something is asked of the data', () => {
    const drift = (share: number) => ({
      tool: 'evidently' as const,
      file: 'drift.json',
      sha256: 'a'.repeat(64),
      content: { values: new Map([['drift.share_of_drifted_columns', share]]), ambiguous: new Set<string>() },
    });
    const ask = (share: number, ...lines: string[]) =>
      setUp({ dataChecks: { criteria: parseCriteria(lines.join('\n')).criteria, reports: [drift(share)] } });
    const line = 'evidently.drift.share_of_drifted_columns <= 0.2';

    it('trains where it holds, and says so in record, log and summary', async () => {
      const world = ask(0.1, line);
      const { recordFile } = await world.run();
      const { training } = await readRecord(recordFile!);
      assert.deepEqual(training!.dataChecks, {
        criteria: [
          {
            text: line,
            metric: 'evidently.drift.share_of_drifted_columns',
            value: 0.1,
            limit: 0.2,
            explanation: 'evidently.drift.share_of_drifted_columns is 0.1, which is at most 0.2.',
          },
        ],
        reports: [{ tool: 'evidently', file: 'drift.json', sha256: 'a'.repeat(64) }],
      });
      assert.ok(world.said.includes(`holds    ${line}`), world.said.join('\n'));
      assert.deepEqual(world.publish.summary.args[0]![0], 'Data checks');
    });

    it('asks nothing of Azure where it does not hold, and names each line that does not', async () => {
      const world = ask(0.3, line, 'evidently.drift.share_of_drifted_columns > 0', '', 'ge.success == 1');
      await assert.rejects(world.run(), {
        message:
          'Input dataChecks: 2 of 3 data checks do not hold, so nothing was trained. ' +
          'Line 1: evidently.drift.share_of_drifted_columns is 0.3, but must be at most 0.2. ' +
          'Line 4: ge.success was not measured: there is no report of Great Expectations among the files of the input dataReports, only drift.json (Evidently). ' +
          'Mend the data, or change what is asked of them.',
      });
      sinon.assert.notCalled(world.services.checkWorkspace);
      assert.deepEqual(world.names(), []);
      const [title, text] = world.publish.summary.args[0] as [string, string];
      assert.equal(title, 'Data checks');
      assert.match(text, /❌.*0\.3.*0\.2/);
    });

    it('keeps it in the record of a job that nobody waits for', async () => {
      const dataChecks = { criteria: parseCriteria(line).criteria, reports: [drift(0.1)] };
      const { recordFile } = await setUp({ waitForCompletion: false, dataChecks }).run();
      assert.equal((await readRecord(recordFile!)).training!.dataChecks?.criteria.length, 1);
    });
  });
});
