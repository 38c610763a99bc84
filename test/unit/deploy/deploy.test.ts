import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import { decodePreviousDeployment } from '../../../tasks/common/deployment/previousDeployment';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { readRecord, writeRecord } from '../../../tasks/common/record/recordFile';
import { Secret } from '../../../tasks/common/secret';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import { deployWith } from '../../../tasks/DeployACI/deploy';
import type { Inputs } from '../../../tasks/DeployACI/inputs';
import type { Release } from '../../../tasks/DeployACI/release';
import type { Services } from '../../../tasks/DeployACI/services';
import { taskContext } from '../../support/taskContext';
import { deployInputs } from './deployInputs';
import { definitionOf, FakeContainerInstances, never } from './fakeContainerInstances';

const digest = `sha256:${'a'.repeat(64)}`;
const image = `r.azurecr.io/estimator@${digest}`;
const puller = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller';

describe('Deploy-ACI: the stage', () => {
  let folder: string;
  let azure: FakeContainerInstances;
  let recordFile: string;
  let services: Services & { requireRights: sinon.SinonStub };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deploy-'));
    recordFile = join(folder, 'mlops-record.json');
    azure = new FakeContainerInstances();
    Object.assign(azure.groups, { resourceGroupLocation: async () => 'northeurope' });
    let record = append(emptyRecord(), 'model', {
      name: 'cost_estimator',
      version: '3',
      id: '/m',
      type: 'custom_model',
      uri: 'azureml://m',
      workspace: { subscriptionId: 's', resourceGroup: 'rg', name: 'w' },
    });
    record = append(record, 'evaluation', {
      decision: 'approved',
      reason: 'all criteria hold',
      criteria: [],
      metrics: {},
      champion: null,
      evaluatedAt: '2026-01-01T00:00:00.000Z',
    });
    record = append(record, 'image', {
      reference: image,
      digest,
      registry: 'r.azurecr.io',
      repository: 'estimator',
      tags: [],
      registryId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r',
      port: 5001,
      readinessPath: '/health',
      scoringPath: '/score',
      built: true,
    });
    writeRecord(recordFile, record);
    services = {
      groups: azure.groups,
      health: azure.ports.health,
      parking: () => azure.parking,
      requireRights: sinon.stub().resolves(),
      requireEvidence: sinon.stub().resolves({ signer: 'https://v.vault.azure.net/keys/k/1', statements: [] }),
      identity: async () => puller,
      adminUser: async () => ({ username: 'admin', password: new Secret('admin-password') }),
      logAnalytics: async () => ({ workspaceId: 'guid', workspaceKey: new Secret('workspace-key') }),
      fileShare: async () => ({ account: 'account', share: 'share', accountKey: new Secret('account-key') }),
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(changes: Partial<Inputs> = {}) {
    const { clock, signal } = azure.ports;
    const { context, traces } = taskContext(folder, { clock, signal });
    const inputs = deployInputs({ recordFile, dnsNameLabel: 'estimator', secretEnvironmentVariables: {}, ...changes });
    const result = await deployWith(services, inputs, context);
    return { result, ...traces, group: azure.definition(inputs.containerGroup ?? 'cost-estimator') };
  }

  it("deploys the record's image under the model's name, and writes where it serves", async () => {
    const { result, lines, summaries, group, jobSecrets } = await run({
      secretEnvironmentVariables: { PASSWORD: new Secret('hidden') },
    });
    assert.deepEqual(azure.calls, [`PUT cost-estimator ${image}`]);
    assert.deepEqual(result.outputs, {
      scoringUri: 'http://estimator.eastus.azurecontainer.io:5001/score',
      fqdn: 'estimator.eastus.azurecontainer.io',
      ipAddress: '10.0.0.4',
      containerGroupId: azure.groups.id('cost-estimator'),
      previousImage: undefined,
    });
    const { deployment } = await readRecord(recordFile);
    assert.deepEqual(
      [deployment?.image, deployment?.imageDigest, deployment?.previousImage, deployment?.location],
      [image, digest, null, 'northeurope'],
    );
    assert.deepEqual(summaries.map(([title]) => title), ['Deployment']); // prettier-ignore
    assert.ok(lines.some((line) => /serves at http:\/\/estimator\..*, after \d+ s/.test(line)));
    const { tags = {} } = group!;
    assert.deepEqual(
      [tags['mlops-model'], tags['mlops-model-version'], tags['mlops-image-digest'], tags['mlops-build']],
      ['cost_estimator', '3', digest, '20260101.1'],
    );
    assert.equal(tags['mlops-run'], 'https://dev.azure.com/example/build/42');
    assert.ok(tags['mlops-secrets'], 'a fingerprint of the secret variable');
    const handedOver = decodePreviousDeployment(new Secret(jobSecrets.get('mlops.previousDeployment')!));
    assert.equal(handedOver.definition, undefined, 'nothing ran before');
  });

  it('hands on what ran before, and names it in the output, the record and a tag', async () => {
    azure.runs('cost-estimator', definitionOf('former'));
    const { result, jobSecrets, group } = await run();
    assert.equal(result.outputs.previousImage, 'former');
    assert.equal((await readRecord(recordFile)).deployment?.previousImage, 'former');
    assert.equal(group?.tags?.['mlops-previous-image'], 'former');
    const handedOver = decodePreviousDeployment(new Secret(jobSecrets.get('mlops.previousDeployment')!));
    assert.equal(handedOver.definition?.containers[0]?.image, 'former');
  });

  it('tags the group with nothing that is longer than Azure takes', async () => {
    const tags = { longest: 'x'.repeat(256), longer: 'x'.repeat(257), empty: '' };
    const { group } = await run({ tags });
    assert.equal(group?.tags?.longest?.length, 256);
    assert.deepEqual([group.tags.longer, group.tags.empty], [undefined, undefined]);
  });

  it('says what it deploys where, and for whom it is open', async () => {
    const { lines, summaries } = await run({ https: true, containerGroup: 'one' });
    assert.ok(lines.includes(`Deploying ${image} as one in rg.`), lines.join('\n'));
    assert.match(summaries[0]![1], /\| Model \| cost\\_estimator version 3 \|/);
    assert.match(summaries[0]![1], /\| Access \| ⚠️ encrypted, open to everyone \|/);
  });

  it('is told nothing of a time where it waited for none', async () => {
    await run();
    const { lines } = await run();
    assert.equal(lines.at(-1), 'cost-estimator serves at http://estimator.eastus.azurecontainer.io:5001/score.');
  });

  it('hands nothing on where it changed nothing', async () => {
    await run();
    azure.calls.length = 0;
    const { result, jobSecrets } = await run();
    assert.deepEqual([azure.calls, [...jobSecrets]], [[], []]);
    assert.equal(result.outputs.previousImage, undefined);
  });

  it('sends nothing where a role is missing', async () => {
    services.requireRights.rejects(new TaskFailure('a role is missing'));
    await assert.rejects(run(), /a role is missing/);
    assert.deepEqual(azure.calls, []);
  });

  it('asks for the roles of what the inputs name', async () => {
    await run({ registryAuthentication: { kind: 'adminUser' }, certificateShare: 'account/share' });
    const [inputs, { registry }, id] = services.requireRights.firstCall.args as [Inputs, Release, string];
    assert.equal(inputs.certificateShare, 'account/share');
    assert.equal(registry, 'r.azurecr.io');
    assert.match(id, /containerGroups/);
  });

  it('registers every secret that Azure gives it, and sends it as one', async () => {
    const { secrets, group } = await run({
      registryAuthentication: { kind: 'adminUser' },
      certificateShare: 'account/share',
      logAnalyticsWorkspace: 'logs',
    });
    assert.deepEqual(secrets, ['admin-password', 'workspace-key', 'account-key']);
    assert.equal(group?.imageRegistryCredentials?.[0]?.password, 'admin-password');
    assert.equal(group?.diagnostics?.logAnalytics?.workspaceKey, 'workspace-key');
    assert.equal(group?.volumes?.[0]?.azureFile?.storageAccountKey, 'account-key');
  });

  it('pulls as the credentials that it is given, as the identity, or as nobody', async () => {
    const password = new Secret('given-password');
    const connection = { server: 'r.azurecr.io', userName: 'u', password };
    const by = { kind: 'credentials', connection } as const;
    const given = await run({ registryAuthentication: by, containerGroup: 'one' });
    assert.deepEqual(given.secrets, ['given-password']);
    assert.equal(given.group?.imageRegistryCredentials?.[0]?.username, 'u');
    const identity = await run({ containerGroup: 'two' });
    assert.equal(identity.group?.imageRegistryCredentials?.[0]?.identity, puller);
    assert.ok(identity.lines.includes('The image is pulled as puller.'));
    const nobody = await run({ registryAuthentication: { kind: 'none' }, containerGroup: 'three' });
    assert.equal(nobody.group?.imageRegistryCredentials, undefined);
  });

  it('goes where the input says, else where the group runs, else where the resource group lies', async () => {
    assert.equal((await run({ location: 'westus', containerGroup: 'one' })).group?.location, 'westus');
    azure.runs('two', definitionOf('former', { location: 'West Europe' }));
    assert.equal((await run({ containerGroup: 'two' })).group?.location, 'westeurope');
    assert.equal((await run({ containerGroup: 'three' })).group?.location, 'northeurope');
  });

  it('brings back what a run that died had parked, should it fail', async () => {
    azure.parked = definitionOf('before-the-dead-run');
    azure.behaviours[image] = { crashes: 1 };
    await assert.rejects(run(), /before-the-dead-run was restored/);
    assert.equal(azure.definition('cost-estimator')?.containers[0]?.image, 'before-the-dead-run');
  });

  it('waits for the first look no longer than a deployment may take', async () => {
    Object.assign(azure.groups, { find: (_: string, signal: AbortSignal) => never(signal) });
    await assert.rejects(run({ startTimeoutInMinutes: 0.0005 }), /Azure gave no whole answer/);
    assert.deepEqual(azure.calls, []);
  });

  const apiKey = new Secret('k'.repeat(16));
  const doors: Array<[string, Partial<Inputs>, RegExp | undefined]> = [
    ['neither key nor encryption', {}, /anyone can call it, and calls cross the network in clear text/],
    ['no key', { https: true }, /anyone can call it\. Set apiKey/],
    ['no encryption', { apiKey }, /clear text, the key among them/],
    ['both', { https: true, apiKey }, undefined],
    ['a subnet', { subnet: '/subnet', dnsNameLabel: undefined }, undefined],
  ];
  for (const [what, changes, expected] of doors) {
    it(`${expected ? 'warns of' : 'has nothing to warn of with'} ${what}`, async () => {
      const { warnings } = await run(changes);
      const said = warnings.filter((each) => /anyone|clear text/.test(each));
      assert.equal(said.length, expected ? 1 : 0);
      if (expected) assert.match(said[0]!, expected);
    });
  }

  it('creates nothing where nothing trusted vouches for the image, and records what does', async () => {
    const trustedKeys = [{ kind: 'keyVault', id: { vault: 'https://v.vault.azure.net', name: 'k' } }] as const;
    const { result } = await run({ trustedKeys });
    assert.equal(result.recordFile, recordFile);
    const { deployment } = await readRecord(recordFile);
    assert.equal(deployment?.verifiedAttestations?.signer, 'https://v.vault.azure.net/keys/k/1');
    const asked = azure.calls.length;
    services.requireEvidence = () => Promise.reject(new TaskFailure('Nothing vouches for the image.'));
    await assert.rejects(run({ trustedKeys }), /Nothing vouches for the image/);
    assert.equal(azure.calls.length, asked);
    await run();
  });
});
