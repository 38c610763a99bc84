import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import sinon from 'sinon';
import type { AzureRequest, AzureSession } from '../../../tasks/common/azure/http/session';
import { RegistryContents } from '../../../tasks/common/azure/registry/containerRegistryContents';
import { attest } from '../../../tasks/common/evidence/attest';
import { modelRecordType, provenanceType } from '../../../tasks/common/evidence/predicateTypes';
import { privateKeySigner } from '../../../tasks/common/evidence/signer';
import { statementOf } from '../../../tasks/common/evidence/statement';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { Secret } from '../../../tasks/common/secret';
import { requireEvidence } from '../../../tasks/DeployACI/evidence';
import type { RegistryAuthentication } from '../../../tasks/DeployACI/inputs';
import { taskContext } from '../../support/taskContext';
import { MemoryRegistry } from '../common/evidence/memoryRegistry';

const digest = `sha256:${'a'.repeat(64)}`;
const signedAt = Date.parse('2026-06-01T12:00:00Z');
const { signal } = new AbortController();
const registryId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r';

describe('Deploy-ACI: what must vouch for the image', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let attached: MemoryRegistry;
  let opened: Array<{ host: string; signIn: { kind: string; userName?: string } }>;
  let repositories: Set<string>;

  beforeEach(() => {
    attached = new MemoryRegistry();
    opened = [];
    repositories = new Set();
    const open = (registry: unknown, repository: string): MemoryRegistry => {
      opened.push(registry as (typeof opened)[number]);
      repositories.add(repository);
      return attached;
    };
    sinon.stub(RegistryContents.prototype, 'referrers').callsFake(function (this: unknown, repository, of) {
      return open(this, repository).referrers(repository, of);
    });
    sinon.stub(RegistryContents.prototype, 'manifest').callsFake(function (this: unknown, repository, of) {
      return open(this, repository).manifest(repository, of);
    });
    sinon.stub(RegistryContents.prototype, 'blob').callsFake(function (this: unknown, repository, of, until, most) {
      return open(this, repository).blob(repository, of, until, most);
    });
  });
  afterEach(() => sinon.restore());

  /** Signs what Package-Image does, of a model with this decision. */
  async function sign(decision: 'approved' | 'rejected'): Promise<ModelRecord> {
    const evaluation = { decision, reason: 'rmse 4 > 3', criteria: [], metrics: {}, champion: null, evaluatedAt: '2026-06-01T00:00:00Z' }; // prettier-ignore
    const record = append(append(emptyRecord(), 'evaluation', evaluation), 'image', {
      ...{ reference: `r.azurecr.io/m@${digest}`, digest, registry: 'r.azurecr.io', repository: 'm', tags: [] },
      ...{ port: 5001, readinessPath: '/', scoringPath: '/score', built: true },
    });
    const at = new Date(signedAt).toISOString();
    const image = { name: 'r.azurecr.io/m', digest };
    const statements = [
      statementOf(image, modelRecordType, { signedAt: at, record }),
      statementOf(image, provenanceType, { runDetails: { metadata: { finishedOn: at } } }),
    ];
    const signer = privateKeySigner(key.privateKey);
    await attest(attached, { repository: 'm', digest }, statements, signer, { now: signedAt, signal });
    return record;
  }

  const byIdentity: RegistryAuthentication = { kind: 'managedIdentity' };
  function evidenceBy(
    registryAuthentication: RegistryAuthentication,
    { requireApproval = true, image = `r.azurecr.io/m@${digest}`, record }: { requireApproval?: boolean; image?: string; record?: ModelRecord } = {}, // prettier-ignore
  ) {
    const asked: string[] = [];
    const request = async ({ url }: AzureRequest) => {
      asked.push(url);
      return { body: { id: registryId, name: 'r', properties: { loginServer: 'r.azurecr.io' } } };
    };
    const session = { connection: { subscriptionId: 's' }, request } as unknown as AzureSession;
    const clock = { now: () => signedAt + 1000, sleep: () => Promise.resolve() };
    const { context, traces } = taskContext('.', { clock });
    const [name = '', wantedDigest] = image.split('@');
    const found = requireEvidence(
      {
        registryAuthentication,
        requireApproval,
        trustedKeys: [
          { kind: 'publicKey', key: createPublicKey(key.publicKey.export({ type: 'spki', format: 'pem' })) },
        ],
      },
      {
        ...{ image, registry: name.split('/')[0]!, registryId, digest: wantedDigest, record },
        ...{ port: 5001, readinessPath: '/', scoringPath: '/score' },
      },
      session,
      context,
    );
    return { found, asked, lines: traces.lines };
  }

  it("is a record and a provenance that a trusted key has signed, in the image's repository", async () => {
    const record = await sign('approved');
    const { found, lines, asked } = evidenceBy(byIdentity, { record });
    assert.deepEqual(
      (await found).statements.map(({ predicateType }) => predicateType),
      [modelRecordType, provenanceType],
    );
    assert.equal(lines[0], `Verifying what is attached to m@${digest} in r.azurecr.io.`);
    assert.deepEqual([...repositories], ['m']);
    assert.deepEqual(asked, [registryId], 'Azure has said whose registry it is before a token goes there');
  });

  it('is never something of an image that is named by a tag', async () => {
    const { found } = evidenceBy(byIdentity, { image: 'r.azurecr.io/m:1' });
    await assert.rejects(found, /r\.azurecr\.io\/m:1 has no digest.* Write registry\/repository@sha256:…, or switch requireSignature off/); // prettier-ignore
    assert.deepEqual(opened, []);
  });

  it('is nothing where nothing is attached', async () => {
    await assert.rejects(evidenceBy(byIdentity).found, new RegExp(`Nothing vouches for the image r.azurecr.io/m@${digest}`)); // prettier-ignore
  });

  it('is an approval only where one is required', async () => {
    const record = await sign('rejected');
    await assert.rejects(evidenceBy(byIdentity, { record }).found, /says that the model was rejected: rmse 4 > 3/);
    assert.ok((await evidenceBy(byIdentity, { record, requireApproval: false }).found).signer);
  });

  it('is of the record that is released, and of no other', async () => {
    await sign('approved');
    const other = append(emptyRecord(), 'image', {
      ...{ reference: `r.azurecr.io/m@${digest}`, digest, registry: 'r.azurecr.io', repository: 'm', tags: ['other'] },
      ...{ port: 5001, readinessPath: '/', scoringPath: '/score', built: true },
    });
    await assert.rejects(evidenceBy(byIdentity, { record: other }).found, /a different record from the one that is released/); // prettier-ignore
  });

  const connection = { server: 'r.azurecr.io', userName: 'reader', password: new Secret('hidden-password') };
  for (const [by, image, host, signIn] of [
    [byIdentity, `r.azurecr.io/m@${digest}`, 'r.azurecr.io', { kind: 'entra' }],
    [{ kind: 'adminUser' }, `r.azurecr.io/m@${digest}`, 'r.azurecr.io', { kind: 'entra' }],
    [{ kind: 'none' }, `docker.io/library/m@${digest}`, 'registry-1.docker.io', { kind: 'anonymous' }],
    [
      { kind: 'credentials', connection },
      `r.azurecr.io/m@${digest}`,
      'r.azurecr.io',
      { kind: 'password', userName: 'reader', password: connection.password },
    ],
  ] satisfies Array<[RegistryAuthentication, string, string, object]>) {
    it(`is read by registryAuthentication ${by.kind} from ${host}, signed in to as ${signIn.kind}`, async () => {
      await assert.rejects(evidenceBy(by, { image }).found, /Nothing vouches/);
      assert.deepEqual([opened[0]!.host, opened[0]!.signIn], [host, signIn]);
    });
  }
});
