import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { GrantedRole } from '../../../local/azure/access/accessControl';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure';
import type { ServiceEndpoint } from '../../../local/serviceEndpoint';
import { readRecord } from '../../../tasks/common/record/recordFile';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { cloudClient, groupPath, type CloudClient } from '../../local/containers/cloudClient';
import { runBuiltTask, TestJob } from '../../support/agent';
import { AttachedBundles, forged, type AttachedBundle } from '../../support/attachedBundles';
import { localAzure } from '../../support/azure';
import { makeVault, vaultToken } from '../../support/keyVault';
import { AzureCli } from '../../support/azureCli';
import { approvedModel, packageSigned, signedRepository, type SignedImage } from '../../support/signedImage';
import { signingKey } from '../../support/signingKey';

describe('Signed evidence, from Package-Image to Test-Endpoint', function () {
  this.timeout(300_000);
  const key = signingKey();
  let azure: LocalAzure;
  let cloud: CloudClient;
  let job: TestJob;
  let record: ModelRecord;
  let attached: AttachedBundles;
  let count = 0;

  before(async () => {
    azure = await localAzure();
    cloud = await cloudClient();
    const signing = { signWith: 'privateKey', privateKey: '$(signingKey)' };
    const signed = await packageSigned(azure, await approvedModel(azure), signing, key.privateKey);
    assert.match(signed.log, /Signed by sha256:[0-9a-f]{64}: the record of the model and the provenance/);
    ({ job, record } = signed);
    attached = new AttachedBundles(await registryAsAdmin(cloud), signedRepository);
  });
  afterEach(() => azure.faults.clear());

  /** A release of its own, in another job than that which signed. */
  async function release(inputs: Record<string, string> = {}, released = record, imageConnection?: ServiceEndpoint) {
    const containerGroup = `signed-${++count}`;
    await azure.requests.clear();
    const result = await runBuiltTask('DeployACI', {
      job: new TestJob('build', azure),
      refName: 'deploy',
      inputs: {
        azureSubscription: localCloud.serviceConnectionId,
        ...{ resourceGroup: localCloud.resourceGroup, location: localCloud.location, containerGroup },
        ...{ recordFile: 'record/mlops-record.json', startTimeoutInMinutes: '1' },
        ...{ requireSignature: 'true', trustedKeys: key.publicKey, ...inputs },
        ...(imageConnection && { registryAuthentication: 'credentials', imageConnection: imageConnection.id }),
      },
      endpoints: [azure.serviceConnection('WorkloadIdentityFederation'), ...(imageConnection ? [imageConnection] : [])],
      files: { 'record/mlops-record.json': JSON.stringify(released) },
    });
    const made = (await azure.requests.list()).filter(({ method, url }) => method === 'PUT' && /containerGroups/i.test(url)); // prettier-ignore
    return { ...result, text: result.log.join('\n'), made: made.length, containerGroup };
  }

  async function isRefused(expected: RegExp, ...given: Parameters<typeof release>): Promise<void> {
    const { result, text, made } = await release(...given);
    assert.equal(result, 'failed', text);
    assert.match(text, expected);
    assert.equal(made, 0, 'nothing was created');
  }

  /** Puts another bundle in the place of a genuine one while the action runs. */
  async function inPlaceOf(
    genuine: AttachedBundle,
    bundle: AttachedBundle['bundle'] | undefined,
    act: () => Promise<void>,
  ) {
    await attached.remove(genuine);
    const other = bundle && (await attached.attach({ ...genuine, bundle }));
    try {
      await act();
    } finally {
      if (other) await attached.remove(other);
      assert.deepEqual(await attached.attach(genuine), { digest: genuine.digest });
    }
  }

  it('attaches the record and the provenance, and names them in the record', async () => {
    const bundles = await attached.of(record.image!.digest);
    assert.deepEqual(
      record.image!.attestations!.statements.map(({ digest }) => digest).sort(),
      bundles.map(({ digest }) => digest).sort(),
    );
    const file = readFileSync(path.join(job.root, 'record/mlops-record.json'), 'utf8');
    assert.doesNotMatch(file, /PRIVATE KEY/);
    const provenance = bundles.find(({ predicateType }) => predicateType === 'https://slsa.dev/provenance/v1')!;
    const said = JSON.parse(Buffer.from(provenance.bundle.dsseEnvelope.payload, 'base64').toString()) as {
      predicate: { buildDefinition: { resolvedDependencies: Array<{ digest?: { gitCommit?: string } }> } };
    };
    const [source] = said.predicate.buildDefinition.resolvedDependencies;
    assert.equal(source!.digest!.gitCommit, '0123456789abcdef0123456789abcdef01234567');
  });

  it('deploys what is signed by a trusted key, read and pulled by the user of a Docker registry connection', async () => {
    const { username, password } = await adminUser(cloud);
    const url = `https://${cloud.loginServer}`;
    const imageConnection: ServiceEndpoint = {
      id: randomUUID(),
      name: 'registry-of-the-image',
      type: 'dockerregistry',
      url,
      auth: { scheme: 'UsernamePassword', parameters: { registry: url, username, password } },
      data: { registrytype: 'Others' },
    };
    const trustedKeys = `${signingKey().publicKey}${key.publicKey}`;
    const { result, text, job: deployed, containerGroup } = await release({ trustedKeys }, record, imageConnection);
    assert.equal(result, 'succeeded', text);
    assert.match(text, /Verified: sha256:[0-9a-f]{64} has signed/);
    const { deployment } = await readRecord(path.join(deployed.root, 'record/mlops-record.json'));
    assert.deepEqual(deployment?.verifiedAttestations, record.image!.attestations);
    await cloud.arm('DELETE', `${groupPath}/Microsoft.ContainerInstance/containerGroups/${containerGroup}?api-version=2023-05-01`); // prettier-ignore
  });

  it('refuses a foreign key', async () => {
    await isRefused(/not signed by a trusted key/, { trustedKeys: signingKey().publicKey });
  });

  it('refuses a forged, a stripped and a replayed statement', async () => {
    const bundles = await attached.of(record.image!.digest);
    for (const genuine of bundles) {
      const what = genuine.predicateType.startsWith('https://slsa.dev') ? 'SLSA provenance' : 'record of its model';
      await inPlaceOf(
        genuine,
        forged(genuine, (text) => text.replace('"1"', '"2"')),
        () => isRefused(new RegExp(`no signed ${what} can be trusted.*or was changed since`, 's')),
      );
      await inPlaceOf(genuine, undefined, () =>
        isRefused(new RegExp(`has no signed ${what} of it, or it was removed`)),
      );
    }
  });

  describe('by a key in a vault', () => {
    const vaultName = `signing-${randomBytes(4).toString('hex')}`;
    const vaultId = `${groupPath}/Microsoft.KeyVault/vaults/${vaultName}`;
    let key: string;
    let signed: SignedImage;
    let rolesOfSetup: GrantedRole[];

    before(async () => {
      const url = await makeVault(cloud, vaultName, { enableRbacAuthorization: true });
      key = `${url}/keys/release`;
      await askVault('POST', `${key}/create`, { kty: 'EC', crv: 'P-256', key_ops: ['sign', 'verify'] });
      const az = await AzureCli.start();
      az.vaults[vaultName] = { hasRoles: true, policies: [] };
      const setup = await az.setup('--yes', '--pull-identity', 'quick-starts-identity', '--signing-key', key);
      az.close();
      assert.equal(setup.code, 0, setup.output);
      rolesOfSetup = az.rolesOf('mlops-connection');
      await azure.roles.limitTo(rolesOfSetup);
      await azure.requests.clear();
      signed = await packageSigned(azure, await approvedModel(azure), { signWith: 'keyVault', keyVaultKey: key });
      await azure.roles.reset();
    });
    afterEach(() => azure.roles.reset());

    async function askVault(method: string, url: string, body: object) {
      const headers = { authorization: `Bearer ${await vaultToken(cloud)}`, 'content-type': 'application/json' };
      const answer = await cloud.send(method, `${url}?api-version=7.4`, { headers, body: JSON.stringify(body) });
      assert.equal(answer.status, 200, answer.text);
    }

    it('signs, deploys, tests and promotes, and signs what was found, with the roles of the set-up script only', async () => {
      await azure.roles.limitTo(rolesOfSetup);
      const { attestations } = signed.record.image!;
      assert.match(attestations!.signer, new RegExp(`^${key}/[0-9a-f]{32}$`));
      const asked = (await azure.requests.list()).filter(({ url }) => /^\/keys\//.test(url));
      assert.ok(asked.length <= 5, `${asked.length} requests to the vault`);
      const { result, text, job: deployed, outputs, containerGroup } = await release({ trustedKeys: key, dnsNameLabel: vaultName }, signed.record); // prettier-ignore
      assert.equal(result, 'succeeded', text);
      const test = () => testEndpoint(deployed, key);
      const tested = await test();
      assert.equal(tested.result, 'succeeded', tested.log.join('\n'));
      assert.match(tested.log.join('\n'), /✔ signed evidence/);
      const { tests } = await readRecord(path.join(deployed.root, 'record/mlops-record.json'));
      assert.equal(tests?.promotion?.isChampion, true);
      const bundles = await attached.of(signed.record.image!.digest);
      const made = bundles.find(({ digest }) => digest === tests.attestations!.statements[0]!.digest)!;
      const { predicate } = JSON.parse(Buffer.from(made.bundle.dsseEnvelope.payload, 'base64').toString()) as {
        predicate: { deployment: { scoringUri: string }; tests: { passed: boolean } };
      };
      assert.deepEqual([predicate.deployment.scoringUri, predicate.tests.passed], [outputs.scoringUri, true]);

      // What cannot be signed is not promoted, and what nobody vouches for fails the tests.
      const upload = { method: 'POST', host: 'azurecr', path: '/blobs/uploads/' };
      await azure.faults.http({ ...upload, times: 9, action: { status: 403, body: { errors: [{ code: 'DENIED' }] } } });
      const unsigned = await test();
      assert.equal(unsigned.result, 'failed');
      assert.match(unsigned.log.join('\n'), /What was tested could not be signed: The registry answered 403 DENIED/);
      await azure.faults.clear();
      const foreign = await testEndpoint(deployed, signingKey().publicKey);
      assert.equal(foreign.result, 'failed');
      assert.match(foreign.log.join('\n'), /✘ signed evidence: Nothing vouches for the image/);
      await azure.roles.limitTo([]);
      assert.deepEqual(rolesNamed((await test()).log.join('\n')), ['Reader', 'AzureML Data Scientist', 'Reader', 'AcrPush', 'Key Vault Crypto User']); // prettier-ignore
      for (const { log } of [unsigned, foreign]) assert.doesNotMatch(log.join('\n'), /is champion now/);
      await cloud.arm('DELETE', `${groupPath}/Microsoft.ContainerInstance/containerGroups/${containerGroup}?api-version=2023-05-01`); // prettier-ignore
    });

    const testEndpoint = (deployed: TestJob, trustedKeys: string) =>
      runBuiltTask('TestEndpoint', {
        job: deployed,
        refName: 'test',
        inputs: {
          azureSubscription: localCloud.serviceConnectionId,
          ...{
            requestsFile: 'requests.json',
            loadDurationInSeconds: '0',
            robustness: 'off',
            promoteToChampion: 'true',
          },
          ...{ requireSignature: 'true', trustedKeys, signWith: 'keyVault', keyVaultKey: key },
        },
        files: { 'requests.json': JSON.stringify([{ name: 'one', request: [1], expected: [] }]) },
      });

    const withoutRights: Array<[string, string[]]> = [
      ['the key may not be read', []],
      ['the key may be read only', ['Key Vault Reader']],
    ];
    const expected = /lacks a role:\n {2}- Key Vault Crypto User on the key vault signing-[0-9a-f]+, to sign with the key release:\n {4}az role assignment create .* --role "Key Vault Crypto User" --scope "\/subscriptions\//; // prettier-ignore
    for (const [title, roles] of withoutRights) {
      it(`says before it builds that ${title}`, async () => {
        const scope = `/subscriptions/${localCloud.subscriptionId}`;
        await azure.roles.limitTo([{ role: 'Owner', scope }, ...roles.map((role) => ({ role, scope: vaultId }))]);
        await azure.requests.clear();
        const failed = await assert.rejects(packageSigned(azure, await approvedModel(azure), { signWith: 'keyVault', keyVaultKey: key }), expected); // prettier-ignore
        assert.equal(failed, undefined);
        assert.ok(!(await azure.requests.list()).some(({ url }) => /scheduleRun|taskRuns/.test(url)));
      });
    }

    it('names every role in one error, where the connection has none', async () => {
      const approved = await approvedModel(azure);
      await azure.roles.limitTo([]);
      await assert.rejects(packageSigned(azure, approved, { signWith: 'keyVault', keyVaultKey: key }), ({ message }: Error) => {
        assert.deepEqual(rolesNamed(message), ['AzureML Data Scientist', 'Container Registry Tasks Contributor', 'AcrPush', 'Key Vault Crypto User']); // prettier-ignore
        assert.match(message, /id=\$\(az resource show --ids ".*" --query properties\.containerRegistry --output tsv\)\n.*--scope "\$\{id:\?not found\}"/);
        return true;
      }); // prettier-ignore
      const { text, made } = await release({ trustedKeys: key }, signed.record);
      assert.deepEqual(rolesNamed(text), ['Azure Container Instances Contributor', 'Managed Identity Operator', 'Reader', 'Key Vault Reader']); // prettier-ignore
      assert.equal(made, 0);
    });

    const busy = (times: number, seconds: number) =>
      azure.faults.http({
        ...{ host: 'vault', path: '^/keys/', times },
        action: {
          status: 429,
          headers: { 'retry-after': String(seconds) },
          body: { error: { code: 'Throttled', message: 'Request was not processed because too many requests were received.' } }, // prettier-ignore
        },
      });

    it('deploys by the version that has signed when the key was rotated since, and waits for a busy vault', async () => {
      await askVault('POST', `${key}/create`, { kty: 'EC', crv: 'P-256', key_ops: ['sign', 'verify'] });
      await busy(2, 1);
      const { result, text, containerGroup } = await release({ trustedKeys: key }, signed.record);
      assert.equal(result, 'succeeded', text);
      assert.ok(text.includes(`Verified: ${signed.record.image!.attestations!.signer} has signed`), text);
      await cloud.arm('DELETE', `${groupPath}/Microsoft.ContainerInstance/containerGroups/${containerGroup}?api-version=2023-05-01`); // prettier-ignore
    });

    it('deploys nothing when the vault stays too busy to tell', async () => {
      await busy(99, 600);
      await isRefused(
        /is too busy to be asked for the key .*\/keys\/release.*Run this step again/s,
        { trustedKeys: key },
        signed.record,
      );
    });

    it('deploys nothing when the key was disabled since', async () => {
      const version = signed.record.image!.attestations!.signer;
      await askVault('PATCH', version, { attributes: { enabled: false } });
      await isRefused(/its key is disabled in the vault/, { trustedKeys: key }, signed.record);
      await askVault('PATCH', version, { attributes: { enabled: true } });
    });
  });
});

async function adminUser({ arm }: CloudClient) {
  const registry = `${groupPath}/Microsoft.ContainerRegistry/registries/${localCloud.registry}`;
  const { json } = await arm('POST', `${registry}/listCredentials?api-version=2023-07-01`);
  const { username, passwords } = json as { username: string; passwords: Array<{ value: string }> };
  return { username, password: passwords[0]!.value };
}

async function registryAsAdmin(cloud: CloudClient) {
  const { send, loginServer } = cloud;
  const { username, password } = await adminUser(cloud);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return async (method: string, asked: string, body?: Buffer, type?: string) => {
    const headers = { authorization, accept: '*/*', ...(type && { 'content-type': type }) };
    const answer = await send(method, `https://${loginServer}${asked}`, { headers, body });
    return { ...answer, location: answer.headers.location as string | undefined };
  };
}

/** The roles of the one error that names those that are missing, each with its command. */
function rolesNamed(text: string): string[] {
  const error = /lacks (\d) roles:\n([^]*?)Someone who may assign roles/.exec(text);
  assert.ok(error, text);
  const [, count, list] = error;
  const named = [...list!.matchAll(/^ {2}- (.*?) on the/gm)].map(([, role]) => role!);
  assert.equal(list!.match(/az role assignment create /g)?.length, Number(count));
  return named;
}
