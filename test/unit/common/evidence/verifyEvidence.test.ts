import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { AzureFailure } from '../../../../tasks/common/azure/http/azureFailure';
import { parseKeyId } from '../../../../tasks/common/azure/keyVault/keyId';
import { UnusableKey, type VaultKey } from '../../../../tasks/common/azure/keyVault/keyVault';
import { TooMuchAttached } from '../../../../tasks/common/azure/registry/containerRegistryContents';
import { attest } from '../../../../tasks/common/evidence/attest';
import { bundleType } from '../../../../tasks/common/evidence/bundle';
import { asSigned } from '../../../../tasks/common/evidence/modelRecord';
import { modelRecordType, provenanceType } from '../../../../tasks/common/evidence/predicateTypes';
import { privateKeySigner, type Signer } from '../../../../tasks/common/evidence/signer';
import { statementOf } from '../../../../tasks/common/evidence/statement';
import { TrustedKeys, type TrustedKey } from '../../../../tasks/common/evidence/trustedKeys';
import { verifyEvidence, type VouchedFor } from '../../../../tasks/common/evidence/verifyEvidence';
import { append, emptyRecord } from '../../../../tasks/common/record/chain';
import type { ModelRecord } from '../../../../tasks/common/record/record';
import { TaskFailure } from '../../../../tasks/common/taskFailure';
import { taskContext } from '../../../support/taskContext';
import { MemoryRegistry } from './memoryRegistry';

const digest = `sha256:${'a'.repeat(64)}`;
const otherDigest = `sha256:${'b'.repeat(64)}`;
const signedAt = Date.parse('2026-06-01T12:00:00Z');
const { signal } = new AbortController();
const keyId = 'https://v.vault.azure.net/keys/release';

/** A version of that key, in the form in which vaults name them, and which one it is. */
const version = (name: string): string => `${keyId}/${Buffer.from(name.padEnd(16)).toString('hex')}`;
const nameOf = (hex: string): string => Buffer.from(hex, 'hex').toString().trim();

