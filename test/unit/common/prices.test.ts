import assert from 'node:assert/strict';
import type { ServiceConnection } from '../../../tasks/common/azure/http/serviceConnection';
import { secondsOf } from '../../../tasks/common/azure/ml/isoDuration';
import { priceIn, type PriceList } from '../../../tasks/common/azure/ml/prices/priceList';
import { Computes } from '../../../tasks/common/azure/ml/computes';
import { Prices } from '../../../tasks/common/azure/ml/prices/prices';
import { Workspace } from '../../../tasks/common/azure/ml/workspace';
import { PatientSession } from '../../support/patientSession';
import { startSecureServer } from '../../support/secureServer';

const value = (retailPrice: number, osType = 'Linux', vmTier = 'Standard') => ({ retailPrice, osType, vmTier });
const size = (name: string, values: unknown[], more: object = {}) => ({
  name,
  estimatedVMPrices: { billingCurrency: 'USD', unitOfMeasure: 'OneHour', values, ...more },
});
const linux = { os: 'Linux', isLowPriority: false } as const;

describe('prices: what a size costs by the list', () => {
  const list = [
    size('Standard_A', [
      value(0.5, 'Windows'),
      value(0.06, 'Linux', 'LowPriority'),
      value(0.29),
      value(0.2, 'Windows', 'LowPriority'),
    ]),
    size('Standard_Spot', [value(0.9), value(0.1, 'Linux', 'Spot')]),
    size('Standard_Twice', [value(1), value(3), value(2)]),
    size('Standard_Free', [value(0), value(-1), value(NaN)]),
    size('Standard_Text', [{ ...value(1), retailPrice: '1' }]),
    size('Standard_Minutes', [value(1)], { unitOfMeasure: 'OneMinute' }),
    size('Standard_None', []),
    { name: 'Standard_Silent' },
  ] as unknown as PriceList;

  it('is that of its operating system and tier, whatever the letters of its name', () => {
    const price = (name: string, more: object = {}) => priceIn(list, { ...linux, size: name, ...more });
    const a = { size: 'Standard_A', os: 'Linux', tier: 'Standard', perHour: 0.29, currency: 'USD' };
    assert.deepEqual(price('STANDARD_A'), a);
    assert.deepEqual(price('standard_a', { os: 'Windows' }), { ...a, os: 'Windows', perHour: 0.5 });
    assert.deepEqual(price('Standard_A', { isLowPriority: true }), { ...a, tier: 'LowPriority', perHour: 0.06 });
  });

  it('of low priority is never that of a dedicated machine, but that of a spot one', () => {
    const low = { ...linux, isLowPriority: true };
    assert.equal((priceIn(list, { ...low, size: 'Standard_Spot' }) as { perHour: number }).perHour, 0.1);
    assert.match(priceIn(list, { ...low, size: 'Standard_Twice' }) as string, /no low-priority Linux price/);
  });

  it('is the highest of several, so that no budget is passed because of a low one', () => {
    assert.equal((priceIn(list, { ...linux, size: 'Standard_Twice' }) as { perHour: number }).perHour, 3);
  });

  for (const [name, why] of [
    ['Standard_B', /does not have the size Standard_B$/],
    ['Standard_Free', /no Linux price for the size Standard_Free$/],
    ['Standard_Text', /no Linux price/],
    ['Standard_None', /no Linux price/],
    ['Standard_Silent', /no Linux price/],
    ['Standard_Minutes', /by OneMinute, not by the hour/],
  ] as const) {
    it(`is not guessed: ${name}`, () => {
      assert.match(priceIn(list, { ...linux, size: name }) as string, why);
    });
  }
});

describe('prices: durations of the service', () => {
  for (const [text, seconds] of [
    ['PT120S', 120],
    ['PT3M20S', 200],
    ['P1DT2H', 93_600],
    ['PT0S', 0],
    ['PT1.5S', 1.5],
    ['P', undefined],
    ['PT', undefined],
    ['120', undefined],
    [undefined, undefined],
  ] as const) {
    it(`${text} is ${seconds}`, () => assert.equal(secondsOf(text), seconds));
  }
});

