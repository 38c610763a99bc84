import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure, azureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { clusterText } from '../../../tasks/common/azure/ml/jobs/follow/computeState';
import {
  followJob,
  NotCancelled,
  type FollowOptions,
  type FollowPorts,
} from '../../../tasks/common/azure/ml/jobs/follow/followJob';
import type { Job } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import type { RunDetails } from '../../../tasks/common/azure/ml/jobs/follow/runHistory';

const minute = 60_000;

/** Time that passes only while somebody sleeps. */
class FakeClock {
  time = Date.parse('2026-01-01T00:00:00Z');
  sleeps: number[] = [];
  now = () => this.time;
  sleep = (milliseconds: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    this.sleeps.push(milliseconds);
    this.time += Math.max(1, milliseconds);
    if (this.sleeps.length > 20_000) throw new Error('The job is followed for ever.');
    return Promise.resolve();
  };
}

const outage = new AzureFailure(
  'Azure answered 503 to GET details: busy',
  undefined,
  503,
  'ServerBusy',
  'busy',
  undefined,
);

function setUp(jobType = 'Command') {
  const clock = new FakeClock();
  const begin = clock.time;
  const log = {
    info: sinon.spy(),
    debug: sinon.spy(),
    warning: sinon.spy(),
    error: sinon.spy(),
    group: sinon.spy(),
    endGroup: sinon.spy(),
    progress: sinon.spy(),
    taken: () => Promise.resolve(),
  };
  const job = { id: '', name: 'job', properties: { jobType, status: 'NotStarted' } } as Job;
  /** What the service answers, by the time since the begin. */
  let answer: (elapsed: number) => Partial<RunDetails> = () => ({ status: 'Completed' });
  const details = sinon.spy(async (runId: string) => ({ runId, ...answer(clock.time - begin) }) as RunDetails);
  const requestCancel = sinon.stub().resolves();
  const readRange = sinon.stub().resolves(undefined);
  const children = sinon.stub().resolves([]);
  const controller = new AbortController();
  const test = {
    compute: undefined as FollowPorts['compute'],
    cost: undefined as Pick<FollowPorts, 'costSoFar' | 'overBudget'> | undefined,
    clock,
    log,
    details,
    requestCancel,
    readRange,
    children,
    controller,
    said: () => log.info.args.map(([text]) => String(text)),
    answers: (to: typeof answer) => (answer = to),
    follow: (options: Partial<FollowOptions> = {}) =>
      followJob(
        job,
        { allRanks: false, ...options },
        {
          log,
          clock,
          signal: controller.signal,
          jobs: { requestCancel },
          history: { details, children },
          transfer: { readRange },
          compute: test.compute,
          ...test.cost,
        },
      ),
  };
  return test;
}

