import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { JobEnd } from '../../../tasks/common/azure/ml/jobs/follow/followJob';
import type { Job, JobProperties } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import type { JobSpec } from '../../../tasks/common/azure/ml/jobs/specification/jobSpec';
import type { ComputeUse, Machine } from '../../../tasks/common/azure/ml/prices/prices';
import {
  budgetOfOther,
  budgetText,
  endedByBudget,
  limitOf,
  otherLimitText,
  planBudget,
  withBudget,
} from '../../../tasks/Train/cost/budget';
import { plannedUses } from '../../../tasks/Train/cost/plannedUses';

const machine = (perHour: number, more: Partial<Machine> = {}): Machine => ({
  compute: 'cpu',
  price: { size: 'Standard_DS3_v2', tier: 'Standard', os: 'Linux', perHour, currency: 'USD' },
  ...more,
});
/** A cluster of four nodes. */
const cluster = { scale: { minNodes: 0, maxNodes: 4, idleSeconds: 120 } };
const found = (...machines: Machine[]) => ({
  of: async (uses: readonly ComputeUse[]) => uses.map((_, index) => machines[index] ?? machines.at(-1)!),
});
const command = (more: object = {}) =>
  ({ type: 'command', command: 'x', environment: 'e', compute: 'azureml:cpu', ...more }) as JobSpec;
const sweep = (limits: object | undefined, more: object = {}) =>
  ({
    type: 'sweep',
    compute: 'azureml:cpu',
    trial: { command: 'x', environment: 'e', ...more },
    search_space: { a: { type: 'choice', values: [1, 2, 3] }, b: { type: 'choice', values: [1, 2] } },
    objective: { goal: 'minimize', primary_metric: 'rmse' },
    limits,
  }) as JobSpec;
const pipeline = (jobs: object, more: object = {}) => ({ type: 'pipeline', jobs, ...more }) as JobSpec;
const seconds = async (maxCost: number, spec: JobSpec, at: Machine) =>
  (await planBudget(maxCost, spec, '/', found(at)))?.seconds;

describe('Train: how long a budget pays for', () => {
  it('is budget ÷ price an hour, in whole seconds', async () => {
    assert.equal(await seconds(0.29, command(), machine(0.29)), 3600);
    assert.equal(await seconds(1, command(), machine(0.29)), 12_413);
    assert.equal(await seconds(1.16, command({ resources: { instance_count: 4 } }), machine(0.29)), 3600);
    assert.equal(await seconds(0.3, command({ resources: { instance_count: 3 } }), machine(0.1)), 3600);
    assert.equal(await seconds(0.001, command(), machine(3.6)), 1);
  });

  it('is of a sweep that of all trials that may run at once', async () => {
    const at = (limits: object | undefined, more = {}, on = machine(1)) => seconds(12, sweep(limits, more), on);
    assert.equal(await at({ max_concurrent_trials: 3, max_total_trials: 20 }), 14_400);
    assert.equal(await at({ max_total_trials: 6 }), 7200, 'all at once, unless it says otherwise');
    assert.equal(await at({ max_concurrent_trials: 9, max_total_trials: 6 }), 7200);
    assert.equal(await at(undefined), 43, 'a thousand, unless it says otherwise');
    assert.equal(await at({ max_concurrent_trials: 3 }, { resources: { instance_count: 2 } }), 7200);
    assert.equal(await at(undefined, {}, machine(1, cluster)), 10_800, 'a cluster has no more than its maximum');
    assert.equal(await at(undefined, { resources: { instance_count: 3 } }, machine(1, cluster)), 14_400);
    const grid = { ...sweep(undefined), sampling_algorithm: { type: 'grid' } } as JobSpec;
    assert.equal(await seconds(12, grid, machine(1)), 7200, 'a grid has no more than its combinations');
  });

  it('is undefined without a limit of the cost', async () => {
    assert.equal(await planBudget(undefined, command(), '/', found(machine(1))), undefined);
  });

  for (const [what, at, why] of [
    ['a compute that has no price', { compute: 'k8s', gap: 'Kubernetes has no price.' }, /Kubernetes has no price\./],
    [
      'prices in another currency',
      machine(1, { price: { ...machine(1).price!, currency: 'EUR' } }),
      /maxCost is in US dollars, Azure ML's prices are in EUR\./,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      for (const spec of [command(), sweep(undefined), pipeline({ fit: command() })]) {
        await assert.rejects(planBudget(5, spec, '/', found(at)), (error: Error) => {
          assert.match(
            error.message,
            /^Input maxCost: what the job will cost is not known in advance, so it is not started/,
          );
          assert.match(error.message, why);
          return true;
        });
      }
    });
  }

  it('refuses a pipeline of which one step has no price, by its name', async () => {
    const steps = pipeline({ a: command(), b: command({ compute: 'k8s' }) });
    await assert.rejects(
      planBudget(5, steps, '/', found(machine(1), { compute: 'k8s', gap: 'No.' })),
      /\(step b\)\. No\./,
    );
  });

  it('is no longer than any job may run, however much there is to spend', async () => {
    for (const amount of [9999, 1e21, Number.MAX_VALUE]) {
      assert.equal(await seconds(amount, command(), machine(0.29)), 21 * 24 * 3600);
    }
  });

  it('refuses what does not pay for a second', async () => {
    await assert.rejects(seconds(0.0001, command(), machine(3.6)), /^TaskFailure: Input maxCost: 0\.0001 USD does not pay for a second of the job\./); // prettier-ignore
  });
});