describe('prices: the computes of a workspace', () => {
  let server: Awaited<ReturnType<typeof startSecureServer>>;
  let asked: string[];
  let answers: Record<string, { status?: number; body: unknown }>;
  let prices: Prices;
  let computes: Computes;
  const usual = { status: 404, body: { error: { code: 'NotFound', message: 'It is not there.' } } };

  before(async () => {
    server = await startSecureServer((request, response) => {
      const { pathname } = new URL(request.url!, 'https://any');
      const key = pathname.split('/').slice(-2).join('/');
      if (!key.startsWith('workspaces/')) asked.push(key);
      const { status = 200, body } = answers[key.replace('CPU', 'cpu')] ?? usual;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  after(() => server.close());

  const cluster = (name: string, own: object, more: object = {}) => ({
    name,
    properties: {
      computeType: 'AmlCompute',
      computeLocation: 'East US',
      properties: {
        vmSize: 'STANDARD_A',
        vmPriority: 'Dedicated',
        scaleSettings: { minNodeCount: 1, maxNodeCount: 4, nodeIdleTimeBeforeScaleDown: 'PT3M20S' },
        ...own,
      },
      ...more,
    },
  });
  const list = { value: [size('Standard_A', [value(2), value(0.5, 'Linux', 'LowPriority'), value(4, 'Windows')])] };

  beforeEach(() => {
    asked = [];
    answers = {
      'workspaces/w': { body: { id: '/w', location: 'eastus', properties: {} } },
      'eastus/vmSizes': { body: list },
      'computes/cpu': { body: cluster('cpu', {}) },
      'w/computes': {
        body: {
          value: [
            cluster('cpu', {}),
            cluster('low', { vmPriority: 'LowPriority' }),
            cluster('windows', { osType: 'Windows', scaleSettings: { maxNodeCount: 1 } }),
            { name: 'k8s', properties: { computeType: 'Kubernetes', properties: {} } },
            { name: 'mine', properties: { computeType: 'ComputeInstance', properties: { vmSize: 'Standard_A' } } },
          ],
        },
      },
    };
    const connection = {
      resourceManagerUrl: server.url,
      audience: 'https://management.example',
      subscriptionId: 's',
    } as ServiceConnection;
    const session = new PatientSession(connection, server.network);
    const workspace = new Workspace(session, 'g', 'w');
    const { signal } = new AbortController();
    computes = new Computes(workspace, signal);
    prices = new Prices(workspace, computes, () => 7, signal);
  });

  it('are told by two requests, however often they are asked for', async () => {
    const id = '/subscriptions/s/resourceGroups/g/providers/x/workspaces/w/computes/CPU';
    assert.equal(prices.asOf, undefined);
    const [machine] = await prices.of([{ compute: id }]);
    await prices.of([{ compute: 'cpu' }, { compute: 'azureml:cpu' }]);
    assert.deepEqual(machine, {
      compute: 'CPU',
      price: { size: 'Standard_A', tier: 'Standard', os: 'Linux', perHour: 2, currency: 'USD' },
      scale: { minNodes: 1, maxNodes: 4, idleSeconds: 200 },
    });
    assert.equal(prices.asOf, 7);
    assert.deepEqual(asked, ['computes/CPU', 'eastus/vmSizes']);
  });

  it('are told by two requests where they are several', async () => {
    const machines = await prices.of(['cpu', 'low', 'windows', 'k8s', 'mine'].map((compute) => ({ compute })));
    assert.deepEqual(
      machines.map(({ price, gap }) => price?.perHour ?? gap),
      [2, 0.5, 4, 'Azure ML has no price for computes of the kind Kubernetes, such as k8s.', 2],
    );
    // Where a cluster does not say it, a node may idle for two minutes.
    assert.deepEqual(machines[2]!.scale, { minNodes: 0, maxNodes: 1, idleSeconds: 120 });
    assert.deepEqual(asked, ['w/computes', 'eastus/vmSizes']);
  });

  it('share the look at a compute with the check of it, whichever comes first', async () => {
    await computes.find('CPU');
    await prices.of([{ compute: 'cpu' }]);
    await computes.find('cpu', true);
    assert.deepEqual(asked, ['computes/CPU', 'eastus/vmSizes']);
  });

  it('share it where a pipeline names several, too', async () => {
    for (const name of ['cpu', 'low']) await computes.find(name, true);
    await prices.of([{ compute: 'low' }, { compute: 'cpu' }]);
    await prices.of([{ compute: 'mine' }]);
    assert.deepEqual(asked, ['w/computes', 'eastus/vmSizes']);
  });

  it('believe the list where a compute is not found by its name', async () => {
    delete answers['computes/cpu'];
    assert.equal((await computes.find('cpu'))?.size, 'STANDARD_A');
    assert.deepEqual(asked, ['computes/cpu', 'w/computes']);
  });

  it('are there where they are found by their name only, as when they are new', async () => {
    const { value } = answers['w/computes']!.body as { value: unknown[] };
    answers['w/computes']!.body = { value: value.slice(1) };
    for (const name of ['low', 'cpu']) assert.equal((await computes.find(name, true))?.name, name);
    assert.deepEqual((await prices.of([{ compute: 'cpu' }, { compute: 'low' }])).map(({ price }) => price?.perHour), [2, 0.5]); // prettier-ignore
    assert.deepEqual(asked, ['w/computes', 'computes/cpu', 'eastus/vmSizes']);
  });

  it('are looked for again where they were not there', async () => {
    answers['computes/new'] = usual;
    assert.equal(await computes.find('new', true), undefined);
    assert.equal((await prices.of([{ compute: 'new' }]))[0]!.gap, 'The workspace has no compute new.');
    answers['computes/new'] = { body: cluster('new', {}) };
    assert.equal((await computes.find('new', true))?.name, 'new');
    await computes.find('new');
    assert.deepEqual(asked, ['w/computes', ...Array<string>(3).fill('computes/new')]);
  });

  it('may be asked for again by whoever checks them where they could not be read', async () => {
    const good = answers['computes/cpu']!;
    answers['computes/cpu'] = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'Not you.' } } };
    assert.match((await prices.of([{ compute: 'cpu' }]))[0]!.gap!, /^The compute cpu cannot be read: .*Not you/);
    answers['computes/cpu'] = good;
    assert.equal((await computes.find('cpu'))?.name, 'cpu');
    // What had no price once has none in this run: a gap is not asked for at each look.
    assert.match((await prices.of([{ compute: 'cpu' }]))[0]!.gap!, /^The compute cpu cannot be read/);
  });

  it('of serverless nodes are those of the size that the job names', async () => {
    const machines = await prices.of([
      { instanceType: 'standard_a' },
      { compute: 'Serverless', instanceType: 'Standard_A', isLowPriority: true },
      { compute: '/w/computes/serverless' },
    ]);
    assert.deepEqual(
      machines.map(({ price, gap }) => price?.perHour ?? gap),
      [2, 0.5, 'Azure ML chooses the size of serverless nodes where the job names none.'],
    );
    assert.deepEqual(asked, ['eastus/vmSizes']);
  });

  it('are a gap where the connection may not read them, and are not asked for again', async () => {
    answers['eastus/vmSizes'] = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'Not you.' } } };
    const [first] = await prices.of([{ compute: 'cpu' }]);
    const count = asked.length;
    const [second] = await prices.of([{ compute: 'cpu' }, { instanceType: 'Standard_A' }]);
    assert.match(first!.gap!, /^Azure ML's price list of eastus cannot be read: .*Not you\..*the role Reader has\.$/s);
    assert.equal(second!.gap, first!.gap);
    assert.equal(asked.length, count);
    assert.equal(prices.asOf, undefined);
  });

  it('are a gap where the answer is not a list of sizes', async () => {
    answers['eastus/vmSizes'] = { body: { error: 'maintenance' } };
    const [machine] = await prices.of([{ compute: 'cpu' }]);
    assert.match(machine!.gap!, /price list of eastus cannot be read/);
  });

  it('are a gap where the list has nothing', async () => {
    answers['eastus/vmSizes'] = { body: { value: [] } };
    const [machine] = await prices.of([{ compute: 'cpu' }]);
    assert.equal(machine!.gap, 'Azure ML gives no price in eastus: the price list does not have the size STANDARD_A.');
  });
});
