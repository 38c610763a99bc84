import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import type { ModelRecord } from '../../tasks/common/record/record';
import { AttachedBundles, forged, type AttachedBundle, type AskRegistry } from '../support/attachedBundles';
import { reachFromHere } from '../support/azure';
import { approvedModel, packageSigned, releaseSigned, signedRepository } from '../support/signedImage';
import { makeVault, vaultToken } from '../support/keyVault';
import { signingKey, type TestKey } from '../support/signingKey';
import { goProgram } from './installation';
import { tryCommand, type Client, type Tried, type World } from './world';

const provenance = 'https://slsa.dev/provenance/v1';
const refusal = /no matching attestations|no valid bundles exist|none of the attestations matched/;

/** Sigstore's own verifier, which knows nothing of us, on what the built Package-Image has signed. */
export const cosign: Client = {
  name: 'cosign',
  version: 'v3.1.3',
  install() {
    return goProgram('github.com/sigstore/cosign/v3/cmd/cosign', this.version);
  },
  async run(world, program) {
    const folder = mkdtempSync(join(tmpdir(), 'cosign-'));
    try {
      reachFromHere(world.azure);
      return await new Trial(world, program, folder).run();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

class Trial {
  private readonly results: Tried[] = [];

  constructor(
    private readonly world: World,
    private readonly program: string,
    private readonly folder: string,
  ) {
    const { LOGIN_SERVER = '', REGISTRY, ADMIN_PASSWORD } = world.environment;
    const auth = Buffer.from(`${REGISTRY}:${ADMIN_PASSWORD}`).toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [LOGIN_SERVER]: { auth } } }));
  }

  async run(): Promise<Tried[]> {
    const { azure } = this.world;
    const approved = await approvedModel(azure);
    for (const kind of ['rsa', 'ed25519', 'ec'] as const) {
      const key = signingKey(kind);
      const { record } = await packageSigned(azure, approved, { signWith: 'privateKey', privateKey: '$(signingKey)' }, key.privateKey); // prettier-ignore
      const { reference, attestations } = record.image!;
      const types = attestations!.statements.map(({ predicateType }) => predicateType);
      for (const type of types) await this.verify(`${type}, signed by a key of the kind ${kind}`, reference, key, type);
      await this.verify(`signed by a key of the kind ${kind}, with another key`, reference, signingKey(kind), provenance, refusal); // prettier-ignore
      if (kind === 'ec') await this.changes(record.image!.digest, reference, key);
    }
    for (const kind of ['EC', 'RSA']) await this.signedInVault(kind, approved);
    return this.results;
  }

  /** By a key that never leaves its vault; one of them signs a release as well. */
  private async signedInVault(kty: string, approved: ModelRecord): Promise<void> {
    const { azure, environment } = this.world;
    const headers = {
      authorization: `Bearer ${environment.MLFLOW_TRACKING_TOKEN}`,
      'content-type': 'application/json',
    };
    const send = async (
      method: string,
      url: string,
      options: { headers?: Record<string, string>; body?: string | Buffer } = {},
    ) => {
      const answer = await request(url, { method: method as 'GET', ...options });
      const text = await answer.body.text();
      return {
        status: answer.statusCode,
        headers: {},
        bytes: Buffer.from(text),
        text,
        json: JSON.parse(text) as never,
      };
    };
    const arm = (method: string, path: string, body?: unknown) => send(method, `${azure.url}${path}`, { headers, body: JSON.stringify(body) }); // prettier-ignore
    const vault = await makeVault({ arm }, `cosign-${kty}-${Date.now() % 1e6}`, { enableRbacAuthorization: true });
    const authorization = `Bearer ${await vaultToken({ azure, send })}`;
    const made = await send('POST', `${vault}/keys/release/create?api-version=7.4`, {
      headers: { ...headers, authorization },
      body: JSON.stringify({ kty }),
    });
    const jwk = (made.json as { key: JsonWebKey }).key;
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;
    const signing = { signWith: 'keyVault', keyVaultKey: `${vault}/keys/release` };
    const signed = await packageSigned(azure, approved, signing);
    let record = signed.record;
    if (kty === 'EC') record = await releaseSigned(azure, signed, signing.keyVaultKey, signing);
    const { attestations, reference } = record.image!;
    const statements = [...attestations!.statements, ...(record.tests?.attestations?.statements ?? [])];
    for (const { predicateType } of statements) {
      await this.verify(`${predicateType}, signed in a vault by ${kty}`, reference, { publicKey }, predicateType);
    }
    for (const { predicateType } of statements) {
      await this.verify(`${predicateType}, signed in a vault by ${kty}, with another key`, reference, signingKey(), predicateType, refusal); // prettier-ignore
    }
  }

  /** Each genuine statement, changed in each of the ways in which one can lie. */
  private async changes(digest: string, reference: string, key: TestKey): Promise<void> {
    const { azure } = this.world;
    const attached = new AttachedBundles(this.registry(), signedRepository);
    const own = await this.signedBy(attached, digest, key);
    for (const genuine of own) {
      const type = genuine.predicateType;
      const tried = async (what: string, bundle: AttachedBundle['bundle']) => {
        const other = await attached.attach({ ...genuine, bundle });
        await this.verify(`${type}, ${what}`, reference, key, type, refusal);
        await attached.remove(other);
      };
      await attached.remove(genuine);
      await this.verify(`${type}, stripped`, reference, key, type, refusal);
      await tried(
        'forged',
        forged(genuine, (text) => text.replace(/"(modelV|v)ersion":"1"/, '"$1ersion":"2"')),
      );
      const { bundle } = genuine;
      const [signature] = bundle.dsseEnvelope.signatures;
      await tried('with the signature of the other statement', withSignature(bundle, own.find((each) => each !== genuine)!.bundle.dsseEnvelope.signatures[0]!.sig)); // prettier-ignore
      await tried('without a signature', { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [] } });
      await tried('with its signature cut', withSignature(bundle, signature!.sig.slice(0, 40)));
      await tried('with another type of content', { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payloadType: 'application/json' } }); // prettier-ignore
      await attached.attach(genuine);
      await this.verify(`${type}, back in its place`, reference, key, type);
    }
    // What is right of one image says nothing of the next one.
    const next = await packageSigned(azure, await approvedModel(azure), {});
    const image = next.record.image!;
    const { manifest } = (await attached.of(digest))[0]!;
    const { size } = await this.sizeOf(image.digest);
    const subject = { ...manifest.subject, digest: image.digest, size };
    for (const genuine of own) {
      await attached.attach(genuine, subject);
      await this.verify(`${genuine.predicateType}, replayed`, image.reference, key, genuine.predicateType, refusal);
    }
  }

  private async signedBy(attached: AttachedBundles, digest: string, { publicKey }: TestKey): Promise<AttachedBundle[]> {
    const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
    const hint = createHash('sha256').update(der).digest('base64');
    return (await attached.of(digest)).filter(({ bundle }) => JSON.stringify(bundle).includes(hint));
  }

  private async verify(
    what: string,
    image: string,
    { publicKey }: Pick<TestKey, 'publicKey'>,
    type: string,
    expected?: RegExp,
  ): Promise<void> {
    const file = join(this.folder, 'key.pub');
    writeFileSync(file, publicKey);
    const args = ['verify-attestation', '--key', file, '--type', type, '--insecure-ignore-tlog', image];
    const command = { program: this.program, args, environment: { DOCKER_CONFIG: this.folder, HOME: this.folder } };
    this.results.push(await tryCommand(this.world, what, command, expected));
  }

  private async sizeOf(digest: string): Promise<{ size: number }> {
    const { text } = await this.registry()('GET', `/v2/${signedRepository}/manifests/${digest}`);
    return { size: Buffer.byteLength(text) };
  }

  private registry(): AskRegistry {
    const { LOGIN_SERVER, REGISTRY, ADMIN_PASSWORD } = this.world.environment;
    const authorization = `Basic ${Buffer.from(`${REGISTRY}:${ADMIN_PASSWORD}`).toString('base64')}`;
    return async (method, path, body, type) => {
      const headers = { authorization, accept: '*/*', ...(type && { 'content-type': type }) };
      const answer = await request(`https://${LOGIN_SERVER}${path}`, { method: method as 'GET', headers, body });
      const { location } = answer.headers;
      return { status: answer.statusCode, text: await answer.body.text(), location: location as string | undefined };
    };
  }
}

const withSignature = (bundle: AttachedBundle['bundle'], sig: string): AttachedBundle['bundle'] => ({
  ...bundle,
  dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [{ sig }] },
});
