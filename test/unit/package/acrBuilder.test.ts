import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { ContainerRegistry } from '../../../tasks/common/azure/registry/containerRegistry';
import type { RunRequest } from '../../../tasks/common/azure/registry/runRequest';
import type {
  ContainerRegistryTaskRuns,
  NamedRun,
} from '../../../tasks/common/azure/registry/containerRegistryTaskRuns';
import type {
  BuildRun,
  BuildRunStatus,
  ContainerRegistryTasks,
} from '../../../tasks/common/azure/registry/containerRegistryTasks';
import type { Clock } from '../../../tasks/common/clock';
import type { TaskLog } from '../../../tasks/common/log';
import { AcrBuilder } from '../../../tasks/PackageImage/build/acrBuilder';
import { BuildScheduling } from '../../../tasks/PackageImage/build/buildScheduling';
import { endLeftBuild, leftBuild } from '../../../tasks/PackageImage/build/leftBuild';
import { textFile } from '../../../tasks/PackageImage/context/buildContext';
import type { ServerTest } from '../../../tasks/PackageImage/plan/serverTesting';
import { Secret } from '../../../tasks/common/secret';

const registry: ContainerRegistry = {
  id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/acr',
  name: 'acr',
  loginServer: 'acr.example.net',
  sku: 'Basic',
  networkRestricted: false,
  letsTrustedServicesIn: true,
  hasRepositoryPermissions: false,
};
const order = {
  context: [textFile('Dockerfile', 'FROM x')],
  dockerfile: 'Dockerfile',
  repository: 'team/model',
  tags: ['v1', 'content-1'],
  content: 'content-1',
  arguments: [{ name: 'PIP_INDEX_URL', value: new Secret('secret') }],
};

const queued: BuildRun = { runId: 'ca7', status: 'Queued', outputImages: [] };