describe('Train: what a job is going to hold', () => {
  let directory: string;
  before(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'planned-'));
  });
  after(() => fs.rmSync(directory, { recursive: true }));
  const write = (file: string, text: string) => fs.writeFileSync(path.join(directory, file), text);

  it('is of a pipeline each step, on its own compute or that of all', () => {
    write('fit.yml', 'command: x\nenvironment: e\nresources: {instance_count: 2, instance_type: Standard_A}\n');
    write(
      'inner.yml',
      'type: pipeline\njobs:\n  deep: {component: ./fit.yml}\n  own: {command: x, environment: e, compute: azureml:other}\n',
    );
    const uses = plannedUses(
      pipeline(
        {
          plain: { command: 'x', environment: 'e' },
          own: { command: 'x', environment: 'e', compute: 'azureml:gpu', resources: { instance_count: 3 } },
          file: { component: './fit.yml', compute: 'serverless', queue_settings: { job_tier: 'Spot' } },
          over: { component: './fit.yml', resources: { instance_count: 5 } },
          registered: { component: 'azureml:fit:1' },
          within: { type: 'pipeline', component: './inner.yml' },
          opaque: { type: 'pipeline', component: 'azureml:inner:1' },
          tune: { ...sweep({ max_concurrent_trials: 2 }), trial: './fit.yml' },
        },
        { settings: { default_compute: 'azureml:cpu' } },
      ),
      directory,
    );
    assert.deepEqual(
      uses.map(({ step, use, nodes, parallel }) => [
        step,
        use.compute,
        use.instanceType,
        use.isLowPriority,
        nodes,
        parallel,
      ]),
      [
        ['plain', 'azureml:cpu', undefined, false, 1, 1],
        ['own', 'azureml:gpu', undefined, false, 3, 1],
        ['file', 'serverless', 'Standard_A', true, 2, 1],
        ['over', 'azureml:cpu', 'Standard_A', false, 5, 1],
        ['registered', 'azureml:cpu', undefined, false, undefined, 1],
        ['within / deep', 'azureml:cpu', 'Standard_A', false, 2, 1],
        ['within / own', 'azureml:other', undefined, false, 1, 1],
        ['opaque', 'azureml:cpu', undefined, undefined, undefined, 1],
        ['tune', 'azureml:cpu', 'Standard_A', false, 2, 2],
      ],
    );
  });

  it('is not guessed where the number of nodes is an expression', () => {
    const [use] = plannedUses(command({ resources: { instance_count: '${{inputs.n}}' } }), '/');
    assert.equal(use!.nodes, undefined);
  });
});

