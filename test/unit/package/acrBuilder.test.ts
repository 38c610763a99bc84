import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { ContainerRegistry } from '../../../tasks/common/azure/registry/containerRegistry';
import type {
  BuildRun,
  BuildRunStatus,
  ContainerRegistryTasks,
} from '../../../tasks/common/azure/registry/containerRegistryTasks';
import type { Clock } from '../../../tasks/common/clock';
import type { TaskLog } from '../../../tasks/common/log';
import { AcrBuilder } from '../../../tasks/PackageImage/build/acrBuilder';
import { textFile } from '../../../tasks/PackageImage/context/buildContext';

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
  arguments: [{ name: 'PIP_INDEX_URL', value: 'secret', isSecret: true }],
};

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
  const state = { get: () => left.at(-1), set: (_key: string, value: string) => void left.push(value) };
  const leftRun = JSON.stringify({ registryId: registry.id, runId: 'ca7' });
  /** It was asked for, two minutes ago at the earliest by any clock. */
  const scheduling = JSON.stringify({ registryId: registry.id, since: -120_000 });
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
      schedule: sinon.stub().resolves({ runId: 'ca7', status: 'Queued', outputImages: [] }),
      run,
      cancel: sinon.stub().resolves(),
      log: sinon.stub().returns(buildLog),
      buildLog,
    };
  }

  function build(fake: ReturnType<typeof tasks>, stop = signal) {
    const options = { timeoutInMinutes: 30, agentPool: 'pool', customRegistries: {} };
    const builder = new AcrBuilder(fake as unknown as ContainerRegistryTasks, registry, options, log, clock, state);
    return builder.build(order, (lines) => (printed += lines), stop);
  }

  it('asks for what the inputs say', async () => {
    const fake = tasks(['Succeeded']);
    await build(fake);
    assert.deepEqual(fake.schedule.firstCall.args[0], {
      sourceLocation: 'source/1.tar.gz',
      dockerFilePath: 'Dockerfile',
      imageNames: ['team/model:v1', 'team/model:content-1'],
      arguments: order.arguments,
      customRegistries: {},
      agentPoolName: 'pool',
      timeout: 1800,
    });
  });

  for (const status of [undefined, 503]) {
    it(`asks once and names what may run where ${status ?? 'no answer'} comes to its request`, async () => {
      const failure = new AzureFailure('No answer within 120 s.', undefined, status, 'ETIMEDOUT', '', undefined);
      const openRunsSince = sinon.stub().resolves(['ca8', 'ca9']);
      const fake = { ...tasks(['Succeeded']), schedule: sinon.stub().rejects(failure), openRunsSince };
      await assert.rejects(
        build(fake),
        /not known whether the build was scheduled: one may be running on the registry acr\. Open runs that began since: ca8, ca9\./,
      );
      sinon.assert.calledOnce(fake.schedule);
      assert.deepEqual(openRunsSince.firstCall.args[0], -120_000);
      assert.equal(left.at(-1), '{}', 'it is told already: the post-job step need not repeat it');
    });
  }

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
    assert.equal(await build(tasks(['Queued', { status: 'Succeeded', outputImages }])), digest);
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
    ['Canceled', '', /cancelled by somebody else/],
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
    fake.schedule.callsFake((_request: unknown, signal?: AbortSignal) => {
      stop.abort(new Error('cancelled'));
      signal?.throwIfAborted();
      return Promise.resolve({ runId: 'ca7', status: 'Queued', outputImages: [] });
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

  it('builds on where the log cannot be read, and says so once', async () => {
    const fake = tasks(['Running', 'Running', 'Succeeded'], [], Infinity);
    fake.buildLog.read.callsFake(() => Promise.reject(forbidden));
    await build(fake);
    sinon.assert.calledOnce(log.warning);
    assert.match(
      log.warning.firstCall.args[0],
      /log of the build ca7 cannot be read; the build goes on\. Storage answered 403/,
    );
    sinon.assert.calledOnce(fake.buildLog.read);
  });

  it('leaves its run to the post-job step until the run has ended', async () => {
    const fake = tasks(['Queued', 'Running', 'Succeeded']);
    fake.run.onSecondCall().callsFake(() => {
      assert.deepEqual(left, [scheduling, leftRun]);
      return Promise.resolve({ runId: 'ca7', status: 'Running', outputImages: [] });
    });
    await build(fake);
    assert.deepEqual(left, [scheduling, leftRun, '{}']);
  });

  it('leaves a run that it lost sight of, or could not stop, to the post-job step', async () => {
    const lost = tasks([]);
    lost.run.rejects(new Error('no connection'));
    await assert.rejects(build(lost), /no connection/);
    assert.deepEqual(left, [scheduling, leftRun]);

    left = [];
    const stop = new AbortController();
    const fake = tasks(['Running']);
    fake.cancel.rejects(new Error('no connection'));
    fake.run.callsFake(() => {
      stop.abort(new Error('cancelled'));
      return Promise.reject(stop.signal.reason as Error);
    });
    await assert.rejects(build(fake, stop.signal), /cancelled/);
    assert.deepEqual(left, [scheduling, leftRun]);
  });

  it('leaves no run that it has told to stop', async () => {
    const stop = new AbortController();
    const fake = tasks(['Running']);
    fake.run.callsFake(() => {
      stop.abort(new Error('cancelled'));
      return Promise.reject(stop.signal.reason as Error);
    });
    await assert.rejects(build(fake, stop.signal), /cancelled/);
    assert.deepEqual(left, [scheduling, leftRun, '{}']);
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
      fake.schedule.rejects(new AzureFailure(message, undefined, status, code, message, undefined));
      const builder = new AcrBuilder(
        fake as unknown as ContainerRegistryTasks,
        { ...registry, networkRestricted },
        { timeoutInMinutes: 30, customRegistries: {} },
        log,
        clock,
        state,
      );
      await assert.rejects(
        builder.build(order, () => undefined, signal),
        expected,
      );
    });
  }
});
