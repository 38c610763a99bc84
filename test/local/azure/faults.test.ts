import assert from 'node:assert/strict';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { localCloud } from '../../../local/azure/context';
import { clientSecretCredential, localAzure } from '../../support/azure';
import { MlWorkspace } from '../../support/mlWorkspace';
import type { KnownFault } from '../../../local/azure/faults/knownFaults';
import type { LocalAzure } from '../../../local/azure/index';

const { resourceGroup, workspace } = localCloud;

describe('faults of local Azure', function () {
  this.timeout(300_000);
  let azure: LocalAzure;
  let ml: MlWorkspace;

  before(async () => {
    azure = await localAzure();
    ml = new MlWorkspace(azure);
  });
  beforeEach(() => azure.requests.clear());
  afterEach(() => azure.faults.clear());

  const statuses = async (): Promise<number[]> =>
    (await azure.requests.list()).filter(({ url }) => /\/workspaces\/quick/i.test(url)).map(({ status }) => status);

  it('answer a planned number of requests, after a planned number that pass', async () => {
    await azure.faults.http({
      path: '/workspaces/quick',
      skip: 1,
      times: 2,
      action: {
        status: 429,
        headers: { 'retry-after': '0' },
        body: { error: { code: 'TooManyRequests', message: 'slow' } },
      },
    });
    await ml.client.workspaces.get(resourceGroup, workspace);
    await ml.client.workspaces.get(resourceGroup, workspace);
    assert.deepEqual(await statuses(), [200, 429, 429, 200]);
  });

  it('break a connection, which the client tries again', async () => {
    await azure.faults.http({ path: '/workspaces/quick', action: { reset: 'before' } });
    await ml.client.workspaces.get(resourceGroup, workspace);
    assert.deepEqual(await statuses(), [0, 200]);
  });

  it('act on one method only, and no longer once they are cleared', async () => {
    await azure.faults.http({ method: 'DELETE', path: '.', times: 9, action: { status: 500 } });
    await ml.client.workspaces.get(resourceGroup, workspace);
    await azure.faults.http({ path: '.', times: 9, action: { status: 403 } });
    await azure.faults.clear();
    await ml.client.workspaces.get(resourceGroup, workspace);
    assert.deepEqual(await statuses(), [200, 200]);
  });
});

/** How one request ended: the answer, or what broke it; 'silence' where nothing more came. */
interface Ending {
  status?: number;
  body: string;
  broken?: string;
}

describe('faults of local Azure, one by one', function () {
  this.timeout(60_000);
  let azure: LocalAzure;
  let path: string;
  let token: string;
  const group = () => `/subscriptions/${localCloud.subscriptionId}/resourceGroups/faulty`;

  before(async () => {
    azure = await localAzure();
    path = `${group()}?api-version=2021-04-01`;
    token = (await clientSecretCredential(azure).getToken('https://management.azure.com/.default')).token;
  });
  afterEach(() => azure.faults.clear());

  /** One request without retries. */
  function send(method: string, url = path): Promise<Ending> {
    return new Promise((resolve) => {
      const ending: Ending = { body: '' };
      const call = request(
        `${azure.url}${url}`,
        {
          method,
          agent: false,
          ca: readFileSync(azure.caFile),
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        },
        (response) => {
          ending.status = response.statusCode;
          response.on('data', (chunk: Buffer) => (ending.body += chunk.toString()));
          response.on('error', (error: NodeJS.ErrnoException) => resolve({ ...ending, broken: error.code }));
          response.on('end', () => resolve(ending));
        },
      );
      call.on('error', (error: NodeJS.ErrnoException) => resolve({ ...ending, broken: error.code }));
      void sleep(1_000, undefined, { ref: false }).then(() => {
        resolve({ ...ending, broken: 'silence' });
        call.destroy();
      });
      call.end(method === 'PUT' ? JSON.stringify({ location: 'eastus', tags: { at: url } }) : undefined);
    });
  }

  const exists = async (name: string): Promise<boolean> =>
    (await send('GET', `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${name}?api-version=2021-04-01`))
      .status === 200;

  const cells: Array<[fault: KnownFault, status: number | undefined, broken: string | undefined, isWorkDone: boolean]> =
    [
      ['reset-before', undefined, 'ECONNRESET', false],
      ['reset-after', undefined, 'ECONNRESET', true],
      ['reset-within', 201, 'ECONNRESET', true],
      ['cut', 201, 'ECONNRESET', true],
      ['stall-before', undefined, 'silence', false],
      ['stall-after', undefined, 'silence', true],
      ['stall-within', 201, 'silence', true],
      ['500', 500, undefined, false],
      ['500-after', 500, undefined, true],
      ['504-after', 504, undefined, true],
      ['200-html', 200, undefined, false],
      ['200-badjson-after', 200, undefined, true],
      ['401-claims', 401, undefined, false],
      ['429', 429, undefined, false],
    ];
  for (const [fault, status, broken, isWorkDone] of cells) {
    it(`${fault}: ends so, with the work ${isWorkDone ? 'done' : 'not done'}`, async () => {
      const name = `faulty-${fault}`;
      const url = path.replace('faulty?', `${name}?`);
      await azure.faults.http({ method: 'PUT', path: `resourceGroups/${name}\\?`, action: fault });
      const ending = await send('PUT', url);
      assert.deepEqual([ending.status, ending.broken], [status, broken]);
      assert.equal(await exists(name), isWorkDone);
      const [planned] = await azure.faults.list();
      assert.equal(planned?.hits, 1);
    });
  }

  it('cut, reset and stall within an answer leave its first half', async () => {
    const list = `/subscriptions/${localCloud.subscriptionId}/resourceGroups?api-version=2021-04-01`;
    const whole = await send('GET', list);
    for (const fault of ['cut', 'reset-within', 'stall-within'] as const) {
      await azure.faults.http({ path: 'resourceGroups', action: fault });
      const { body } = await send('GET', list);
      assert.equal(body, whole.body.slice(0, body.length), fault);
      assert.equal(body.length, Math.floor(whole.body.length / 2), fault);
    }
  });

  it('slow answers come whole', async () => {
    const whole = await send('GET', '/metadata/endpoints?api-version=2022-09-01');
    await azure.faults.http({ path: 'metadata', action: { slowMs: 10 } });
    assert.deepEqual(await send('GET', '/metadata/endpoints?api-version=2022-09-01'), whole);
  });

  it('wait for the request after which they are to act, and act only on its host', async () => {
    await send('PUT', path);
    await azure.faults.http({ method: 'GET', path: 'Groups/faulty', host: 'elsewhere', times: 9, action: '503' });
    await azure.faults.http({
      method: 'GET',
      path: 'Groups/faulty',
      host: '^localhost',
      times: 2,
      after: { method: 'PUT', path: 'Groups/faulty' },
      action: '404',
    });
    const statuses = [await send('GET'), await send('PUT'), await send('GET'), await send('GET'), await send('GET')];
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [200, 200, 404, 404, 200],
    );
  });

  it('let names fail for those who use the local cloud as their DNS, as often as planned', async () => {
    const look = (name: string) =>
      dns.promises.lookup(name).then(
        ({ address }) => address,
        ({ code }: NodeJS.ErrnoException) => code,
      );
    await azure.faults.dns({ name: '^registry\\.', code: 'EAI_AGAIN', skip: 1, times: 2 });
    await azure.faults.dns({ name: '^registry\\.', code: 'ENOTFOUND' });
    const seen = [await look('other.localhost')];
    for (let count = 0; count < 5; count++) seen.push(await look('registry.localhost'));
    assert.deepEqual(seen, ['127.0.0.1', '127.0.0.1', 'EAI_AGAIN', 'EAI_AGAIN', 'ENOTFOUND', '127.0.0.1']);
    assert.deepEqual(
      (await azure.faults.list()).map(({ hits }) => hits),
      [2, 1],
    );
    await azure.faults.dns({ name: '.', code: 'ENOTFOUND', times: 9 });
    await azure.faults.clear();
    assert.equal(await look('registry.localhost'), '127.0.0.1');
  });
});