describe('Train: following a job', () => {
  it('tells each status once and ends with the job', async () => {
    const test = setUp();
    test.answers((at) => ({ status: at < 5_000 ? 'Queued' : at < 20_000 ? 'Running' : 'Completed', target: 'cpu' }));
    const end = await test.follow();
    assert.equal(end.status, 'Completed');
    assert.deepEqual(
      test.said().map((line) => line.replace(/^\S+\s+/, '')),
      ['Queued for cpu', 'Running on cpu', 'Completed on cpu'],
    );
  });

  it('shows the state of the compute while the job waits', async () => {
    const test = setUp();
    const state = JSON.stringify({ AllocationState: 'resizing', CurrentNodeCount: 0, PreparingNodeCount: 2 });
    test.answers((at) =>
      at < 3_000
        ? { status: 'Queued', target: 'cpu', tags: { _aml_system_ComputeTargetStatus: state } }
        : { status: 'Completed' },
    );
    await test.follow();
    assert.match(test.said()[0]!, /Queued for cpu: resizing, 0 nodes are there, 2 being prepared$/);
  });

  it('asks how the compute stands while the job waits for it, once a minute, and minds no failure', async () => {
    const test = setUp();
    const asked: number[] = [];
    const begin = test.clock.time;
    test.compute = () => {
      asked.push(test.clock.time - begin);
      if (asked.length === 2) return Promise.reject(outage);
      return Promise.resolve(`${asked.length} of at most 4 nodes are there`);
    };
    test.answers((at) => ({ status: at < 5 * minute ? 'Queued' : at < 60 * minute ? 'Running' : 'Completed' }));
    await test.follow();
    // A job whose nodes are there begins before.
    assert.ok(asked[0]! >= 5_000 && asked.length >= 4 && asked.length <= 5, asked.join());
    assert.ok(asked.every((at, index) => index === 0 || at - asked[index - 1]! >= minute));
    assert.match(test.said()[0]!, /Queued$/);
    assert.match(test.said()[1]!, /Queued: 1 of at most 4 nodes are there$/);
    assert.match(test.said()[2]!, /Queued$/);
    assert.match(test.said()[3]!, /Queued: 3 of at most 4 nodes are there$/);
    assert.match(
      test.said().find((line) => line.includes('Running'))!,
      /Running$/,
    );
  });

  it("says of a cluster its nodes, and the service's own reason why it gets no more", () => {
    assert.equal(
      clusterText({
        allocationState: 'Resizing',
        currentNodeCount: 1,
        scaleSettings: { maxNodeCount: 4 },
        nodeStateCounts: { idleNodeCount: 0, runningNodeCount: 1, preparingNodeCount: 0 },
        errors: [
          { error: { message: 'Operation could not be completed as it results in exceeding approved cores quota.' } },
        ],
      }),
      'resizing, 1 of at most 4 nodes are there, 1 running. It reports: Operation could not be completed as it results in exceeding approved cores quota.',
    );
    assert.equal(clusterText({ allocationState: 'Steady', currentNodeCount: 0 }), '0 nodes are there');
  });

  for (const status of ['Failed', 'Canceled', 'Paused']) {
    it(`ends with ${status} and the service's own error`, async () => {
      const test = setUp();
      test.answers(() => ({
        status,
        error: { error: { code: 'UserError', message: 'it broke', innerError: { code: 'ExecutionFailed' } } },
      }));
      const end = await test.follow();
      assert.equal(end.status, status);
      assert.equal(end.error, 'ExecutionFailed: it broke');
      sinon.assert.notCalled(test.requestCancel);
    });
  }

  it('gives a job that does not respond time to come back', async () => {
    const test = setUp();
    test.answers((at) => ({
      status: at < 9 * minute ? 'NotResponding' : at < 12 * minute ? 'Running' : 'Completed',
    }));
    assert.equal((await test.follow()).status, 'Completed');
    sinon.assert.notCalled(test.requestCancel);
  });

  it('leaves a job alone that has not responded for ten minutes: nobody has set a limit for that', async () => {
    const test = setUp();
    test.answers(() => ({ status: 'NotResponding' }));
    const begin = test.clock.time;
    const end = await test.follow();
    sinon.assert.notCalled(test.requestCancel);
    assert.deepEqual([end.status, end.stoppedBecause], ['NotResponding', undefined]);
    assert.ok(test.clock.time - begin < 12 * minute);
  });

  it('cancels a job that waits too long, but does not count its running', async () => {
    const test = setUp();
    test.answers((at) => ({ status: at < 4 * minute ? 'Queued' : at < 60 * minute ? 'Running' : 'Completed' }));
    assert.equal((await test.follow({ queueTimeout: 5 * minute })).status, 'Completed');

    const late = setUp();
    late.answers(() => ({ status: late.requestCancel.called ? 'Canceled' : 'Queued' }));
    const end = await late.follow({ queueTimeout: 5 * minute });
    sinon.assert.calledOnce(late.requestCancel);
    assert.match(end.stoppedBecause!, /waited for its compute for more than 5 minutes \(queueTimeoutInMinutes\)/);
  });

  it('cancels a job that runs too long, but does not count its waiting', async () => {
    const test = setUp();
    test.answers((at) => ({
      status: test.requestCancel.called ? 'Canceled' : at < 60 * minute ? 'Queued' : 'Running',
    }));
    const begin = test.clock.time;
    const end = await test.follow({ runTimeout: 10 * minute });
    assert.match(end.stoppedBecause!, /run for more than 10 minutes/);
    assert.ok(test.clock.time - begin > 70 * minute && test.clock.time - begin < 73 * minute);
  });

  it('does not wait for ever for a job that will not be cancelled', async () => {
    const test = setUp();
    test.answers(() => ({ status: test.requestCancel.called ? 'CancelRequested' : 'Running' }));
    const end = await test.follow({ runTimeout: minute });
    assert.equal(end.status, 'CancelRequested');
  });

  it('asks again to cancel until the service answers, and says once that it does not', async () => {
    const test = setUp();
    const late = azureFailure(Object.assign(new Error('no answer within 5 s'), { code: 'ETIMEDOUT' }), 'POST cancel');
    test.requestCancel.onCall(0).rejects(outage).onCall(1).rejects(late);
    test.answers(() => ({ status: test.requestCancel.callCount > 2 ? 'Canceled' : 'Running' }));
    const end = await test.follow({ runTimeout: minute });
    assert.deepEqual([end.status, test.requestCancel.callCount], ['Canceled', 3]);
    assert.match(end.stoppedBecause!, /run for more than 1 minutes/);
    assert.equal(test.said().filter((line) => line.includes('Cancelling the job')).length, 1);
    assert.equal(test.said().filter((line) => line.includes('Trying again until Azure answers')).length, 1);
  });

  it('follows on while no request to cancel is answered, and gives up after half an hour', async () => {
    const test = setUp();
    test.requestCancel.rejects(outage);
    test.answers(() => ({ status: 'Running' }));
    const begin = test.clock.time;
    await assert.rejects(test.follow({ runTimeout: minute }), (error: Error) => {
      assert.ok(error instanceof NotCancelled);
      assert.match(error.message, /run for more than 1 minutes.* out of reach for 0:30:/);
      return true;
    });
    assert.ok(test.clock.time - begin > 30 * minute);
  });

  const passing: Array<[string, Error]> = [
    ['503', outage],
    ['429', new AzureFailure('Azure answered 429: slow down', undefined, 429, 'TooManyRequests', '', undefined)],
    ...['ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'].map((code): [string, Error] => [
      code,
      azureFailure(Object.assign(new Error(`it failed: ${code}`), { code }), 'GET details'),
    ]),
  ];
  for (const [what, fault] of passing) {
    it(`rides out ${what} and says so once`, async () => {
      const test = setUp();
      test.answers((at) => {
        if (at > 10_000 && at < 5 * minute) throw fault;
        return { status: at < 6 * minute ? 'Running' : 'Completed' };
      });
      assert.equal((await test.follow()).status, 'Completed');
      assert.equal(test.said().filter((line) => line.includes(what)).length, 1);
      assert.equal(test.said().filter((line) => line.includes('answers again')).length, 1);
    });
  }

  it('gives up on an Azure that stays out of reach for half an hour', async () => {
    const test = setUp();
    test.answers(() => {
      throw outage;
    });
    await assert.rejects(test.follow(), /out of reach for 0:30:/);
  });

  for (const status of [400, 401, 403, 404, 409]) {
    const odd = new AzureFailure(`Azure answered ${status}`, undefined, status, 'Odd', 'no', undefined);

    it(`takes one ${status} for no end of the job, right after its start or later`, async () => {
      for (const when of [0, 10_000]) {
        const test = setUp();
        let isTold = false;
        test.answers((at) => {
          if (!isTold && at >= when) {
            isTold = true;
            throw odd;
          }
          return { status: at < minute ? 'Running' : 'Completed' };
        });
        assert.equal((await test.follow()).status, 'Completed');
        assert.ok(isTold);
      }
    });

    it(`gives up on a job that answers ${status} for minutes, and does not cancel it`, async () => {
      const test = setUp();
      test.answers(() => {
        throw odd;
      });
      await assert.rejects(test.follow(), /answered so for 0:05:\d\d: Azure answered/);
      sinon.assert.notCalled(test.requestCancel);
    });
  }

  it('minds no log that cannot be read, and how the job ended is told all the same', async () => {
    for (const lost of [new AzureFailure('conflict', undefined, 409, 'Conflict', 'no', undefined), outage]) {
      const test = setUp();
      test.readRange.rejects(lost);
      test.answers((at) => ({
        status: at < 40 * minute ? 'Running' : 'Completed',
        logFiles: { 'user_logs/std_log.txt': 'https://logs.test/x?sig=1' },
      }));
      assert.equal((await test.follow()).status, 'Completed');
      sinon.assert.calledOnceWithMatch(test.log.warning, /log is not shown any more; the studio has it/);
    }
  });

  it('has a log of which only the end cannot be read end as the job did', async () => {
    const test = setUp();
    test.answers(() => ({ status: 'Completed', logFiles: { 'user_logs/std_log.txt': 'https://logs.test/x?sig=1' } }));
    test.readRange.rejects(outage);
    assert.equal((await test.follow()).status, 'Completed');
    sinon.assert.calledOnceWithMatch(test.log.warning, /The end of the job's log could not be read/);
  });

  it('asks less often the longer the job runs', async () => {
    const test = setUp();
    test.answers((at) => ({ status: at < 600 * minute ? 'Running' : 'Completed' }));
    await test.follow();
    // Ten hours: about two looks a minute, but thirty in the first.
    assert.ok(test.details.callCount < 1400, String(test.details.callCount));
    const early = setUp();
    early.answers((at) => ({ status: at < minute ? 'Running' : 'Completed' }));
    await early.follow();
    assert.ok(early.details.callCount >= 28, String(early.details.callCount));
  });

  it('reads the log to its end though the storage fails at that moment', async () => {
    const test = setUp();
    const bytes = Buffer.from('the last line');
    test.answers(() => ({ status: 'Completed', logFiles: { 'user_logs/std_log.txt': 'url' } }));
    test.readRange.reset();
    test.readRange.rejects(outage);
    test.readRange.onCall(3).resolves({ bytes, blobSize: bytes.length });
    test.readRange.onCall(4).resolves({ bytes: Buffer.alloc(0), blobSize: bytes.length });
    const end = await test.follow();
    assert.ok(test.said().includes('the last line'));
    assert.deepEqual(end.lastLines, ['the last line']);
  });

  const forbidden = new AzureFailure('firewall', undefined, 403, 'AuthorizationFailure', 'no', undefined);

  it('says once that the storage account does not let it read the log', async () => {
    const test = setUp();
    test.answers((at) => ({
      status: at < 5 * minute ? 'Running' : 'Completed',
      logFiles: { 'user_logs/std_log.txt': `url-${at}`, 'azureml-logs/20_image_build_log.txt': 'url' },
    }));
    test.readRange.reset();
    test.readRange.rejects(forbidden);
    const end = await test.follow();
    assert.equal(end.status, 'Completed');
    sinon.assert.calledOnceWithMatch(test.log.warning, /log cannot be read.*studio.*firewall/);
    assert.ok(test.readRange.callCount > 10);
  });

  it('goes on with a new permission where one that has served has ended, and says nothing', async () => {
    const test = setUp();
    const bytes = Buffer.from('one\ntwo\n');
    test.answers((at) => ({
      status: at < 5 * minute ? 'Running' : 'Completed',
      logFiles: { 'user_logs/std_log.txt': at < 4 * minute ? 'old' : 'new' },
    }));
    test.readRange.callsFake((url: string, offset: number) => {
      const now = test.clock.time - Date.parse('2026-01-01T00:00:00Z');
      if (url === 'old' && now > minute) return Promise.reject(forbidden);
      const blobSize = url === 'old' ? 4 : 8;
      return Promise.resolve({ bytes: bytes.subarray(offset, blobSize), blobSize });
    });
    await test.follow();
    sinon.assert.notCalled(test.log.warning);
    assert.deepEqual(
      test.said().filter((line) => /^(one|two)$/.test(line)),
      ['one', 'two'],
    );
  });

  it("shows the logs of a sweep's trials in groups, each once", async () => {
    const test = setUp('Sweep');
    const bytes = Buffer.from('trial line\n');
    let asked = 0;
    test.children.callsFake(() =>
      Promise.resolve([
        { runId: 'job_0', displayName: 'trial 0', status: asked++ === 0 ? 'Running' : 'Completed' },
        { runId: 'job_1', displayName: 'trial 1', status: 'NotStarted' },
      ]),
    );
    test.readRange.callsFake((_url: string, offset: number) =>
      Promise.resolve({ bytes: bytes.subarray(offset), blobSize: bytes.length }),
    );
    test.answers((at) => ({
      status: at < 10_000 ? 'Running' : 'Completed',
      logFiles: at > 0 ? { 'user_logs/std_log.txt': 'url' } : undefined,
    }));
    await test.follow();
    sinon.assert.calledWith(test.log.group, 'trial 0');
    const lines = test.said().filter((line) => line === 'trial line');
    assert.equal(lines.length, 2, 'one of the sweep itself, one of its trial');
    assert.ok(test.said().includes('trial 0: Completed'));
  });

  it('gives a sign of life every few minutes while the job is silent', async () => {
    const test = setUp();
    test.answers((at) => ({ status: at < 31 * minute ? 'Running' : 'Completed' }));
    await test.follow();
    const signs = test.said().filter((line) => /^0:\d+:\d+ {2}Running$/.test(line));
    assert.ok(signs.length >= 6 && signs.length <= 7, signs.join('\n'));
  });

  it('says what the job has cost so far, every ten minutes where the job writes all the time', async () => {
    const test = setUp();
    test.answers((at) => ({
      status: at < 31 * minute ? 'Running' : 'Completed',
      logFiles: { 'user_logs/std_log.txt': 'https://logs.test/a' },
    }));
    let size = 0;
    test.readRange.callsFake(async () => ({ bytes: Buffer.from('a line\n'), blobSize: (size += 7) }));
    test.cost = { costSoFar: () => 'about 1.00 USD so far' };
    await test.follow();
    const signs = test.said().filter((line) => /^0:\d+:\d+ {2}Running, about 1\.00 USD so far$/.test(line));
    assert.ok(signs.length >= 3 && signs.length <= 4, signs.join('\n'));
    assert.match(String(test.log.progress.lastCall.args[1]), /^Completed, about 1\.00 USD so far, 3\d min$/);
  });

  it('cancels a job that is over its budget, asks with the time until the next look, and tells why', async () => {
    const test = setUp();
    let cancelled = false;
    test.requestCancel.callsFake(async () => void (cancelled = true));
    test.answers(() => ({ status: cancelled ? 'Canceled' : 'Running' }));
    const pauses: number[] = [];
    const begin = test.clock.time;
    const overBudget = (pause: number) => {
      pauses.push(pause);
      return test.clock.time - begin + pause >= 10 * minute ? 'Too dear.' : undefined;
    };
    test.cost = { overBudget };
    const end = await test.follow();
    assert.deepEqual([end.status, end.stoppedBecause], ['Canceled', 'Too dear.']);
    assert.ok(test.said().includes('Too dear. Cancelling the job.'));
    assert.ok(test.clock.time - begin < 10 * minute + 1_000);
    // Each is as long as was slept then: nothing is spent unseen.
    assert.deepEqual(pauses.slice(0, -1), test.clock.sleeps.slice(0, pauses.length - 1));
  });

  it('looks often at what is beneath a job with a budget: a step that begins unseen spends unseen', async () => {
    for (const [cost, jobType, most] of [
      [{ overBudget: () => undefined }, 'Pipeline', 30_000],
      [{ overBudget: () => undefined }, 'Command', Infinity],
      [undefined, 'Pipeline', Infinity],
    ] as const) {
      const test = setUp(jobType);
      test.cost = cost;
      const looks: number[] = [];
      test.answers((at) => {
        looks.push(at);
        return { status: at < 600 * minute ? 'Running' : 'Completed', logFiles: { 'user_logs/std_log.txt': 'url' } };
      });
      await test.follow();
      const longest = Math.max(...looks.slice(1).map((at, index) => at - looks[index]!));
      if (most === Infinity) assert.ok(longest > 30_000, String(longest));
      else assert.ok(longest <= most, String(longest));
    }
  });

  it('stops at once with the reason of the signal', async () => {
    const test = setUp();
    test.answers(() => {
      test.controller.abort(new Error('cancelled'));
      return { status: 'Running' };
    });
    await assert.rejects(test.follow(), { message: 'cancelled' });
  });
});
