import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { LocalAzure } from '../../../local/azure';
import { localCloud } from '../../../local/azure/context';
import { previousDeploymentVariable } from '../../../tasks/common/deployment/previousDeployment';
import { readRecord } from '../../../tasks/common/record/recordFile';
import { groupPath, type CloudClient } from '../../local/containers/cloudClient';
import { runBuiltTask, temporaryFolder, TestJob } from '../../support/agent';
import {
  mayServeHttps,
  startCertificateAuthority,
  type CertificateAuthority,
} from '../../support/certificateAuthority';
import { realCaddy } from '../../unit/deploy/realCaddy';
import { buildGatewayImage, buildScoringImage, recordOf, type DeployableImage } from './deployableImages';
import { deployStage } from './deployStage';

describe('MLOpsDeployACI', function () {
  this.timeout(300_000);
  const stage = deployStage();
  const { run, score, find, changes } = stage;
  let azure: LocalAzure;
  let cloud: CloudClient;
  let one: DeployableImage;
  let two: DeployableImage;
  let sick: DeployableImage;
  let group: string;
  before(async () => {
    ({ azure, cloud, one } = stage);
    two = await buildScoringImage(cloud, 'two');
    sick = await buildScoringImage(cloud, 'sick', 'CRASH=3');
  });
  beforeEach(() => (group = stage.group));

  it('deploys, says where it serves, leaves it alone when nothing changed, and updates it in place', async () => {
    const job = new TestJob('build', azure);
    const inputs = { secretEnvironmentVariables: 'SECRET=$(password)', environmentVariables: 'LEVEL=debug' };
    const secretVariables = { password: 'not-to-be-seen' };
    await azure.requests.clear();
    const first = await run(one, inputs, { job, secretVariables });
    assert.equal(first.result, 'succeeded', first.log.join('\n'));
    const polls = (await azure.requests.list()).filter(({ url }) => /\/operations\//.test(url));
    assert.deepEqual(polls, [], 'an operation is asked about only when the group has failed');
    const { scoringUri = '', fqdn, ipAddress, containerGroupId = '', previousImage } = first.outputs;
    assert.equal(scoringUri, `http://${group}.eastus.azurecontainer.localhost:5001/score`);
    assert.equal(fqdn, new URL(scoringUri).hostname);
    assert.ok(ipAddress);
    assert.equal(previousImage, undefined);
    assert.deepEqual(await score(scoringUri), { status: 200, version: 'one', secret: 14 });
    assert.match(first.issues.map(({ message }) => message).join(), /open to the internet/);
    for (const shown of ['scoring: Pulling', 'scoring: Pulled', 'scoring: Started', 'scoring: Running', 'HTTP 200']) {
      assert.ok(
        first.log.some((line) => / \d+ s {2}/.test(line) && line.includes(shown)),
        `${shown}, with its time`,
      );
    }

    const file = path.join(job.root, 'record/mlops-record.json');
    const { deployment } = await readRecord(file);
    assert.equal(deployment?.containerGroupId, containerGroupId);
    assert.ok(!readFileSync(file, 'utf8').includes('not-to-be-seen'), 'the record holds no secret');
    assert.equal(deployment?.image, one.reference);
    assert.equal(deployment?.previousImage, null);
    const info = JSON.parse(readFileSync(path.join(path.dirname(file), 'aci_webservice.json'), 'utf8')) as object;
    assert.deepEqual(info, { aci_name: group, aci_url: scoringUri });
    assert.match(first.summaries[0]?.text ?? '', /Serving at/);
    const { tags } = (await find()).json;
    assert.equal(tags['mlops-model'], 'cost-estimator');
    assert.equal(tags['mlops-image-digest'], one.digest);

    await azure.requests.clear();
    const again = await run(one, inputs, { job, secretVariables });
    assert.equal(again.result, 'succeeded', again.log.join('\n'));
    assert.match(again.log.join('\n'), /left alone/);
    assert.deepEqual(await changes(), []);
    const asked = (await azure.requests.list()).filter(({ url }) => url.startsWith('/subscriptions/'));
    assert.ok(asked.length <= 4, asked.map(({ method, url }) => `${method} ${url}`).join('\n'));

    const updated = await run(two, inputs, { job, secretVariables });
    assert.equal(updated.result, 'succeeded', updated.log.join('\n'));
    assert.deepEqual(await changes(), [`PUT ${group}`]);
    assert.equal(updated.outputs.previousImage, one.reference);
    assert.equal((await score(scoringUri)).version, 'two');
    assert.ok(job.variables.list().some(({ name, secret }) => name === previousDeploymentVariable && secret));
  });

  it('shows why a first deployment fails, and leaves nothing behind', async () => {
    const result = await run(sick);
    assert.equal(result.result, 'failed');
    const log = result.log.join('\n');
    assert.match(
      log,
      /crashed while it was loaded, in its import or init\(\): ModuleNotFoundError: No module named 'pandas'/,
    );
    assert.match(log, /log {7}scoring server, version sick/);
    assert.match(log, /exit code 3/);
    assert.equal((await find()).status, 404);
  });

  it('brings the previous image back with the secrets of this run when an update fails', async () => {
    const inputs = { secretEnvironmentVariables: 'SECRET=$(password)' };
    const secretVariables = { password: 'not-to-be-seen' };
    const { outputs } = await run(one, inputs, { secretVariables });
    const result = await run(sick, inputs, { secretVariables });
    assert.equal(result.result, 'failed');
    assert.match(result.log.join('\n'), /was restored and serves again/);
    assert.deepEqual(await score(outputs.scoringUri!), { status: 200, version: 'one', secret: 14 });
  });

  it('is undone by Test-Endpoint the same way, with the secrets of the deployment', async () => {
    const job = new TestJob('build', azure);
    const inputs = { secretEnvironmentVariables: 'SECRET=$(password)' };
    const secretVariables = { password: 'not-to-be-seen' };
    await run(one, inputs, { secretVariables });
    const { outputs } = await run(two, inputs, { job, secretVariables });
    const expected = { version: 'one', secret: 14 };
    const tested = await runBuiltTask('TestEndpoint', {
      job,
      files: { 'requests.json': JSON.stringify([{ name: 'the version', request: [[1]], expected }]) },
      inputs: {
        azureSubscription: localCloud.serviceConnectionId,
        resourceGroup: localCloud.resourceGroup,
        recordFile: 'record/mlops-record.json',
        requestsFile: 'requests.json',
        negativeTests: 'none',
        loadDurationInSeconds: '0',
        rollbackOnFailure: 'true',
      },
    });
    assert.equal(tested.result, 'failed');
    assert.match(tested.log.join('\n'), new RegExp(`${one.digest} serves again`));
    assert.deepEqual(await score(outputs.scoringUri!), { status: 200, ...expected });
  });

  it('verifies the new image beside the running one', async () => {
    const { outputs } = await run(one);
    await azure.requests.clear();
    const failed = await run(sick, { strategy: 'verifyFirst' });
    assert.equal(failed.result, 'failed');
    assert.match(failed.log.join('\n'), /was not changed/);
    assert.deepEqual(await changes(), [`PUT ${group}-next`, `DELETE ${group}-next`]);
    assert.equal((await score(outputs.scoringUri!)).version, 'one');

    await azure.requests.clear();
    const passed = await run(two, { strategy: 'verifyFirst', cpu: '2' });
    assert.equal(passed.result, 'succeeded', passed.log.join('\n'));
    assert.deepEqual(await changes(), [`PUT ${group}-next`, `DELETE ${group}-next`, `DELETE ${group}`, `PUT ${group}`]);
    assert.match(passed.log.join('\n'), /deleted and created again, because Azure cannot change cpu/);
    assert.equal((await score(outputs.scoringUri!)).version, 'two');
  });

  it('lets calls through the gateway only with the key', async function () {
    const caddy = realCaddy();
    if (!caddy) return this.skip();
    const gatewayImage = (await buildGatewayImage(cloud, caddy)).reference;
    const apiKey = 'a-key-that-nobody-guesses';
    const result = await run(one, { apiKey: '$(key)', gatewayImage }, { secretVariables: { key: apiKey } });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    const uri = result.outputs.scoringUri!;
    assert.equal(new URL(uri).port, '8080');
    assert.equal((await score(uri)).status, 401);
    assert.equal((await score(uri, { authorization: 'Bearer wrong' })).status, 401);
    assert.deepEqual(await score(uri, { authorization: `Bearer ${apiKey}` }), {
      status: 200,
      version: 'one',
      secret: 0,
    });
    assert.equal((await cloud.send('GET', new URL('/health', uri).toString())).status, 200);
  });

  describe('with https', () => {
    const apiKey = 'a-key-that-nobody-guesses';
    let authority: CertificateAuthority;
    let gatewayImage: string;
    let trust: string;

    before(async function () {
      const caddy = realCaddy();
      const started = caddy && (await mayServeHttps()) ? await startCertificateAuthority(addressOf) : undefined;
      if (!caddy || !started) return this.skip();
      authority = started;
      gatewayImage = (await buildGatewayImage(cloud, caddy, authority.serverCertificate)).reference;
      trust = path.join(temporaryFolder(), 'trust.pem');
      writeFileSync(trust, [readFileSync(azure.caFile, 'utf8'), authority.root].join('\n'));
    });
    after(() => authority?.close());

    /** The address of a name in the DNS of the local cloud. */
    const addressOf = (name: string) =>
      readFileSync(azure.hostsFile, 'utf8')
        .split('\n')
        .map((line) => line.split(/\s+/))
        .find(([, host]) => host === name)?.[0];

    const deploy = (image: DeployableImage, inputs: Record<string, string> = {}) => {
      const certificateAuthority = authority.directory;
      const all = { https: 'true', apiKey: '$(key)', gatewayImage, certificateAuthority, ...inputs };
      return run(image, all, { secretVariables: { key: apiKey }, environment: { NODE_EXTRA_CA_CERTS: trust } });
    };

    /** Calls as a user who trusts only the authority. */
    const call = (url: string, method: string, headers: Record<string, string> = {}) =>
      new Promise<{ status?: number; location?: string; text: string; names?: string }>((resolve, reject) => {
        const client = url.startsWith('https:') ? https : http;
        const request = client.request(url, { method, headers, ca: authority.root, agent: false }, (answer) => {
          const names = (answer.socket as TLSSocket).getPeerCertificate?.().subjectaltname;
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
          answer.on('end', () => {
            resolve({ status: answer.statusCode, location: answer.headers.location, text, names });
          });
        });
        request.on('error', reject).end(method === 'POST' ? '[[1]]' : undefined);
      });

    it('serves by a certificate that an authority issued for the name of the group', async () => {
      const result = await deploy(one, { dnsNameLabelReuse: 'ResourceGroupReuse' });
      assert.equal(result.result, 'succeeded', result.log.join('\n'));
      assert.doesNotMatch(result.issues.map(({ message }) => message).join(), /internet|clear text/);
      const { scoringUri = '', fqdn } = result.outputs;
      assert.equal(scoringUri, `https://${fqdn}/score`);
      const authorized = await call(scoringUri, 'POST', { authorization: `Bearer ${apiKey}` });
      assert.deepEqual([authorized.status, JSON.parse(authorized.text).version], [200, 'one']);
      assert.equal(authorized.names, `DNS:${fqdn}`);
      assert.equal((await call(scoringUri, 'POST')).status, 401);
      assert.equal((await call(`https://${fqdn}/health`, 'GET')).status, 200);
      const plain = await call(`http://${fqdn}/score`, 'GET');
      assert.deepEqual([plain.status, plain.location], [308, scoringUri]);
    });

    it('keeps its certificate on a share over deployments, which else ask for one each', async () => {
      const account = `${groupPath}/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}`;
      await cloud.arm('PUT', `${account}/fileServices/default/shares/certificates?api-version=2023-01-01`, {});
      const certificateShare = `${localCloud.storageAccount}/certificates`;
      const before = authority.issued();
      const first = await deploy(one, { certificateShare });
      assert.equal(first.result, 'succeeded', first.log.join('\n'));
      assert.equal(authority.issued(), before + 1);
      const scoringUri = first.outputs.scoringUri!;
      const { text } = await find();
      assert.match(text, /"shareName":"certificates"/);
      assert.doesNotMatch(text, /storageAccountKey/);
      assert.match((await deploy(one, { certificateShare })).log.join('\n'), /left alone/);

      const updated = await deploy(two, { certificateShare });
      assert.equal(updated.result, 'succeeded', updated.log.join('\n'));
      const failed = await deploy(sick, { certificateShare, cpu: '2' });
      assert.match(failed.log.join('\n'), /was restored and serves again/);
      const answer = await call(scoringUri, 'POST', { authorization: `Bearer ${apiKey}` });
      assert.equal(JSON.parse(answer.text).version, 'two');
      assert.equal(authority.issued(), before + 1, 'no further certificate in three deployments');

      const without = await deploy(one);
      assert.equal(without.result, 'succeeded', without.log.join('\n'));
      assert.equal(authority.issued(), before + 2);
    });

    it('says that the share is not there before it makes anything', async () => {
      const result = await deploy(one, { certificateShare: 'nobody/certificates' });
      const [issue] = result.issues.filter(({ type }) => type === 'error');
      assert.match(
        issue!.message,
        /no file share certificates in a storage account nobody.*az storage share-rm create/,
      );
      assert.equal((await find()).status, 404);
    });

    it('says so when the authority gives no certificate', async () => {
      const nobody = 'https://127.0.0.250:1/dir';
      const result = await deploy(one, { certificateAuthority: nobody, startTimeoutInMinutes: '0.4' });
      const [issue] = result.issues.filter(({ type }) => type === 'error');
      assert.match(issue!.message, /The gateway has no certificate .*127\.0\.0\.250:1.*connection refused/);
    });
  });

  it('says all that Azure would refuse at once, before any call', async () => {
    await azure.requests.clear();
    const result = await run(one, {
      containerGroup: 'Estimator_1',
      dnsNameLabel: '1a',
      image: 'mcr.microsoft.com/x:1',
      cpu: 'two',
      memoryInGB: '1.25',
      port: '0',
      environmentVariables: 'no value',
      tags: 'a?=b',
      apiKey: 'short',
      subnet: '/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/x',
    });
    assert.equal(result.result, 'failed');
    const [issue] = result.issues.filter(({ type }) => type === 'error');
    for (const expected of [
      /Input containerGroup: "Estimator_1" is not a name/,
      /Input dnsNameLabel: "1a" is not a DNS name label/,
      /Input dnsNameLabel: a group in a subnet has no public name/,
      /Input image: "mcr\.microsoft\.com\/x:1" has no digest/,
      /Input cpu: "two" is not a number/,
      /Input memoryInGB: Azure gives memory in steps of 0\.1 GB/,
      /Input port: "0"/,
      /Input environmentVariables: line 1, "no value"/,
      /Input tags: "a\?"/,
      /Input apiKey: it must have at least 16 characters/,
    ]) {
      assert.match(issue!.message, expected);
    }
    assert.deepEqual(await azure.requests.list(), []);
  });

  it('refuses a rejected model before any call', async () => {
    await azure.requests.clear();
    const record = JSON.stringify(recordOf(one, { decision: 'rejected' }));
    const result = await run(one, {}, { files: { 'record/mlops-record.json': record } });
    assert.equal(result.result, 'failed');
    assert.match(result.issues[0]!.message, /was rejected by Evaluate and is not deployed: rmse 6 is above/);
    assert.deepEqual(await azure.requests.list(), []);
  });

  it('updates a group though it may not note what runs, and says what that means', async () => {
    await run(one);
    const action = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no such action' } } };
    await azure.faults.http({ path: 'Microsoft.Resources/deployments', times: 9, action });
    const updated = await run(two);
    assert.equal(updated.result, 'succeeded', updated.log.join('\n'));
    const warnings = updated.issues.map(({ message }) => message).join();
    assert.match(warnings, /could not be noted in the deployment history .* a later run could not restore it/);
  });

  it('sends what else a group can have, as the service takes it', async () => {
    const result = await run(one, {
      registryAuthentication: 'adminUser',
      dnsNameLabelReuse: 'ResourceGroupReuse',
      logAnalyticsWorkspace: 'quick-starts-logs',
      zones: '1',
      restartPolicy: 'OnFailure',
      sku: 'Confidential',
      tags: 'owner=team',
    });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.match(result.outputs.fqdn!, new RegExp(`^${group}\\.[a-z0-9]+\\.eastus\\.azurecontainer\\.localhost$`));
    const { zones, tags, properties } = (await find()).json;
    assert.deepEqual(zones, ['1']);
    assert.equal(tags.owner, 'team');
    assert.equal(properties.sku, 'Confidential');
    assert.equal(properties.restartPolicy, 'OnFailure');
    assert.ok(properties.diagnostics.logAnalytics.workspaceId);
    assert.equal((await score(result.outputs.scoringUri!)).version, 'one');
  });

  it('serves in a subnet at a private address, and warns of no open door', async () => {
    const subnet = `${groupPath}/Microsoft.Network/virtualNetworks/v/subnets/delegated-to-groups`;
    const result = await run(one, { subnet, dnsNameLabel: '' });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.doesNotMatch(result.issues.map(({ message }) => message).join(), /internet|clear text/);
    const { ipAddress, subnetIds } = (await find()).json.properties;
    assert.equal(ipAddress.type, 'Private');
    assert.deepEqual(subnetIds, [{ id: subnet }]);
    assert.equal(result.outputs.scoringUri, `http://${ipAddress.ip}:5001/score`);
    assert.equal(result.outputs.fqdn, undefined);
    assert.equal((await score(result.outputs.scoringUri)).version, 'one');
  });

  it('runs as Spot, with probes on the health route', async () => {
    const result = await run(one, { priority: 'Spot' });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    const { priority, containers } = (await find()).json.properties;
    assert.equal(priority, 'Spot');
    const { readinessProbe, livenessProbe } = containers[0].properties;
    for (const { httpGet } of [readinessProbe, livenessProbe]) {
      assert.deepEqual(httpGet, { path: '/health', port: 5001, scheme: 'http' });
    }
  });
});