function recordOf(image: string, decision: 'approved' | 'rejected' = 'approved'): ModelRecord {
  const evaluation = { decision, reason: 'rmse 4 <= 5', criteria: [], metrics: {}, champion: null, evaluatedAt: '2026-06-01T00:00:00Z' }; // prettier-ignore
  return append(append(emptyRecord(), 'evaluation', evaluation), 'image', {
    ...{ reference: `r.azurecr.io/m@${image}`, digest: image, registry: 'r.azurecr.io', repository: 'm', tags: [] },
    ...{ port: 5001, readinessPath: '/', scoringPath: '/score', built: true },
  });
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

describe('Verifying what vouches for an image', () => {
  const key = newKey();
  let registry: MemoryRegistry;
  let lines: string[];

  beforeEach(() => (registry = new MemoryRegistry()));

  async function sign(
    changes: { signer?: Signer; record?: ModelRecord; about?: string; types?: string[]; at?: number } = {},
  ): Promise<void> {
    const { signer = privateKeySigner(key), record = recordOf(digest), about = digest, at = signedAt } = changes;
    const time = new Date(at).toISOString();
    const image = { name: 'r.azurecr.io/m', digest: about };
    const statements = [
      statementOf(image, modelRecordType, { signedAt: time, record }),
      statementOf(image, provenanceType, { runDetails: { metadata: { finishedOn: time } } }),
    ].filter(({ predicateType }) => !changes.types || changes.types.includes(predicateType));
    await attest(registry, { repository: 'm', digest }, statements, signer, { now: at, signal });
  }

  function verify(
    wanted: Partial<VouchedFor> = {},
    trusted: TrustedKey[] = [{ kind: 'publicKey', key: createPublicKey(key) }],
    vaultKeys: Record<string, Partial<VaultKey>> = {},
    now = signedAt + 1000,
  ) {
    const { context, traces } = taskContext('.');
    lines = traces.lines;
    const vault = {
      key: (id: VaultKey['id']): Promise<VaultKey> => {
        const name = id.version ? nameOf(id.version) : 'newest';
        const found = vaultKeys[name];
        const refused = (status: number, code: string, said: string) =>
          Promise.reject(new AzureFailure('No.', undefined, status, code, said, undefined));
        if (name === 'off') return refused(403, 'Forbidden', 'Operation get is not allowed on a disabled key.');
        if (name === 'odd' || id.version?.length !== (id.version && 32)) {
          return refused(400, 'BadParameter', `Method GET does not allow operation '${id.version}'`);
        }
        if (name === 'symmetric') return Promise.reject(new UnusableKey('It is symmetric.'));
        if (!found)
          return Promise.reject(
            new AzureFailure(`There is no key ${name}.`, undefined, 404, 'KeyNotFound', '', undefined),
          );
        return Promise.resolve({ id, publicKey: createPublicKey(key), mayDo: [], enabled: true, ...found });
      },
    };
    const verifier = { contents: registry, keys: new TrustedKeys(trusted, vault), now, signal, log: context.log };
    const reference = `r.azurecr.io/m@${digest}`;
    const all = { reference, repository: 'm', digest, record: recordOf(digest), requireApproval: true, ...wanted };
    return verifyEvidence(all, verifier);
  }

  it('names the key and both statements', async () => {
    await sign();
    const { signer, statements } = await verify();
    assert.match(signer, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(statements.map(({ predicateType }) => predicateType), [modelRecordType, provenanceType]); // prettier-ignore
  });

  it('takes the record that names its own signing, and one that later stages have gone on with', async () => {
    await sign();
    const record = recordOf(digest);
    const attestations = await verify();
    const { previous: _, ...image } = record.image!;
    const named = append(record, 'image', { ...image, attestations });
    assert.notEqual(named.sha256, record.sha256);
    assert.equal(asSigned(named).sha256, record.sha256);
    await verify({ record: append(named, 'tests', { passed: true, total: 0, failed: 0, skipped: 0, cases: [], testedAt: '' }) }); // prettier-ignore
  });

  it('does not heed statements of strangers beside those of a trusted key, and says so', async () => {
    await sign({ signer: privateKeySigner(newKey()) });
    await sign();
    await verify();
    assert.equal(lines.filter((line) => /not signed by a trusted key.*not heeded/.test(line)).length, 2);
  });

  const refused: Array<[title: string, arrange: () => Promise<unknown>, expected: RegExp]> = [
    ['nothing is attached', async () => undefined, /no signed record of its model of it, or it was removed/],
    ['the provenance was stripped', () => sign({ types: [modelRecordType] }), /has no signed SLSA provenance/],
    ['the record was stripped', () => sign({ types: [provenanceType] }), /has no signed record of its model/],
    ['a stranger has signed', () => sign({ signer: privateKeySigner(newKey()) }), /not signed by a trusted key/],
    ['the statements are about another image', () => sign({ about: otherDigest }), /is about another image/],
    ["the record is another image's", () => sign({ record: recordOf(otherDigest) }), /contains another image's record/],
    [
      'the model was rejected',
      () => sign({ record: recordOf(digest, 'rejected') }),
      /contains a different record from the one/,
    ],
    ['it was signed in the future', () => sign({ at: signedAt + 3_600_000 }), /signed 60 minutes from now, by this agent's clock/], // prettier-ignore
    ['a bundle is not one', () => sign().then(() => everyBundle(() => Buffer.from('{"dsseEnvelope":{}}'))), /does not contain a signed statement/], // prettier-ignore
    ['a bundle is not JSON', () => sign().then(() => everyBundle(() => Buffer.from('null'))), /does not contain a signed statement/], // prettier-ignore
    ['a text was changed', () => sign().then(() => everyBundle(forge)), /was changed since/],
    ['a signature was cut off', () => sign().then(() => everyBundle(unsign)), /was changed since/],
  ];
  for (const [title, arrange, expected] of refused) {
    it(`refuses when ${title}`, async () => {
      await arrange();
      await assert.rejects(verify(), (error: Error) => {
        assert.ok(error instanceof TaskFailure);
        assert.match(error.message, expected);
        assert.match(error.message, /Nothing vouches for the image r\.azurecr\.io\/m@sha256:a/);
        return true;
      });
    });
  }

  describe('among statements that others have attached', () => {
    const stranger = (index: number) =>
      sign({ signer: privateKeySigner(newKey()), at: signedAt + index, types: [modelRecordType] });

    it('reads those first that the record names, and no more than it needs', async () => {
      await sign();
      const statements = registry.statements().map(({ digest: each, predicateType }) => ({ digest: each, predicateType })); // prettier-ignore
      for (let index = 1; index <= 300; index++) await stranger(index);
      const { previous: _, ...image } = recordOf(digest).image!;
      const record = append(recordOf(digest), 'image', { ...image, attestations: { signer: 'us', statements } });
      await verify({ record });
      assert.ok(registry.read <= 4, `${registry.read} read`);
    });

    it('reads the newest first where no record names them', async () => {
      for (let index = 1; index <= 10; index++) await stranger(-index);
      await sign();
      await verify({ record: undefined });
      assert.ok(registry.read <= 4, `${registry.read} read`);
    });

    it('gives up where there are too many, and says so', async () => {
      await sign();
      for (let index = 1; index <= 205; index++) await stranger(index);
      await assert.rejects(verify({ record: undefined }), (error: Error) => {
        assert.match(
          error.message,
          /and \d+ more\.\n.*\d further statements were not read, as there are more than 200/,
        );
        assert.ok(error.message.length < 6000, `${error.message.length} characters`);
        assert.ok(error instanceof TooMuchAttached);
        return true;
      });
    });

    it('reads none that is too large, whatever its manifest says of it', async () => {
      await sign();
      const [first, second] = registry.statements();
      await registry.replace(first!.digest, Buffer.alloc(10), 33 * 1024 * 1024);
      await registry.replace(second!.digest, Buffer.alloc(2000), 1000);
      await assert.rejects(verify(), /is larger than 32 MiB/);
      await registry.replace(first!.digest, Buffer.alloc(2000), 1000);
      await assert.rejects(verify(), /is larger than its manifest says/);
    });

    it('pays for what it reads, and not for what manifests say of it', async () => {
      await sign();
      for (let index = 1; index <= 5; index++) await stranger(index);
      for (const each of registry.statements().slice(2)) {
        await registry.replace(each.digest, Buffer.alloc(10), 32 * 1024 * 1024);
      }
      await verify({ record: undefined });
    });

    it('reads those that the record names where the list of others does not end or uses up the room', async () => {
      await sign();
      const statements = registry.statements().map(({ digest: each, predicateType }) => ({ digest: each, predicateType })); // prettier-ignore
      const { previous: _, ...image } = recordOf(digest).image!;
      const record = append(recordOf(digest), 'image', { ...image, attestations: { signer: 'us', statements } });
      const endless = () => Promise.reject(new TooMuchAttached('The list does not end.'));
      Object.assign(registry, { referrers: endless });
      await verify({ record });
      await registry.replace(statements[0]!.digest, Buffer.from('{}'));
      await assert.rejects(verify({ record }), /The list does not end/);
    });

    const layer = { mediaType: bundleType, digest: `sha256:${'c'.repeat(64)}`, size: 2 };
    const junk: object[] = [
      { layers: null },
      { layers: 5 },
      { layers: 'x' },
      { layers: { length: 1, 0: layer } },
      { layers: [] },
      { layers: [null] },
      { layers: ['x'] },
      { layers: [layer, layer] },
      ...[null, 5, {}, 'sha256:1', '../../../other', [layer.digest]].map((each) => ({ layers: [{ ...layer, digest: each }] })), // prettier-ignore
      ...[null, '2', -1, 1.5, [2], {}].map((size) => ({ layers: [{ ...layer, size }] })),
      ...[null, 5, {}, [bundleType]].map((mediaType) => ({ layers: [{ ...layer, mediaType }] })),
      ...[null, 5, 'x', []].map((annotations) => ({ layers: [layer], annotations })),
      ...[null, 5, {}, [], { toString: 1 }].map((value) => ({
        layers: [layer],
        annotations: { 'mlops.key': value, 'org.opencontainers.image.created': value, 'dev.sigstore.bundle.predicateType': value }, // prettier-ignore
      })),
    ];
    it('is stopped by no manifest of any other form', async () => {
      await sign();
      const envelope = registry.statements()[0]!.envelope;
      const bundle = JSON.stringify({ dsseEnvelope: { ...envelope, payload: '' } });
      registry.blobs.set(layer.digest, Buffer.from(bundle));
      for (const [index, each] of junk.entries()) {
        const annotations = { 'org.opencontainers.image.created': `2027-01-01T00:00:${10 + index}Z`, 'mlops.key': 5 };
        const whole = { artifactType: bundleType, subject: { digest }, annotations, ...each, size: bundle.length };
        registry.manifests.set(`sha256:${String(index).padStart(64, '0')}`, whole as never);
      }
      await verify({}, [{ kind: 'keyVault', id: parseKeyId(keyId)! }], { newest: {} });
      assert.match(lines.join('\n'), /does not contain a signed statement, and was not heeded/);
    });

    it('is stopped by no bundle of any other form', async () => {
      const odd = [null, 5, 'x', [], {}];
      const bundles: unknown[] = [
        ...odd,
        ...odd.map((dsseEnvelope) => ({ dsseEnvelope })),
        ...odd.map((signatures) => ({ dsseEnvelope: { payload: '', payloadType: 'x', signatures } })),
        ...odd.map((each) => ({ dsseEnvelope: { payload: '', payloadType: 'application/vnd.in-toto+json', signatures: [each, { sig: each }] } })), // prettier-ignore
        ...odd.map((payload) => ({ dsseEnvelope: { payload, payloadType: 'x', signatures: [{ sig: '' }] } })),
      ];
      await sign();
      for (const [index] of bundles.entries()) await stranger(index + 1);
      for (const [index, { digest: each }] of registry.statements().slice(2).entries()) {
        await registry.replace(each, Buffer.from(JSON.stringify(bundles[index])));
      }
      await verify();
    });

    it('reads no more than so much of them together', async () => {
      await sign({ types: [modelRecordType] });
      await sign({ types: [modelRecordType], at: signedAt + 1 });
      await sign({ types: [modelRecordType], at: signedAt + 2 });
      for (const each of registry.statements()) await registry.replace(each.digest, Buffer.alloc(31 * 1024 * 1024));
      await assert.rejects(verify(), (error: Error) => {
        assert.match(error.message, /was not read: those before it have 64 MiB/);
        return error instanceof TooMuchAttached;
      });
    });
  });

  async function everyBundle(change: (bytes: Buffer) => Buffer): Promise<void> {
    for (const { digest: each } of registry.statements()) {
      const layer = registry.manifests.get(each)!.layers![0]!;
      await registry.replace(each, change(registry.blobs.get(layer.digest)!));
    }
  }

  it('refuses a rejected model even where the released record says the same, unless no approval is asked for', async () => {
    const record = recordOf(digest, 'rejected');
    await sign({ record });
    await assert.rejects(verify({ record }), /says that the model was rejected: rmse 4 <= 5/);
    await verify({ record, requireApproval: false });
    await verify({ record: undefined, requireApproval: false });
  });

  it('refuses the signature of one statement under another', async () => {
    await sign();
    const [first, second] = registry.statements();
    const swapped = { dsseEnvelope: { ...first!.envelope, signatures: second!.envelope.signatures } };
    await registry.replace(first!.digest, Buffer.from(JSON.stringify(swapped)));
    await assert.rejects(verify(), /was changed since/);
  });

  describe('by a key in a vault', () => {
    const signer = (id: string): Signer => ({ ...privateKeySigner(key), name: id, keyId: id });
    const trusted: TrustedKey[] = [{ kind: 'keyVault', id: parseKeyId(keyId)! }];
    const another = { publicKey: createPublicKey(newKey()) };

    it('takes any version of a key without one, by the version that signed', async () => {
      await sign({ signer: signer(version('old')) });
      const { signer: by } = await verify({}, trusted, { newest: another, old: {} });
      assert.equal(by, version('old'));
    });

    it('takes no other version than the one that is named', async () => {
      await sign({ signer: signer(version('old')) });
      const named: TrustedKey[] = [{ kind: 'keyVault', id: parseKeyId(version('new'))! }];
      await assert.rejects(verify({}, named, { old: {}, new: another }), /not signed by a trusted key/);
    });

    it('does not follow a hint to a version that is not there, or to another vault', async () => {
      await sign({ signer: signer(version('gone')) });
      await assert.rejects(verify({}, trusted, { newest: {} }), /names the key .*, which is not in the vault/);
      registry = new MemoryRegistry();
      await sign({ signer: signer(version('old').replace('//v.', '//evil.')) });
      await assert.rejects(verify({}, trusted, { newest: another, old: {} }), /not signed by a trusted key/);
    });

    it("is not stopped by a stranger's hint to a version that is switched off or of another kind", async () => {
      for (const name of ['off', 'odd', 'symmetric']) {
        registry = new MemoryRegistry();
        await sign({ signer: { ...privateKeySigner(newKey()), keyId: version(name) } });
        await sign({ signer: signer(version('v')) });
        await verify({}, trusted, { v: {} });
      }
      assert.match(lines.join('\n'), /names the key .*, which is not one that signs, and was not heeded/);
    });

    it("is not stopped by a stranger's hint that no vault takes for a version", async () => {
      for (const hint of ['nope', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32), 'a'.repeat(5000)]) {
        registry = new MemoryRegistry();
        await sign({ signer: { ...privateKeySigner(newKey()), keyId: `${keyId}/${hint}` } });
        await sign({ signer: signer(version('v')) });
        await verify({}, trusted, { newest: another, v: {} });
      }
    });

    it('says that the one version that is trusted is not there, whatever a hint names', async () => {
      await sign({ signer: signer(version('v').replace('release', 'Release')) });
      await assert.rejects(verify({}, [{ kind: 'keyVault', id: parseKeyId(version('v'))! }]), /There is no key v/);
    });

    it('says that the trusted key itself is not there', async () => {
      await sign({ signer: signer('none') });
      await assert.rejects(verify({}, trusted), /There is no key/);
    });

    const hour = 3_600_000;
    const states: Array<[string, Partial<VaultKey>, RegExp | undefined]> = [
      ['is disabled', { enabled: false }, /its key is disabled in the vault/],
      ['was not valid yet', { notBefore: signedAt + hour }, /its key is not valid before/],
      ['had expired', { expires: signedAt - hour }, /its key had expired/],
      ['has expired since', { expires: signedAt + 500 }, undefined],
    ];
    for (const [title, state, expected] of states) {
      it(`${expected ? 'refuses' : 'takes'} what was signed by a key that ${title}`, async () => {
        await sign({ signer: signer(version('v')) });
        const verified = verify({}, trusted, { v: state });
        if (expected) await assert.rejects(verified, expected);
        else await verified;
      });
    }
  });
});

function forge(bytes: Buffer): Buffer {
  const bundle = JSON.parse(bytes.toString()) as { dsseEnvelope: { payload: string } };
  const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString().replace('2026', '2025');
  bundle.dsseEnvelope.payload = Buffer.from(text).toString('base64');
  return Buffer.from(JSON.stringify(bundle));
}

function unsign(bytes: Buffer): Buffer {
  const bundle = JSON.parse(bytes.toString()) as { dsseEnvelope: { signatures: unknown[] } };
  bundle.dsseEnvelope.signatures = [];
  return Buffer.from(JSON.stringify(bundle));
}
