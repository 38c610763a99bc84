import assert from 'node:assert/strict';
import type { SeenChild } from '../../../tasks/common/azure/ml/jobs/follow/childRuns';
import type { RunDetails } from '../../../tasks/common/azure/ml/jobs/follow/runHistory';
import type { Job } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import type { ComputeUse, Machine } from '../../../tasks/common/azure/ml/prices/prices';
import { costLines, costOutput, costSection, costTable } from '../../../tasks/Train/cost/costReport';
import { estimateCost, type BilledRun } from '../../../tasks/Train/cost/estimateCost';
import { heldNodes, type HeldNodes } from '../../../tasks/Train/cost/heldNodes';
import { JobCost } from '../../../tasks/Train/cost/jobCost';
import { moneyText } from '../../../tasks/common/moneyText';

const minute = 60_000;
const noon = Date.parse('2026-01-01T12:00:00Z');
const at = (minutes: number) => new Date(noon + minutes * minute).toISOString();

const machine = (perHour: number, more: Partial<Machine> = {}): Machine => ({
  compute: 'cpu',
  price: { size: 'Standard_DS3_v2', tier: 'Standard', os: 'Linux', perHour, currency: 'USD' },
  ...more,
});
const run = (more: Partial<BilledRun> = {}): BilledRun => ({
  name: 'the job',
  machine: machine(0.29),
  nodes: 1,
  from: noon,
  until: noon + 60 * minute,
  ...more,
});

describe('Train: the estimate of a cost', () => {
  it('is price × nodes × time', () => {
    assert.equal(estimateCost([run()], noon).amount, 0.29);
    assert.equal(estimateCost([run({ nodes: 4 })], noon).amount, 1.16);
    assert.equal(estimateCost([run({ until: noon + 15 * minute })], noon).amount, 0.0725);
    assert.equal(estimateCost([run({ nodes: 3, until: noon + 90 * minute })], noon).amount, 1.305);
  });

  it('counts what runs until now, and what an hour more costs', () => {
    const running = run({ until: undefined, nodes: 2 });
    const { amount, perHour, runs } = estimateCost([running, run()], noon + 30 * minute);
    assert.deepEqual([amount, perHour], [0.58, 0.58]);
    assert.equal(runs[0]!.seconds, 1800);
    assert.equal(estimateCost([run()], noon + 90 * minute).perHour, 0);
  });

  it('is never below nothing, whatever a clock says', () => {
    const early = estimateCost([run({ until: undefined })], noon - 60 * minute);
    assert.deepEqual([early.amount, early.perHour, early.gaps], [0, 0, []]);
    const backwards = estimateCost([run({ until: noon - minute })], noon);
    assert.equal(backwards.amount, 0);
    assert.deepEqual(backwards.gaps, ['Azure ML says that the job ended before it started.']);
  });

  it('sums trials and steps, each with its own machine; what was reused costs nothing', () => {
    const { amount, runs, gaps } = estimateCost(
      [
        run({ name: 'prepare', machine: machine(0.15), until: noon + 10 * minute }),
        run({ name: 'train', machine: machine(3, { compute: 'gpu' }), nodes: 2, until: noon + 20 * minute }),
        run({ name: 'cached', isReused: true }),
      ],
      noon,
    );
    assert.equal(amount, 2.025);
    assert.deepEqual(
      runs.map((each) => [each.name, each.amount, each.seconds]),
      [
        ['prepare', 0.025, 600],
        ['train', 2, 1200],
        ['cached', 0, 0],
      ],
    );
    assert.deepEqual(gaps, []);
  });

  it('has no binary fractions in its sums', () => {
    const three = Array.from({ length: 3 }, () => run({ machine: machine(0.1) }));
    assert.equal(estimateCost(three, noon).amount, 0.3);
  });

  it('is not the whole where something has no price, and says why once', () => {
    const k8s: Machine = { compute: 'k8s', gap: 'Kubernetes has no price.' };
    const euros = machine(1, { price: { ...machine(1).price!, currency: 'EUR' } });
    const { amount, gaps } = estimateCost(
      [
        run(),
        run({ machine: k8s }),
        run({ machine: k8s }),
        run({ machine: euros }),
        run({ name: 'x', from: undefined }),
      ],
      noon,
    );
    assert.equal(amount, 0.29);
    assert.deepEqual(gaps, [
      'Kubernetes has no price.',
      'The price of Standard_DS3_v2 is in EUR, others are in USD.',
      'Azure ML does not say when x started.',
    ]);
  });

  describe('idle time', () => {
    const scale = { minNodes: 0, maxNodes: 4, idleSeconds: 120 };
    const onCluster = (more: Partial<BilledRun>, own = scale) =>
      run({ machine: machine(0.3, { scale: own }), ...more });

    it('is named apart: nodes × the time until the cluster gives them back', () => {
      const { amount, idle } = estimateCost([onCluster({ nodes: 2 })], noon);
      assert.deepEqual([amount, idle], [0.6, { amount: 0.02, nodes: 2, seconds: 120 }]);
    });

    it('is not that of nodes that the cluster keeps anyway', () => {
      assert.equal(estimateCost([onCluster({}, { ...scale, minNodes: 1 })], noon).idle, undefined);
      assert.equal(estimateCost([onCluster({ nodes: 3 }, { ...scale, minNodes: 1 })], noon).idle?.nodes, 2);
    });

    it('is that of the most nodes that were held at once', () => {
      const trial = (from: number, until: number) =>
        onCluster({ from: noon + from * minute, until: noon + until * minute });
      assert.equal(estimateCost([trial(0, 10), trial(10, 20), trial(20, 30)], noon).idle?.nodes, 1);
      assert.equal(estimateCost([trial(0, 10), trial(5, 20), trial(6, 7)], noon).idle?.nodes, 3);
      const many = Array.from({ length: 9 }, () => trial(0, 10));
      assert.equal(estimateCost(many, noon).idle?.nodes, 4, 'the cluster has no more');
    });

    it('is none of serverless nodes', () => assert.equal(estimateCost([run()], noon).idle, undefined));
  });
});

