import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, getRun, readLog, registryPath, schedule, upload, waitForRun } from './acrBuild';
import { cloudClient, type Answer, type CloudClient } from './cloudClient';

const version = 'api-version=2019-06-01-preview';

describe('ACR Tasks', function () {
  // Room for a machine that does much else meanwhile.
  this.timeout(180_000);
  let cloud: CloudClient;

  before(async function () {
    this.timeout(180_000);
    cloud = await cloudClient();
  });
  afterEach(() => cloud.azure.faults.clear());

  it('builds an uploaded context and pushes it by digest under every name', async () => {
    const built = await buildImage(
      cloud,
      { Dockerfile: 'FROM scratch\nCOPY greeting /\n', greeting: 'hello' },
      { imageNames: ['team/greeting:v1', 'team/greeting:{{.Run.ID}}', 'plain'] },
    );
    assert.equal(built.status, 'Succeeded', built.log);
    const names = ['team/greeting:v1', `team/greeting:${built.runId}`, 'plain:latest'];
    assert.deepEqual(Object.keys(built.digests), names);
    assert.equal(new Set(Object.values(built.digests)).size, 1);
    for (const name of names) {
      assert.match(built.log, new RegExp(`Successfully pushed image: ${cloud.loginServer}/${name}$`, 'm'));
    }
    assert.match(built.log, /^Step 1\/2 : FROM scratch$/m);
    assert.match(built.log, new RegExp(`\n\nRun ID: ${built.runId} was successful after \\d+s\n$`));
    assert.equal(built.properties.runType, 'QuickBuild');
    for (const time of ['createTime', 'startTime', 'finishTime']) assert.ok(Date.parse(built.properties[time]));
  });

  it('pushes into a registry with repository permissions only as its caller', async () => {
    const registry = registryPath.replace('quickstartsacr', 'abacregistry');
    const made = await cloud.arm('PUT', `${registry}?api-version=2025-11-01`, {
      location: 'eastus',
      sku: { name: 'Standard' },
      properties: { roleAssignmentMode: 'AbacRepositoryPermissions' },
    });
    assert.deepEqual([made.status, made.json.properties.roleAssignmentMode], [201, 'AbacRepositoryPermissions']);
    const files = { Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'a' };
    const refused = await buildImage(cloud, files, { imageNames: ['a:1'] }, registry);
    assert.equal(refused.status, 'Failed');
    assert.match(refused.log, /when specifying push, at least one credential is required/);
    const sourceLocation = await upload(cloud, files, registry);
    const request = (apiVersion: string) =>
      cloud.arm('POST', `${registry}/scheduleRun?api-version=${apiVersion}`, {
        type: 'DockerBuildRequest',
        dockerFilePath: 'Dockerfile',
        platform: { os: 'Linux' },
        sourceLocation,
        imageNames: ['a:1'],
        credentials: { sourceRegistry: { identity: '[caller]' } },
      });
    const scheduled = await request('2025-03-01-preview');
    const built = await waitForRun(cloud, scheduled.json.properties.runId as string, registry);
    assert.equal(built.status, 'Succeeded', built.log);
    assert.equal((await request('2019-04-01')).status, 400, 'the older version does not know of it');
  });

  it('puts the upload where the correlation id says', async () => {
    const id = randomUUID();
    const url = `${registryPath}/listBuildSourceUploadUrl?${version}`;
    const ask = async (): Promise<string> =>
      (await cloud.arm('POST', url, undefined, { 'x-ms-correlation-request-id': id })).json.relativePath as string;
    assert.equal(await ask(), await ask(), 'two uploads with one id go to one blob');
    assert.match(await ask(), new RegExp(`^tasks-source/\\d{8}0000/${id}\\.tar\\.gz$`));
  });

  it('begins the log with the run, and marks its end', async () => {
    await cloud.azure.faults.named('acr.stayQueued', { detail: { seconds: 0.7 } });
    const sourceLocation = await upload(cloud, { Dockerfile: 'FROM scratch\n' });
    const { properties } = (await schedule(cloud, { sourceLocation })).json;
    assert.equal(properties.status, 'Queued');
    const link = (await cloud.arm('POST', `${registryPath}/runs/${properties.runId}/listLogSasUrl?${version}`)).json
      .logLink as string;
    const head = (): Promise<Answer> => cloud.send('HEAD', link);
    assert.equal((await head()).status, 404, 'a run that waits has no log');
    await waitForRun(cloud, properties.runId as string);
    const { headers } = await head();
    assert.equal(headers['x-ms-blob-type'], 'AppendBlob');
    assert.equal(headers['x-ms-meta-complete'], 'Succeeded');
    const listed = await cloud.arm(
      'GET',
      `${registryPath}/runs?${version}&$filter=runId eq '${properties.runId}'&$top=1`,
    );
    assert.deepEqual(
      listed.json.value.map((run: { name: string }) => run.name),
      [properties.runId],
    );
  });

  it('keeps secret arguments out of the log, the image and what it tells of the run', async () => {
    const secret = 'a-secret-word';
    const built = await buildImage(
      cloud,
      {
        Dockerfile: 'FROM python:3.11\nARG OPEN\nARG HIDDEN\nRUN echo "open $OPEN, hidden $HIDDEN"\n',
      },
      {
        imageNames: ['secretive:1'],
        arguments: [
          { name: 'OPEN', value: 'seen' },
          { name: 'HIDDEN', value: secret, isSecret: true },
        ],
        noCache: true,
      },
    );
    assert.equal(built.status, 'Succeeded', built.log);
    assert.match(built.log, /^open seen, hidden \*\*\*$/m);
    const credentials = (await cloud.arm('POST', `${registryPath}/listCredentials?api-version=2023-07-01`)).json;
    const authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.passwords[0].value}`).toString('base64')}`;
    const get = (path: string): Promise<Answer> =>
      cloud.send('GET', `https://${cloud.loginServer}/v2/secretive/${path}`, { headers: { authorization } });
    const manifest = await get('manifests/1');
    const config = await get(`blobs/${JSON.parse(manifest.text).config.digest}`);
    for (const text of [manifest.text, config.text, JSON.stringify(built.properties)])
      assert.doesNotMatch(text, /a-secret/);
  });

  it('says in the log why a build failed, and passes on its exit code', async () => {
    const failed = await buildImage(cloud, { Dockerfile: 'FROM python:3.11\nRUN echo almost && exit 9\n' });
    assert.equal(failed.status, 'Failed');
    assert.equal(failed.properties.runErrorMessage, 'failed during run, err: exit status 9');
    assert.match(failed.log, /^almost$/m);
    assert.match(failed.log, /The command '\/bin\/sh -c echo almost && exit 9' returned a non-zero code: 9/);
    const missing = await buildImage(cloud, { Dockerfile: `FROM ${cloud.loginServer}/never-built:1\n` });
    assert.match(missing.log, /manifest for .*never-built:1 not found: manifest unknown/);
    const nothing = await schedule(cloud, { sourceLocation: 'tasks-source/none.tar.gz' });
    const ended = await waitForRun(cloud, nothing.json.properties.runId as string);
    assert.match(ended.properties.runErrorMessage as string, /failed to download the source .*404/);
  });

  it('cancels a run that builds, with its processes, and one that waits', async () => {
    const dockerfile = 'FROM python:3.11\nRUN echo begun && sleep 300\n';
    const sourceLocation = await upload(cloud, { Dockerfile: dockerfile });
    const cancel = (id: string): Promise<Answer> => cloud.arm('POST', `${registryPath}/runs/${id}/cancel?${version}`);
    const { runId } = (await schedule(cloud, { sourceLocation, noCache: true })).json.properties;
    while (!/^begun$/m.test(await readLog(cloud, runId as string))) await sleep(50);
    assert.equal((await cancel(runId as string)).status, 202);
    const canceled = await waitForRun(cloud, runId as string);
    assert.equal(canceled.status, 'Canceled');
    assert.match(canceled.log, new RegExp(`Run ID: ${runId} was canceled after`));

    await cloud.azure.faults.named('acr.stayQueued', { detail: { seconds: 60 } });
    const waiting = (await schedule(cloud, { sourceLocation })).json.properties;
    await cancel(waiting.runId as string);
    assert.equal((await getRun(cloud, waiting.runId as string)).json.properties.status, 'Canceled');
    assert.equal((await cancel(waiting.runId as string)).status, 200, 'it has ended already');
  });

  it('runs a task run once, until its request or its forceUpdateTag changes', async () => {
    await cloud.azure.faults.named('acr.stayQueued', { detail: { seconds: 600 }, times: 9 });
    const sourceLocation = await upload(cloud, { Dockerfile: 'FROM scratch\n' });
    const platform = { os: 'Linux', architecture: 'amd64' };
    const runRequest = { type: 'DockerBuildRequest', dockerFilePath: 'Dockerfile', sourceLocation, platform };
    const url = (name: string) => `${registryPath}/taskRuns/${name}?${version}`;
    const put = (forceUpdateTag: string, more = {}, name = 'named-run') =>
      cloud.arm('PUT', url(name), { properties: { runRequest: { ...runRequest, ...more }, forceUpdateTag } });
    const runOf = ({ json }: Answer) => json.properties.runResult.name as string;

    const first = await put('a');
    const [same, ...others] = [await put('a'), await put('b'), await put('b', { noCache: true })];
    assert.deepEqual([first.status, same.status, first.json.properties.provisioningState], [201, 200, 'Creating']);
    assert.equal(runOf(same), runOf(first));
    const runs = [first, ...others].map(runOf);
    assert.equal(new Set(runs).size, 3, String(runs));
    const found = await cloud.arm('GET', url('named-run'));
    assert.deepEqual([runOf(found), found.json.properties.forceUpdateTag], [runs[2], 'b']);

    assert.equal((await cloud.arm('DELETE', url('named-run'))).status, 200);
    assert.equal((await cloud.arm('DELETE', url('named-run'))).status, 204);
    assert.equal((await cloud.arm('GET', url('named-run'))).status, 404);
    assert.equal((await getRun(cloud, runs[0]!)).json.properties.status, 'Queued', 'the run itself stays');
    assert.equal((await put('a', {}, 'under_score')).status, 400);
    assert.equal((await put('a', { timeout: 1 }, 'refused')).status, 400);
    assert.equal((await cloud.arm('GET', url('refused'))).status, 404);
    for (const run of runs) await cloud.arm('POST', `${registryPath}/runs/${run}/cancel?${version}`);
  });

  it('ends a run that takes longer than it may', async () => {
    await cloud.azure.faults.named('acr.timeout', { detail: { seconds: 1 } });
    const built = await buildImage(cloud, { Dockerfile: 'FROM python:3.11\nRUN sleep 300\n' });
    assert.equal(built.status, 'Timeout');
    assert.match(built.log, /timed out after/);
  });

  it('refuses a request as the service does', async () => {
    const refusal = async (request: Record<string, unknown>): Promise<string> => {
      const answer = await schedule(cloud, { sourceLocation: 'x', ...request });
      assert.equal(answer.status, 400, answer.text);
      return answer.json.error.message as string;
    };
    assert.match(await refusal({ type: undefined }), /type/);
    assert.match(await refusal({ type: 'TaskRunRequest' }), /DockerBuildRequest/);
    assert.match(await refusal({ dockerFilePath: undefined }), /dockerFilePath/);
    assert.match(await refusal({ platform: {} }), /platform\.os/);
    assert.match(await refusal({ platform: { os: 'Linux', architecture: 's390x' } }), /s390x/);
    assert.match(await refusal({ timeout: 60 }), /between 300 and 28800/);
    assert.match(await refusal({ imageNames: ['Not A Name'] }), /Not A Name/);
    assert.match(await refusal({ arguments: [{ name: 'A' }] }), /name and a value/);
    assert.match(await refusal({ agentPoolName: 'pool' }), /pool/);
    const unknown = await cloud.arm('GET', `${registryPath}none/runs/ca1?${version}`);
    assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'ResourceNotFound']);
  });

  it('acts out what a test plans: tasks not allowed, a missing role, memory, a closed network', async () => {
    const { named } = cloud.azure.faults;
    await named('acr.tasksNotAllowed');
    const refused = await schedule(cloud, { sourceLocation: 'x' });
    assert.deepEqual([refused.status, refused.json.error.code], [403, 'TasksOperationsNotAllowed']);
    await named('acr.missingRole');
    const forbidden = await cloud.arm('POST', `${registryPath}/listBuildSourceUploadUrl?${version}`);
    assert.deepEqual([forbidden.status, forbidden.json.error.code], [403, 'AuthorizationFailed']);
    await named('acr.outOfMemory');
    const memory = await buildImage(
      cloud,
      { Dockerfile: 'FROM python:3.11\nRUN conda env create\n' },
      { noCache: true },
    );
    assert.match(memory.log, /returned a non-zero code: 137/);
    await named('acr.networkRestricted');
    const network = await buildImage(cloud, { Dockerfile: 'FROM scratch\n' }, { imageNames: ['closed:1'] });
    assert.equal(network.status, 'Failed');
    assert.match(network.log, /client with IP .* is not allowed access/);
  });

  it('pulls a private base image with only the credentials of its registry', async () => {
    const registries = registryPath.replace(/[^/]+$/, 'partneracr');
    const made = await cloud.arm('PUT', `${registries}?api-version=2023-07-01`, {
      location: 'eastus',
      sku: { name: 'Basic' },
      properties: { adminUserEnabled: true },
    });
    const partner = made.json.properties.loginServer as string;
    const { passwords } = (await cloud.arm('POST', `${registries}/listCredentials?api-version=2023-07-01`)).json;
    const base = { Dockerfile: 'FROM scratch\nCOPY secret /\n', secret: 'of the partner' };
    assert.equal((await buildImage(cloud, base, { imageNames: ['base:1'] }, registries)).status, 'Succeeded');
    const files = { Dockerfile: `FROM ${partner}/base:1\n` };
    const without = await buildImage(cloud, files);
    assert.match(without.log, /pull access denied for .*base/);
    const password = { type: 'Opaque', value: passwords[0].value as string };
    const customRegistries = { [partner]: { userName: { type: 'Opaque', value: 'partneracr' }, password } };
    const withLogin = await buildImage(cloud, files, { credentials: { customRegistries }, imageNames: ['derived:1'] });
    assert.equal(withLogin.status, 'Succeeded', withLogin.log);
    assert.doesNotMatch(withLogin.log, new RegExp(passwords[0].value as string));
  });
});
