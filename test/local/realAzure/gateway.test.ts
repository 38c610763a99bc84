import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { localCloud } from '../../../local/azure/context';
import { startGateway, type Gateway } from '../../realAzure/gateway';
import { Recorder } from '../../realAzure/recorder';
import { Sanitiser } from '../../realAzure/sanitiser';
import { workspaceId } from '../../support/mlWorkspace';
import { cloudClient, type CloudClient } from '../containers/cloudClient';

describe('the gateway that records', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  let cloud: CloudClient;
  let gateway: Gateway;
  let agent: Agent;
  let recorder: Recorder;
  before(async () => {
    cloud = await cloudClient();
    const sanitiser = new Sanitiser();
    recorder = new Recorder(folder, sanitiser, 'a test');
    const { url, caFile } = cloud.azure;
    gateway = await startGateway({
      cloud: { name: 'x', resourceManagerUrl: url, authorityUrl: url, audience: 'https://management.azure.com' },
      ...{ tenantId: localCloud.tenantId, recorder, sanitiser, folder: join(folder, 'tls'), caFile },
      credentialOf: () => ({
        getToken: async () => ({ token: cloud.token, expiresOnTimestamp: Date.now() + 3_600_000 }),
      }),
    });
    agent = new Agent({ connect: { ca: readFileSync(gateway.caFile, 'utf8') } });
  });
  after(async () => {
    await agent.destroy();
    await gateway.close();
    rmSync(folder, { recursive: true });
  });
  const ask = async (path: string, options: { method?: 'GET' | 'POST'; body?: string } = {}) => {
    const headers = { authorization: `Bearer ${cloud.token}`, 'content-type': options.body ? 'application/x-www-form-urlencoded' : 'application/json' }; // prettier-ignore
    const { statusCode, body } = await request(`${gateway.url}${path}`, { dispatcher: agent, headers, ...options });
    return { status: statusCode, text: await body.text() };
  };
  const signIn = (secret: string) =>
    ask(`/${localCloud.tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'x',
        client_secret: secret,
        scope: 'https://management.azure.com/.default',
      }).toString(),
    });

  it('gives tokens to whoever knows its secret, and to nobody else', async () => {
    assert.equal((await signIn('wrong')).status, 401);
    const { status, text } = await signIn(gateway.clientSecret);
    assert.deepEqual([status, (JSON.parse(text) as { access_token: string }).access_token], [200, cloud.token]);
  });

  it("tells the cloud's addresses as its own, and records them as they were", async () => {
    const { text } = await ask(`${workspaceId}?api-version=2024-04-01`);
    const { properties } = JSON.parse(text) as { properties: Record<string, string> };
    assert.equal(properties.discoveryUrl, `${gateway.url}/discovery`);
    assert.ok(properties.mlFlowTrackingUri?.startsWith(gateway.url.replace('https:', 'azureml:')));
    const { body } = recorder.recordings.get('preparation.get_machinelearningservices_workspaces_200_succeeded')!;
    assert.equal(
      (body as { properties: Record<string, string> }).properties.discoveryUrl,
      `${cloud.azure.url}/discovery`,
    );
  });

  it('reaches data planes that the cloud has named, and no other host', async () => {
    assert.equal((await ask('/via/example.com/x')).status, 404);
    const { text } = await ask('/discovery');
    const history = (JSON.parse(text) as { history: string }).history;
    const port = new URL(cloud.azure.url).port;
    assert.equal(history, `${gateway.url}/via/eastus-experiments.localhost:${port}`);
    const there = await ask(`${new URL(history).pathname}/x`);
    // Node takes no certificate for `*.localhost`, so that nothing answers for this name here; but it is asked.
    assert.ok(!there.text.includes('UnknownHost'), there.text);
  });
});