const job = (jobType: string, more: object = {}) =>
  ({ id: '', name: 'job', properties: { jobType, status: 'Running', computeId: '/w/computes/cpu', ...more } }) as Job;
const details = (more: Partial<RunDetails> = {}): RunDetails => ({
  runId: 'job',
  status: 'Completed',
  startTimeUtc: at(0),
  endTimeUtc: at(60),
  target: 'cpu',
  ...more,
});
const child = (title: string, more: Partial<RunDetails> = {}, isParent = false): SeenChild => {
  const own = details({ runId: title, ...more });
  return { title, run: { ...own, runType: '' }, details: own, isParent };
};
const none = () => undefined;
const nodesOf = (...args: Parameters<typeof heldNodes>) => heldNodes(...args) as HeldNodes[];

describe('Train: what of a job holds nodes', () => {
  it('is a command job itself, from its start to its end', () => {
    assert.deepEqual(heldNodes(job('Command'), details(), [], none), [
      {
        name: 'the job',
        nodes: 1,
        from: noon,
        until: noon + 60 * minute,
        use: { compute: 'cpu', instanceType: undefined, isLowPriority: false },
      },
    ]);
  });

  it('has as many nodes as the service says, else as the job asks for', () => {
    const asked = job('Command', { resources: { instanceCount: 3 } });
    const count = (more: object) => nodesOf(asked, details(more), [], none)[0]!.nodes;
    assert.equal(count({}), 3);
    assert.equal(count({ compute: { instanceCount: 2 } }), 2);
    assert.equal(count({ compute: { instanceCount: 2 }, computeRequest: { nodeCount: 4 } }), 4);
    assert.equal(count({ compute: null, computeRequest: { nodeCount: null } }), 3);
    assert.equal(nodesOf(job('Command'), details({ computeRequest: { nodeCount: 0 } }), [], none)[0]!.nodes, 1);
  });

  it('is nothing while the job waits, or where it never got a node', () => {
    const waiting = details({ status: 'Queued', startTimeUtc: null, endTimeUtc: null });
    assert.deepEqual(heldNodes(job('Command'), waiting, [], none), []);
    assert.deepEqual(heldNodes(job('Command'), { ...waiting, status: 'Canceled', endTimeUtc: at(9) }, [], none), []);
    const [odd] = nodesOf(job('Command'), { ...waiting, status: 'Completed', endTimeUtc: at(9) }, [], none);
    assert.equal(odd!.from, undefined, 'who completed had one, and nobody knows since when');
  });

  it('begins with the allocation of the nodes, where that was seen', () => {
    const from = (allocated: number | undefined) => nodesOf(job('Command'), details(), [], () => allocated)[0]!.from;
    assert.equal(from(noon - 3 * minute), noon - 3 * minute);
    assert.equal(from(noon + minute), noon);
    assert.equal(from(undefined), noon);
  });

  it('goes on until the service says that it has ended', () => {
    const [running] = nodesOf(job('Command'), details({ status: 'Finalizing' }), [], none);
    assert.equal(running!.until, undefined);
  });

  it('is of a sweep each trial, and of serverless nodes the size that they are of', () => {
    const sweep = job('Sweep', {
      computeId: null,
      queueSettings: { jobTier: 'Spot' },
      trial: { resources: { instanceCount: 2, instanceType: 'Standard_A' } },
    });
    const serverless = { target: 'serverless' };
    const held = nodesOf(
      sweep,
      details(),
      [child('trial 0', serverless), child('trial 1', { ...serverless, compute: { vmSize: 'Standard_B' } })],
      none,
    );
    assert.deepEqual(
      held.map(({ name, nodes, use }) => [name, nodes, use]),
      [
        ['trial 0', 2, { compute: 'serverless', instanceType: 'Standard_A', isLowPriority: true }],
        ['trial 1', 2, { compute: 'serverless', instanceType: 'Standard_B', isLowPriority: true }],
      ],
    );
  });

  it('is of a pipeline each step on its own compute, but no step that only has others beneath it', () => {
    const pipeline = job('Pipeline', {
      jobs: { fit: { computeId: '/w/computes/gpu', resources: { instance_count: 2 } } },
    });
    const held = nodesOf(
      pipeline,
      details(),
      [
        child('prepare', { target: 'small' }),
        child('fit', { target: undefined }),
        child('tune', {}, true),
        child('tune / trial 1', {}),
        child('cached', { properties: { 'azureml.isreused': 'true' } }),
        child('later', { status: 'NotStarted', startTimeUtc: null, endTimeUtc: null }),
      ],
      none,
    );
    assert.deepEqual(
      held.map(({ name, nodes, use, isReused }) => [name, nodes, use.compute, isReused]),
      [
        ['prepare', 1, 'small', undefined],
        ['fit', 2, '/w/computes/gpu', undefined],
        ['tune / trial 1', 1, 'cpu', undefined],
        ['cached', 1, 'cpu', true],
      ],
    );
  });

  it('is not known of jobs of other kinds, nor of a parent without children', () => {
    assert.match(
      heldNodes(job('Spark'), details(), [], none) as string,
      /no price for what jobs of the type Spark run on/,
    );
    assert.match(heldNodes(job('Sweep'), details(), [], none) as string, /lists nothing that ran/);
    assert.deepEqual(heldNodes(job('Sweep'), details({ status: 'Running' }), [], none), []);
  });
});