describe('faults of the blobs of local Azure', function () {
  this.timeout(60_000);
  let azure: LocalAzure;
  let ml: MlWorkspace;

  before(async () => {
    azure = await localAzure();
    ml = new MlWorkspace(azure);
  });
  afterEach(() => azure.faults.clear());

  it('break off a download, refuse a signature and hide what was just written', async () => {
    const job = await ml.submit({
      command: 'echo hello',
      environmentId: await ml.environment(),
      codeId: await ml.code({ 'a.txt': 'a' }),
    });
    const { details } = await ml.untilEnd(job);
    const [log = ''] = Object.values(details.logFiles);
    const host = 'blob\\.core';
    const look = async () => {
      const response = await fetch(log);
      return `${response.status} ${(await response.text()).trim()}`;
    };
    await azure.faults.http({ host, path: 'std_log|user_logs', action: 'reset-within' });
    await assert.rejects(look(), /terminated|aborted/);
    await azure.faults.http({ host, path: 'std_log|user_logs', action: '403-sas' });
    assert.match(await look(), /^403 .*Signature not valid/);
    await azure.faults.http({ host, path: 'std_log|user_logs', action: '404' });
    assert.match(await look(), /^404 /);
    assert.equal(await look(), '200 hello');
    assert.ok((await azure.requests.list()).some(({ host, status }) => host.includes('blob.core') && status === 403));
  });
});

describe('the resource manager of local Azure', function () {
  this.timeout(300_000);
  const refusals: Array<[string, string, number, string]> = [
    ['a missing api-version', '/subscriptions', 400, 'MissingApiVersionParameter'],
    ['an unknown api-version', '/subscriptions?api-version=1999-01-01', 400, 'InvalidApiVersionParameter'],
    [
      'another subscription',
      '/subscriptions/0/providers/Microsoft.MachineLearningServices/workspaces?api-version=2024-04-01',
      404,
      'SubscriptionNotFound',
    ],
    [
      'an unknown resource group',
      `/subscriptions/${localCloud.subscriptionId}/resourceGroups/none/providers/Microsoft.MachineLearningServices/workspaces/none?api-version=2024-04-01`,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'an unknown workspace',
      `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/none?api-version=2024-04-01`,
      404,
      'ResourceNotFound',
    ],
  ];
  for (const [what, path, status, code] of refusals) {
    it(`answers ${what} with ${code}`, async () => {
      const answer = (await new MlWorkspace(await localAzure()).call('GET', path)) as {
        status: number;
        body: { error: { code: string } };
      };
      assert.deepEqual([answer.status, answer.body.error.code], [status, code]);
    });
  }
});