/** A clock whose sleep takes no time and counts as if it had. */
function fakeClock(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (milliseconds, signal) => {
      signal?.throwIfAborted();
      slept.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

describe('AcrBuilder', () => {
  const signal = new AbortController().signal;
  let printed: string;
  let clock: ReturnType<typeof fakeClock>;
  let log: sinon.SinonStubbedInstance<TaskLog>;
  /** What the task left for its post-job step, each time that it said so. */
  let left: string[];
  const variables = new Map<string, string>();
  const journal = leftBuild({ get: (key) => variables.get(key), set: (key, value) => void variables.set(key, value) });
  const recorded: typeof journal = {
    ...journal,
    async note(work) {
      await journal.note(work);
      left.push(JSON.stringify(journal.read()));
    },
    settle() {
      journal.settle();
      left.push(JSON.stringify(journal.read() ?? {}));
    },
  };
  const states = () => left.map((text) => JSON.parse(text) as Record<string, unknown>);
  const asked = () => ({ registryId: registry.id, taskRun: { name: nameOfRun, attempt } });
  const leftRun = () => ({ registryId: registry.id, runId: 'ca7', taskRun: { name: nameOfRun, attempt } });
  /** Of what was last asked for. */
  let nameOfRun: string;
  let attempt: string;
  beforeEach(() => {
    left = [];
    printed = '';
    clock = fakeClock();
    log = {
      info: sinon.stub(),
      debug: sinon.stub(),
      warning: sinon.stub(),
      error: sinon.stub(),
      group: sinon.stub(),
      endGroup: sinon.stub(),
      progress: sinon.stub(),
      taken: sinon.stub<[], Promise<void>>().resolves(),
    };
  });

  /** A run that goes through these states, one a look, and logs these pieces, one a read. */
  function tasks(
    states: Array<BuildRunStatus | Partial<BuildRun>>,
    pieces: string[] = [],
    completeAfter = pieces.length,
  ) {
    const runs = states.map((state) => ({
      runId: 'ca7',
      outputImages: [],
      ...(typeof state === 'string' ? { status: state } : state),
    })) as BuildRun[];
    const run = sinon.stub();
    runs.forEach((each, index) => run.onCall(index).resolves(each));
    run.resolves(runs.at(-1));
    let reads = 0;
    const buildLog = {
      complete: completeAfter === 0,
      read: sinon.stub().callsFake(() => {
        const piece = pieces[reads++] ?? '';
        buildLog.complete = reads >= completeAfter;
        return Promise.resolve(Buffer.from(piece));
      }),
    };
    return {
      uploadContext: sinon.stub().callsFake(async (context: AsyncIterable<Buffer>) => {
        let bytes = 0;
        for await (const chunk of context) bytes += chunk.length;
        return { sourceLocation: 'source/1.tar.gz', bytes };
      }),
      schedule: sinon.stub().resolves(queued),
      openRunsSince: sinon.stub().resolves([]),
      taskRuns: {
        find: sinon.stub<[string], Promise<NamedRun | undefined>>().resolves(undefined),
        put: sinon.stub<[string, string, RunRequest], Promise<NamedRun>>().callsFake((name, tag) => {
          [nameOfRun, attempt] = [name, tag];
          return Promise.resolve({ attempt: tag, run: queued });
        }),
        forget: sinon.stub().resolves(),
      },
      run,
      cancel: sinon.stub().resolves(),
      log: sinon.stub().returns(buildLog),
      buildLog,
    };
  }

  async function build(
    fake: ReturnType<typeof tasks>,
    stop = signal,
    more: Partial<ContainerRegistry> = {},
    serverTest?: ServerTest,
  ) {
    const options = { timeoutInMinutes: 30, agentPool: 'pool', customRegistries: {} };
    const acrTasks = fake as unknown as ContainerRegistryTasks;
    const acr = { ...registry, ...more };
    const taskRuns = fake.taskRuns as unknown as ContainerRegistryTaskRuns;
    const scheduling = new BuildScheduling(acrTasks, taskRuns, acr, 'pipeline', log, clock, recorded);
    const builder = new AcrBuilder(acrTasks, scheduling, acr, options, log, clock, recorded);
    return builder.build({ ...order, serverTest }, (lines) => (printed += lines), stop);
  }

  it('asks for what the inputs say', async () => {
    const fake = tasks(['Succeeded']);
    await build(fake);
    const [name, , request] = fake.taskRuns.put.firstCall.args;
    assert.match(name, /^mlops-[0-9a-f]{40}$/);
    assert.deepEqual(request, {
      sourceLocation: 'source/1.tar.gz',
      dockerFilePath: 'Dockerfile',
      imageNames: ['team/model:v1', 'team/model:content-1'],
      arguments: order.arguments,
      customRegistries: {},
      agentPoolName: 'pool',
      timeout: 1800,
    });
  });

  it('asks for a task of several steps where a server is to be tried, with the test beside the context', async () => {
    const fake = tasks(['Succeeded']);
    const chunks: Buffer[] = [];
    fake.uploadContext.callsFake(async (context: AsyncIterable<Buffer>) => {
      for await (const chunk of context) chunks.push(chunk);
      return { sourceLocation: 'source/1.tar.gz', bytes: 1 };
    });
    const environment = { SCALE: '3' };
    await build(fake, signal, {}, { environment, cases: [], port: 8080, readinessPath: '/', scoringPath: '/score' });
    const [, , request] = fake.taskRuns.put.firstCall.args;
    assert.ok('taskFile' in request);
    assert.match(request.taskFile, /check\/server_test\.sh/);
    const names = gunzipSync(Buffer.concat(chunks))
      .toString('latin1')
      .match(/(image|check)\/[\w.]+/g)!;
    assert.ok(['image/Dockerfile', 'check/server_test.sh', 'check/environment'].every((name) => names.includes(name)));
  });

  describe('asks for a build under a name that is fixed beforehand', () => {
    const denied = new AzureFailure('403: no.', undefined, 403, 'AuthorizationFailed', 'no.', undefined);
    const lost = new AzureFailure('No answer within 120 s.', undefined, undefined, 'ETIMEDOUT', '', undefined);

    it('which stays the same, with an attempt of its own each time, and is deleted at the end', async () => {
      const [one, two] = [tasks(['Succeeded']), tasks(['Succeeded'])];
      await build(one);
      await build(two);
      const [[name, first], [again, second]] = [one.taskRuns.put.firstCall.args, two.taskRuns.put.firstCall.args];
      assert.equal(name, again);
      assert.notEqual(first, second);
      assert.deepEqual(one.taskRuns.forget.args, [[name]]);
      assert.equal(left.at(-1), '{}');
      sinon.assert.notCalled(one.schedule);
    });

    it('and finds by it the build whose answer was lost', async () => {
      const fake = tasks(['Succeeded']);
      fake.taskRuns.put.callsFake((_name, tag) => {
        fake.taskRuns.find.resolves({ attempt: tag, run: { ...queued, runId: 'ca7' } });
        return Promise.reject(lost);
      });
      await build(fake);
      sinon.assert.calledOnce(fake.taskRuns.put);
      sinon.assert.calledWith(fake.run, 'ca7');
      sinon.assert.notCalled(fake.schedule);
    });

    for (const found of [undefined, { attempt: 'of another', run: queued }]) {
      it(`and leaves it to the post-job step where ${found ? "another's" : 'nothing'} is found by it`, async () => {
        const fake = tasks(['Succeeded']);
        fake.taskRuns.put.rejects(lost);
        fake.taskRuns.find.onSecondCall().resolves(found);
        await assert.rejects(build(fake), /not known whether.*task run mlops-\w+ of the registry acr.*followed/);
        assert.match(left.at(-1)!, /"taskRun":\{"name":"mlops-/);
        sinon.assert.notCalled(fake.schedule);
      });
    }

    it('and waits for the run where the service takes the name first', async () => {
      const fake = tasks(['Succeeded']);
      fake.taskRuns.put.callsFake((_name, tag) => {
        fake.taskRuns.find.onThirdCall().resolves({ attempt: tag, run: queued });
        return Promise.resolve({ attempt: tag });
      });
      await build(fake);
      sinon.assert.calledThrice(fake.taskRuns.find);
    });

    it('and does not wait for it for ever', async () => {
      const fake = tasks(['Succeeded']);
      fake.taskRuns.put.resolves({});
      await assert.rejects(build(fake), /took the task run mlops-\w+, and made no run of it/);
    });

    it('and follows a build of the same content that is under way, with nothing uploaded, and nothing cancelled', async () => {
      const digest = `sha256:${'1'.repeat(64)}`;
      const end = { status: 'Succeeded' as const, outputImages: [{ repository: 'team/model', digest }] };
      const fake = tasks(['Running', end], ['x\n']);
      fake.taskRuns.find.resolves({ attempt: 'of another', run: { ...queued, status: 'Running' } });
      assert.deepEqual(await build(fake), { digest, isFollowed: true });
      assert.equal(printed, 'x\n');
      for (const each of [fake.uploadContext, fake.taskRuns.put, fake.taskRuns.forget]) sinon.assert.notCalled(each);

      const stop = new AbortController();
      const stopped = tasks(['Running']);
      stopped.taskRuns.find.resolves({ attempt: 'of another', run: { ...queued, status: 'Running' } });
      stopped.run.callsFake(() => {
        stop.abort(new Error('cancelled'));
        return Promise.reject(stop.signal.reason as Error);
      });
      await assert.rejects(build(stopped, stop.signal), /cancelled/);
      sinon.assert.notCalled(stopped.cancel);
    });

    it('and builds by itself where the one that it followed is cancelled, or has ended', async () => {
      const fake = tasks(['Canceled', 'Succeeded']);
      fake.taskRuns.find.resolves({ attempt: 'of another', run: queued });
      assert.equal((await build(fake)).isFollowed, false);
      sinon.assert.calledOnce(fake.taskRuns.put);
      const next = tasks(['Succeeded']);
      next.taskRuns.find.resolves({ attempt: 'of another', run: { ...queued, status: 'Failed' } });
      assert.equal((await build(next)).isFollowed, false);
    });

    for (const refused of ['find', 'put'] as const) {
      it(`but schedules it once where task runs are refused (${refused}), and says so`, async () => {
        const fake = tasks(['Succeeded']);
        (fake.taskRuns[refused] as sinon.SinonStub).rejects(denied);
        await build(fake);
        sinon.assert.calledOnce(fake.schedule);
        sinon.assert.notCalled(fake.taskRuns.forget);
        const said = log.info.args.flat().join('\n');
        assert.match(said, /without a name, because the registry acr refuses task runs: no\. .*Tasks Contributor/);
        assert.deepEqual(states().slice(-3), [
          { registryId: registry.id, since: -120_000 },
          { registryId: registry.id, runId: 'ca7' },
          {},
        ]);
      });
    }

    it('but not into a registry with repository permissions', async () => {
      const fake = tasks(['Succeeded']);
      await build(fake, signal, { hasRepositoryPermissions: true });
      sinon.assert.calledOnce(fake.schedule);
      sinon.assert.notCalled(fake.taskRuns.find);
      sinon.assert.notCalled(fake.taskRuns.put);
    });

    for (const status of [undefined, 503]) {
      it(`and then names what may run where ${status ?? 'no answer'} comes to its request`, async () => {
        const fake = tasks(['Succeeded']);
        fake.taskRuns.find.rejects(denied);
        fake.schedule.rejects(new AzureFailure('No answer.', undefined, status, 'ETIMEDOUT', '', undefined));
        fake.openRunsSince.resolves(['ca8', 'ca9']);
        await assert.rejects(
          build(fake),
          /not known whether the build was scheduled: one may be running on the registry acr\. Open runs that began since: ca8, ca9\./,
        );
        sinon.assert.calledOnce(fake.schedule);
        assert.deepEqual(fake.openRunsSince.firstCall.args[0], -120_000);
        assert.equal(left.at(-1), '{}', 'it is told already: the post-job step need not repeat it');
      });
    }

    it('and does not mind that the name cannot be deleted', async () => {
      const fake = tasks(['Succeeded']);
      fake.taskRuns.forget.rejects(denied);
      await build(fake);
      assert.match(log.info.args.flat().join('\n'), /task run mlops-\w+ of the registry could not be deleted: 403/);
    });

    it('so that the post-job step finds and cancels a run that is made late, and no run of others', async () => {
      const taskRun = { name: 'mlops-1', attempt: 'a' };
      const late = tasks(['Queued']);
      late.taskRuns.find.onSecondCall().resolves({ attempt: 'a', run: queued });
      await endLeftBuild({ taskRun }, late, late.taskRuns, { log, clock, signal });
      assert.deepEqual(late.cancel.args, [['ca7']]);
      assert.deepEqual(late.taskRuns.forget.args, [['mlops-1']]);

      const others = tasks(['Queued']);
      others.taskRuns.find.resolves({ attempt: 'b', run: queued });
      await endLeftBuild({ taskRun }, others, others.taskRuns, {
        ...{ log, clock, signal },
      });
      sinon.assert.notCalled(others.cancel);
      sinon.assert.notCalled(others.taskRuns.forget);
    });
  });

  it('does not blame the role on the registry for what its storage refuses', async () => {
    const fake = tasks(['Succeeded']);
    fake.uploadContext = sinon
      .stub()
      .rejects(new AzureFailure('403', undefined, 403, 'AuthenticationFailed', 'Signature did not match.', undefined));
    await assert.rejects(build(fake), (error: Error) => {
      assert.match(error.message, /storage of the registry acr refuses the build context \(AuthenticationFailed\)/);
      assert.doesNotMatch(error.message, /Tasks Contributor/);
      return true;
    });
  });

  it('hands back the digest of its own repository', async () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const outputImages = [
      { repository: 'other', digest: 'sha256:0' },
      { repository: 'team/model', tag: 'v1', digest },
    ];
    const built = await build(tasks(['Queued', { status: 'Succeeded', outputImages }]));
    assert.deepEqual(built, { digest, isFollowed: false });
  });

  it('shows whole lines, in order, whatever the pieces', async () => {
    await build(
      tasks(
        ['Queued', 'Running', 'Running', 'Succeeded'],
        ['', 'Step 1\r\nSt', 'ep 2\n', 'the end without a line end'],
      ),
    );
    assert.equal(printed, 'Step 1\nStep 2\nthe end without a line end\n');
  });

  it('shows each state once', async () => {
    await build(tasks(['Queued', 'Queued', 'Running', 'Running', 'Succeeded']));
    const states = log.info
      .getCalls()
      .map(({ args }) => args[0])
      .filter((line) => line.startsWith('Build ca7'));
    assert.deepEqual(states, ['Build ca7 on the registry acr: Queued', 'Build ca7: Running', 'Build ca7: Succeeded']);
  });

  it('takes the end from the run, not from the log, and then waits for the rest of the log', async () => {
    const fake = tasks(['Running', 'Succeeded'], ['a\n', 'b\n', '', 'c\n'], 4);
    await build(fake);
    assert.equal(printed, 'a\nb\nc\n');
  });

  it('does not wait for ever for a log that is never completed', async () => {
    await build(tasks(['Succeeded'], [], Infinity));
    const waited = clock.slept.reduce((sum, each) => sum + each, 0);
    assert.ok(waited >= 15_000 && waited < 20_000, String(waited));
  });

  it('looks less and less often at a silent run', async () => {
    await build(tasks([...Array<BuildRunStatus>(12).fill('Queued'), 'Succeeded']));
    assert.ok(clock.slept[0]! < 1000);
    assert.equal(Math.max(...clock.slept), 4000);
  });

  const ends: Array<[status: BuildRunStatus, log: string, expected: RegExp]> = [
    ['Failed', 'The command returned a non-zero code: 137', /ran out of memory \(exit code 137\).*agent pool/],
    [
      'Failed',
      'x\nSELF-TEST FAILED: run() answered 500\nmore',
      /The image failed its self-test: run\(\) answered 500 Nothing was pushed/,
    ],
    ['Failed', "denied: client with IP '20.1.2.3' is not allowed access", /network rules/],
    ['Failed', '/bin/sh: 1: conda: not found', /base image has no conda.*requirements file/],
    ['Failed', 'ERROR: ResolutionImpossible: for help', /cannot be installed together/],
    ['Failed', 'ERROR: No matching distribution found for skit-learn==1', /does not exist in the version/],
    [
      'Failed',
      'manifest for mcr.example.net/x:1 not found: manifest unknown',
      /may not pull an image.*baseImageConnection/,
    ],
    [
      'Failed',
      'The push refers to repository [r.example.net/m]\nunauthorized: authentication required',
      /does not take the image.*AcrPush.*ABAC.*Container Registry Repository Writer/,
    ],
    [
      'Failed',
      'failed to scan dependencies: when specifying push, at least one credential is required',
      /may not push into the registry.*Container Registry Repository Writer/,
    ],
    ['Failed', 'unauthorized: authentication required', /may not pull an image/],
    ['Failed', 'something else', /could not be built \(Failed\)\. The builder says: exit status 1/],
    ['Timeout', '', /longer than the input buildTimeoutInMinutes/],
    ['Canceled', '', /cancelled by someone else/],
    ['Error', '', /could not be built \(Error\)/],
  ];
  for (const [status, text, expected] of ends) {
    it(`explains a run that ends as ${status}${text && ` with "${text.split('\n').at(-1)}"`}`, async () => {
      await assert.rejects(build(tasks([{ status, runErrorMessage: 'exit status 1' }], [text])), expected);
    });
  }

  it('cancels a run that was being asked for when the pipeline was cancelled', async () => {
    const stop = new AbortController();
    const fake = tasks(['Running']);
    fake.taskRuns.put.callsFake((_name, tag) => {
      stop.abort(new Error('cancelled'));
      return Promise.resolve({ attempt: tag, run: queued });
    });
    await assert.rejects(build(fake, stop.signal), /cancelled/);
    assert.deepEqual(fake.cancel.args, [['ca7']]);
    sinon.assert.notCalled(fake.run);
  });

  it('cancels the run when the pipeline is cancelled, and says so', async () => {
    const stop = new AbortController();
    const fake = tasks(['Running']);
    fake.run.callsFake(() => {
      stop.abort(new Error('cancelled'));
      return Promise.reject(stop.signal.reason as Error);
    });
    await assert.rejects(build(fake, stop.signal), /cancelled/);
    assert.deepEqual(fake.cancel.args, [['ca7']]);
  });

  it('leaves a run alone that failed by itself', async () => {
    const fake = tasks(['Failed']);
    await assert.rejects(build(fake));
    sinon.assert.notCalled(fake.cancel);
  });

  const outage = new AzureFailure('Azure answered 503: busy', undefined, 503, 'ServerBusy', 'busy', undefined);
  const forbidden = new AzureFailure('Storage answered 403: no', undefined, 403, 'Forbidden', 'no', undefined);

  it('rides out a service and a log that are out of reach for a while', async () => {
    const fake = tasks(['Running', 'Running', 'Running', 'Running', 'Succeeded'], ['a\n', 'b\n', 'c\n']);
    fake.run.onCall(1).rejects(outage).onCall(2).rejects(outage);
    fake.buildLog.read.onCall(1).rejects(outage);
    await build(fake);
    assert.equal(printed, 'a\nb\nc\n');
    const said = log.info.args.map(([text]) => text);
    assert.equal(said.filter((text) => text.includes('Trying again until Azure answers')).length, 2);
    assert.equal(left.at(-1), '{}');
  });

  it('follows its run though the service refuses to show it for some minutes', async () => {
    const fake = tasks(['Running', 'Running', 'Running', 'Running', 'Succeeded']);
    for (const [index, status] of [401, 403, 404].entries()) {
      fake.run.onCall(index + 1).rejects(new AzureFailure(`${status}`, undefined, status, 'Refused', '', undefined));
    }
    await build(fake);
    assert.equal(left.at(-1), '{}');
    sinon.assert.notCalled(fake.cancel);
  });

  it('lets its run go on where it gives up on a service that is out of reach, as the next run finds it', async () => {
    const fake = tasks(['Running']);
    fake.run.rejects(outage);
    await assert.rejects(
      build(fake),
      /out of reach.*The build ca7 is not cancelled and may go on\. Run the step again/,
    );
    assert.equal(left.at(-1), '{}');
    sinon.assert.notCalled(fake.cancel);
    sinon.assert.notCalled(fake.taskRuns.forget);
  });

  it('builds on where the log cannot be read, and says so once', async () => {
    const fake = tasks(['Running', 'Running', 'Succeeded'], [], Infinity);
    fake.buildLog.read.callsFake(() => Promise.reject(forbidden));
    await build(fake);
    sinon.assert.calledOnce(log.warning);
    assert.match(
      log.warning.firstCall.args[0],
      /log of the build ca7 cannot be read; the build continues\. Storage answered 403/,
    );
    sinon.assert.calledOnce(fake.buildLog.read);
  });

  it('leaves its run to the post-job step until the run has ended', async () => {
    const fake = tasks(['Queued', 'Running', 'Succeeded']);
    fake.run.onSecondCall().callsFake(() => {
      assert.deepEqual(states(), [asked(), leftRun()]);
      return Promise.resolve({ runId: 'ca7', status: 'Running', outputImages: [] });
    });
    await build(fake);
    assert.deepEqual(states(), [asked(), leftRun(), {}]);
  });

  it('leaves a run that it lost sight of, or could not stop, to the post-job step', async () => {
    const lost = tasks([]);
    lost.run.rejects(new Error('no connection'));
    await assert.rejects(build(lost), /no connection/);
    assert.deepEqual(states(), [asked(), leftRun()]);

    left = [];
    const stop = new AbortController();
    const fake = tasks(['Running']);
    fake.cancel.rejects(new Error('no connection'));
    fake.run.callsFake(() => {
      stop.abort(new Error('cancelled'));
      return Promise.reject(stop.signal.reason as Error);
    });
    await assert.rejects(build(fake, stop.signal), /cancelled/);
    assert.deepEqual(states(), [asked(), leftRun()]);
  });

  it('leaves no run that it has told to stop', async () => {
    const stop = new AbortController();
    const fake = tasks(['Running']);
    fake.run.callsFake(() => {
      stop.abort(new Error('cancelled'));
      return Promise.reject(stop.signal.reason as Error);
    });
    await assert.rejects(build(fake, stop.signal), /cancelled/);
    assert.deepEqual(states(), [asked(), leftRun(), {}]);
  });

  const refusals: Array<[code: string, status: number, message: string, restricted: boolean, expected: RegExp]> = [
    [
      'TasksOperationsNotAllowed',
      403,
      'not permitted',
      false,
      /ACR Tasks are not permitted on the registry acr.*"docker"/,
    ],
    ['AuthorizationFailed', 403, 'no authorization', false, /Container Registry Tasks Contributor/],
    ['Forbidden', 403, 'the network rules deny it', true, /network rules.*agentPool/],
  ];
  for (const [code, status, message, networkRestricted, expected] of refusals) {
    it(`explains ${code}`, async () => {
      const fake = tasks(['Queued']);
      const refusal = new AzureFailure(message, undefined, status, code, message, undefined);
      fake.taskRuns.put.rejects(refusal);
      fake.schedule.rejects(refusal);
      await assert.rejects(build(fake, signal, { networkRestricted }), expected);
    });
  }
});