describe('Train: the cost of a job that is followed', () => {
  const setUp = (agentIsAheadBy = 0, found: Machine = machine(60), jobType = 'Command') => {
    let time = noon;
    const warnings: string[] = [];
    const asked: ComputeUse[][] = [];
    const prices = {
      asOf: noon,
      of: async (uses: readonly ComputeUse[]) => {
        asked.push([...uses]);
        return uses.map(() => found);
      },
    };
    const log = { warning: (text: string) => void warnings.push(text) } as never;
    const clock = { now: () => time + agentIsAheadBy, sleep: () => Promise.resolve() };
    const cost = new JobCost(job(jobType), prices, log, clock);
    return {
      cost,
      warnings,
      look: (minutes: number, more: Partial<RunDetails>, children: SeenChild[] = []) => {
        time = noon + minutes * minute;
        const open = { status: 'Running', endTimeUtc: null, answeredAt: new Date(time).toUTCString() };
        return cost.look(details({ ...open, ...more }), children);
      },
      pass: (minutes: number) => void (time = noon + minutes * minute),
    };
  };

  it('grows while the job runs, also between two looks, and ends with it', async () => {
    const { cost, look, pass } = setUp();
    assert.equal(cost.soFar(), undefined);
    await look(1, {});
    assert.equal(cost.soFar(), 'about 1.00 USD so far');
    pass(3);
    assert.equal(cost.estimate().amount, 3);
    assert.equal(cost.estimate(30_000).amount, 3.5);
    await look(9, { status: 'Completed', endTimeUtc: at(5) });
    assert.deepEqual([cost.final(at(5)).amount, cost.final(at(5)).asOf], [5, '2026-01-01T12:00:00.000Z']);
  });

  for (const [hours, words] of [
    [2, 'ahead of'],
    [-2, 'behind'],
  ] as const) {
    it(`is counted by Azure's clock where the agent's is ${Math.abs(hours)} hours ${words} it`, async () => {
      const { cost, look, pass, warnings } = setUp(hours * 60 * minute);
      await look(1, {});
      pass(2);
      await look(2, {});
      assert.equal(cost.estimate().amount, 2);
      assert.deepEqual(warnings, [`The agent's clock is 2:00:00 ${words} Azure's. The cost is counted by Azure's.`]);
    });
  }

  it('counts nodes from when they were seen to be prepared, unless they go to another job', async () => {
    const status = (PreparingNodeCount: number, CurrentNodeCount: number, RunningNodeCount = 0) => ({
      status: 'Queued',
      startTimeUtc: null,
      tags: {
        _aml_system_ComputeTargetStatus: JSON.stringify({ PreparingNodeCount, CurrentNodeCount, RunningNodeCount }),
      },
    });
    const mine = setUp();
    await mine.look(0, status(0, 0));
    await mine.look(1, status(1, 1));
    assert.equal(mine.cost.estimate().amount, 0, 'it still waits');
    await mine.look(3, status(0, 1));
    await mine.look(4, { startTimeUtc: at(4) });
    assert.equal(mine.cost.estimate().amount, 3);
    const other = setUp();
    await other.look(1, status(1, 1));
    await other.look(3, status(0, 1, 1));
    await other.look(4, { startTimeUtc: at(4) });
    assert.equal(other.cost.estimate().amount, 0);
  });

  it('has what was not seen to end until the end of the whole', async () => {
    const { cost, look, pass } = setUp();
    await look(1, {});
    pass(50);
    assert.equal(cost.final(at(7)).amount, 7);
    const sweep = setUp(0, machine(60), 'Sweep');
    const trials = [child('trial 0', { endTimeUtc: at(2) }), child('trial 1', { status: 'Running', endTimeUtc: null })];
    await sweep.look(3, {}, trials);
    assert.deepEqual(
      sweep.cost.final(at(7)).runs.map(({ amount }) => amount),
      [2, 7],
    );
  });

  describe('with a budget', () => {
    it('is over it as soon as it would pass it before the next look, and says what was spent', async () => {
      const { cost, look, pass } = setUp();
      await look(1, {});
      pass(4);
      assert.equal(cost.overBudget(5, 0.99 * minute), undefined);
      assert.equal(
        cost.overBudget(5, minute),
        'The job has cost about 4.00 USD by now (estimate) and would pass maxCost, 5 USD, before the next look. To let it run longer, raise maxCost.',
      );
      pass(6);
      assert.equal(
        cost.overBudget(5, 0),
        'The job has cost about 6.00 USD by now (estimate), which is all of maxCost, 5 USD. To let it run longer, raise maxCost.',
      );
    });

    it('is not over it while the job waits, however long', async () => {
      const { cost, look, pass } = setUp();
      await look(1, { status: 'Queued', startTimeUtc: null });
      pass(600);
      assert.equal(cost.overBudget(5, minute), undefined);
    });

    it('cannot be held where what runs has no price', async () => {
      const none = setUp(0, { compute: 'k8s', gap: 'Kubernetes has no price.' });
      await none.look(1, {});
      const lost = 'What the job costs is not known any more, so maxCost, 5 USD, cannot be held.';
      assert.equal(none.cost.overBudget(5, 0), `${lost} Kubernetes has no price.`);
      const euros = setUp(0, machine(1, { price: { ...machine(1).price!, currency: 'EUR' } }));
      await euros.look(1, {});
      assert.match(euros.cost.overBudget(5, 0)!, /cannot be held\. The price of Standard_DS3_v2 is in EUR/);
      await none.look(2, { status: 'Completed', endTimeUtc: at(2) });
      assert.equal(none.cost.overBudget(5, 0), undefined, 'it spends no more');
    });
  });

  it('says that it is not known where there is no price', async () => {
    const { cost, look } = setUp(0, { compute: 'k8s', gap: 'Kubernetes has no price.' });
    await look(5, {});
    assert.equal(cost.soFar(), undefined);
    const final = cost.final(at(5));
    assert.deepEqual(costLines(final), [
      'Cost (estimate): not known: 1 node of k8s for 0:05:00, at a price that is not known.',
      'The cost is not the whole: Kubernetes has no price.',
    ]);
    assert.equal(costOutput(final), undefined);
    assert.deepEqual(costSection(final, undefined), {
      estimate: true,
      currency: 'USD',
      asOf: '2026-01-01T12:00:00.000Z',
      prices: [],
      runs: [{ name: 'the job', compute: 'k8s', nodes: 1, seconds: 300 }],
      gaps: ['Kubernetes has no price.'],
    });
  });
});

