import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure';
import { readRecord } from '../../../tasks/common/record/recordFile';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { cloudClient, groupPath, type CloudClient } from '../../local/containers/cloudClient';
import { runBuiltTask, TestJob } from '../../support/agent';
import { AttachedBundles, forged, type AttachedBundle } from '../../support/attachedBundles';
import { localAzure } from '../../support/azure';
import { approvedModel, packageSigned, signedRepository } from '../../support/signedImage';
import { signingKey } from '../../support/signingKey';

describe('Signed evidence, from Package-Image to Deploy-ACI', function () {
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
  async function release(inputs: Record<string, string> = {}, released = record) {
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
      },
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

  it('deploys what is signed by a trusted key', async () => {
    const { result, text, job: deployed, containerGroup } = await release({ trustedKeys: `${signingKey().publicKey}${key.publicKey}` }); // prettier-ignore
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
});

async function registryAsAdmin({ arm, send, loginServer }: CloudClient) {
  const registry = `${groupPath}/Microsoft.ContainerRegistry/registries/${localCloud.registry}`;
  const { json } = await arm('POST', `${registry}/listCredentials?api-version=2023-07-01`);
  const { username, passwords } = json as { username: string; passwords: Array<{ value: string }> };
  const authorization = `Basic ${Buffer.from(`${username}:${passwords[0]!.value}`).toString('base64')}`;
  return async (method: string, asked: string, body?: Buffer, type?: string) => {
    const headers = { authorization, accept: '*/*', ...(type && { 'content-type': type }) };
    const answer = await send(method, `https://${loginServer}${asked}`, { headers, body });
    return { ...answer, location: answer.headers.location as string | undefined };
  };
}