describe('Train: the budget in the job itself', () => {
  const budget = (seconds: number | undefined, steps: Array<[string, number]> = []) => ({
    maxCost: 5,
    seconds,
    steps: new Map(steps),
    of: '1 node',
  });
  const body = (more: object) => ({ jobType: 'Command', command: 'x', ...more }) as JobProperties;

  it('is the time limit of a command job and of a sweep', () => {
    assert.deepEqual(withBudget(body({}), budget(60)).limits, { jobLimitsType: 'Command', timeout: 'PT60S' });
    const limits = { jobLimitsType: 'Sweep', maxTotalTrials: 4, trialTimeout: 'PT9S' };
    assert.deepEqual(withBudget(body({ jobType: 'Sweep', limits }), budget(60)).limits, {
      ...limits,
      timeout: 'PT60S',
    });
  });

  it('leaves a shorter limit of the job, and shortens a longer one', () => {
    const limited = (timeout: string) =>
      limitOf({ properties: withBudget(body({ limits: { jobLimitsType: 'Command', timeout } }), budget(3600)) });
    assert.equal(limited('PT3599S'), 3599);
    assert.equal(limited('PT1H'), 3600);
    assert.equal(limited('PT3601S'), 3600);
  });

  it('is the time limit of each step of a pipeline that is known beforehand, and changes nothing else', () => {
    const jobs = {
      a: { type: 'command', limits: { job_limits_type: 'Command', timeout: 'PT10S' } },
      b: { type: 'command' },
      c: { type: 'sweep', limits: { max_total_trials: 3, timeout: 999 } },
      short: { type: 'sweep', limits: { timeout: 59 } },
      d: { type: 'command', componentId: 'unknown' },
    };
    const steps: Array<[string, number]> = [
      ['a', 60],
      ['b', 60],
      ['c', 60],
      ['short', 60],
    ];
    assert.deepEqual(withBudget(body({ jobType: 'Pipeline', jobs }), budget(undefined, steps)), {
      jobType: 'Pipeline',
      command: 'x',
      jobs: {
        a: jobs.a,
        b: { type: 'command', limits: { job_limits_type: 'Command', timeout: 'PT60S' } },
        c: { type: 'sweep', limits: { max_total_trials: 3, timeout: 60 } },
        short: jobs.short,
        d: jobs.d,
      },
    });
  });

  it('is nothing without a limit of the cost', () => {
    const given = body({ limits: null });
    assert.equal(withBudget(given, undefined), given);
  });

  it('is said, with the price', () => {
    const text = 'maxCost, 5 USD, pays for 1:00:00 of 1 node (estimate):';
    assert.deepEqual(budgetText(budget(3600), 3600), {
      text: `${text} that is the job's time limit.`,
      isWarning: false,
    });
    assert.equal(
      budgetText(budget(3600), 60).text,
      `${text} the job's own time limit of 0:01:00 is shorter and stays.`,
    );
    assert.equal(
      budgetText(budget(21 * 24 * 3600), 21 * 24 * 3600).text,
      "maxCost, 5 USD, pays for the longest that a job may run, 21 days, of 1 node (estimate): that is the job's time limit.",
    );
  });

  it('is said to be held by the step only where the job has no limit of its own', () => {
    const { text, isWarning } = budgetText(budget(undefined, [['fit', 60]]), undefined);
    assert.ok(isWarning);
    assert.match(
      text,
      /no time limit for a pipeline as a whole, so maxCost, 5 USD, is held by this step only: if the agent dies/,
    );
    assert.match(text, /Each step by itself is limited to what it pays for: fit 0:01:00\.$/);
    assert.match(budgetText(budget(undefined), undefined).text, /^How many nodes will run is not known in advance/);
  });

  it('is another where the job was started before', () => {
    assert.equal(otherLimitText(budget(60), 60), undefined);
    const shorter = otherLimitText(budget(60), 30)!;
    assert.deepEqual([shorter.isWarning, /limit of 0:00:30, which is shorter than the 0:01:00/.test(shorter.text)], [false, true]); // prettier-ignore
    for (const [limit, words] of [
      [90, /started with a time limit of 0:01:30, .*held by this step only/],
      [undefined, /started without a time limit, .*held by this step only/],
    ] as const) {
      const longer = otherLimitText(budget(60), limit)!;
      assert.ok(longer.isWarning);
      assert.match(longer.text, words);
    }
  });

  it('is why Azure ML ended a job at its limit', () => {
    const job = (timeout: string) => ({ name: 'j', properties: { limits: { timeout } } }) as unknown as Job;
    const end = (minutes: number, status = 'Canceled') =>
      ({
        status,
        startedAt: '2026-01-01T00:00:00Z',
        endedAt: new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString(),
      }) as JobEnd;
    assert.match(endedByBudget(job('PT1H'), end(60), budget(3600))!, /^Azure ML ended the job j at its time limit of 1:00:00, which maxCost, 5 USD, had set\. To let it run longer, raise maxCost\.$/); // prettier-ignore
    assert.equal(endedByBudget(job('PT1H'), end(59), budget(3600)), undefined, 'somebody else cancelled it');
    assert.equal(endedByBudget(job('PT30M'), end(60), budget(3600)), undefined, 'it was its own limit');
    assert.equal(endedByBudget(job('PT1H'), end(60, 'Completed'), budget(3600)), undefined);
    assert.equal(endedByBudget(job('PT1H'), end(60), budget(undefined)), undefined);
  });

  it('is not to be raised where Azure ML lets no job run longer', () => {
    const end = { status: 'Canceled', startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-22T00:00:00Z' } as JobEnd;
    for (const timeout of ['P21D', 'PT504H']) {
      const job = { name: 'j', properties: { limits: { timeout } } } as unknown as Job;
      const text = endedByBudget(job, end, budget(21 * 24 * 3600));
      assert.match(text!, /^Azure ML ended the job j after 21 days, the longest that it lets a job run, whatever maxCost pays for\./); // prettier-ignore
      assert.doesNotMatch(text!, /raise/);
    }
  });
});

describe('Train: the budget of a job that was started elsewhere', () => {
  const job = (jobType: string, more: object = {}) =>
    ({ name: 'j', properties: { jobType, computeId: '/w/computes/cpu', ...more } }) as unknown as Job;

  it('is held by the step only, which is said', async () => {
    const remark = await budgetOfOther(job('Command'), 5, found(machine(1)));
    assert.match(remark!.text, /started without a time limit.*if the agent dies, the job may cost more\.$/);
    assert.ok(remark!.isWarning);
  });

  it('is asked for by what the job runs on', async () => {
    const asked: ComputeUse[] = [];
    const prices = { of: async (uses: readonly ComputeUse[]) => (asked.push(...uses), [machine(1)]) };
    const trial = { resources: { instanceType: 'Standard_A' } };
    await budgetOfOther(job('Sweep', { computeId: null, trial, queueSettings: { jobTier: 'Spot' } }), 5, prices);
    assert.deepEqual(asked, [{ compute: undefined, instanceType: 'Standard_A', isLowPriority: true }]);
  });

  it('is beside the limit that the job has, be it of AutoML', async () => {
    const limited = job('AutoML', { taskDetails: { limitSettings: { timeout: 'PT6H' } } });
    assert.match((await budgetOfOther(limited, 5, found(machine(1))))!.text, /started with a time limit of 6:00:00,/);
    assert.equal(limitOf(job('Command', { limits: null })), undefined);
  });

  it('cannot be held without a price: the job is not followed', async () => {
    const gap = { compute: 'k8s', gap: 'No price.' };
    for (const jobType of ['Command', 'Sweep']) {
      await assert.rejects(
        budgetOfOther(job(jobType), 5, found(gap)),
        /so the job j is not followed, and runs on\. No price\./,
      );
    }
    await assert.rejects(budgetOfOther(job('Spark'), 5, found(machine(1))), /jobs of the type Spark/);
    assert.ok(await budgetOfOther(job('Pipeline'), 5, found(gap)), 'its steps are known when they run');
  });
});