describe('Train: the words for a cost', () => {
  const asOf = '2026-11-28T08:00:00.000Z';

  it('are an estimate with currency, date and basis, and idle time apart', () => {
    const scale = { minNodes: 0, maxNodes: 4, idleSeconds: 120 };
    const cost = { ...estimateCost([run({ nodes: 2, machine: machine(0.29, { scale }) })], noon), asOf };
    assert.deepEqual(costLines(cost), [
      'Cost (estimate): about 0.58 USD: 2 nodes of Standard_DS3_v2 at 0.29 USD an hour for 1:00:00.',
      'Idle time comes on top: 0.019 USD at most, for 2 nodes that the cluster keeps for 0:02:00 before it gives them back.',
      "Azure ML's list prices of 2026-11-28, for the time from the allocation of the nodes on; without discounts, storage and network.",
    ]);
    assert.equal(costOutput(cost), '0.58');
    assert.deepEqual(costSection(cost, 5), {
      estimate: true,
      amount: 0.58,
      currency: 'USD',
      asOf,
      maxCost: 5,
      idle: { amount: 0.019333, nodes: 2, seconds: 120 },
      prices: [{ size: 'Standard_DS3_v2', tier: 'Standard', os: 'Linux', perHour: 0.29 }],
      runs: [
        {
          name: 'the job',
          compute: 'cpu',
          size: 'Standard_DS3_v2',
          tier: 'Standard',
          nodes: 2,
          seconds: 3600,
          amount: 0.58,
        },
      ],
    });
    assert.equal(costTable(cost), '');
  });

  it('name each trial or step, the dearest twenty', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      run({ name: `trial ${index}`, until: noon + (index + 1) * minute }),
    );
    const cost = { ...estimateCost([...many, run({ name: 'a|b', isReused: true })], noon), asOf };
    assert.equal(costLines(cost).filter((line) => /^ {2}trial/.test(line)).length, 20);
    assert.match(costLines(cost)[0]!, /for 30 trials or steps\.$/);
    assert.match(costTable(cost), /\| trial 29 \| 1 × Standard\\?_DS3\\?_v2 \| 0:30:00 \| 0\.15 USD \|/);
    assert.match(costTable(cost), /… and 11 more; the record has them all\.$/);
    assert.equal(costSection(cost, undefined).runs.length, 31);
    const few = { ...estimateCost([run({ name: 'a|b', isReused: true }), run()], noon), asOf };
    assert.match(costTable(few), /\| a\\\|b \| reused, did not run \| 0:00:00 \| 0\.00 USD \|/);
  });

  it('say a little as little, and a part as a part', () => {
    assert.equal(moneyText(0, 'USD'), '0.00 USD');
    assert.equal(moneyText(0.00234, 'USD'), '0.0023 USD');
    assert.equal(moneyText(0.0726, 'USD'), '0.073 USD');
    assert.equal(moneyText(0.1, 'USD'), '0.10 USD');
    assert.equal(moneyText(1e-7, 'USD'), '0 USD');
    assert.equal(moneyText(12.345, 'USD'), '12.35 USD');
    const part = estimateCost([run(), run({ machine: { compute: 'k8s', gap: 'No price.' } })], noon);
    assert.match(costLines(part)[0]!, /^Cost \(estimate\): at least 0\.29 USD for 2 trials or steps\.$/);
    assert.equal(costOutput(part), undefined);
  });
});
