import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Collection } from '../context';
import { algorithms } from './digestSignatures';
import { badParameter, forbidden, VaultError } from './vaultError';

interface Attributes {
  enabled?: boolean;
  /** Seconds since the epoch, as are the others. */
  nbf?: number;
  exp?: number;
}

/** A version of a key, as the local cloud keeps it. */
export interface VaultKeyVersion {
  version: string;
  kty: string;
  keyOps: string[];
  attributes: Attributes & { created: number; updated: number };
  tags?: Record<string, string>;
  /** PKCS 8 in PEM: it is in no answer. */
  privateKey: string;
}

/** What a client may say of a key that is made or changed. */
export interface KeyParameters {
  kty?: string;
  crv?: string;
  key_size?: number;
  key_ops?: string[];
  attributes?: Attributes;
  tags?: Record<string, string>;
}

export interface SignParameters {
  alg?: string;
  value?: string;
  digest?: string;
}

const allOperations = ['sign', 'verify', 'wrapKey', 'unwrapKey', 'encrypt', 'decrypt', 'import', 'export'];
const curves: Record<string, string> = { 'P-256': 'prime256v1', 'P-384': 'secp384r1' };
const seconds = (): number => Math.floor(Date.now() / 1000);

/** The keys of all vaults. Source: Key Vault data plane 7.4, keys.json. */
export class VaultKeys {
  constructor(
    /** Versions of a key, the oldest first, by `vault/name`. */
    private readonly keys: Collection<VaultKeyVersion[]>,
    private readonly urlOf: (vault: string) => string,
  ) {}

  create(vault: string, name: string, parameters: KeyParameters) {
    if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) throw badParameter(`The request URI contains an invalid name: ${name}`);
    const { kty = '', key_ops: keyOps, attributes, tags } = parameters;
    for (const each of keyOps ?? []) {
      if (!allOperations.includes(each)) throw badParameter(`Property key_ops has an invalid value: ${each}`);
    }
    const privateKey = generate(parameters).export({ type: 'pkcs8', format: 'pem' }) as string;
    const now = seconds();
    const made: VaultKeyVersion = {
      version: randomBytes(16).toString('hex'),
      kty,
      keyOps: keyOps ?? (kty.startsWith('EC') ? ['sign', 'verify'] : ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey']), // prettier-ignore
      attributes: { enabled: true, ...attributes, created: now, updated: now },
      tags,
      privateKey,
    };
    this.keys.put(`${vault}/${name}`, [...(this.keys.get(`${vault}/${name}`) ?? []), made]);
    return this.bundle(vault, name, made);
  }

  get(vault: string, name: string, version?: string) {
    return this.bundle(vault, name, this.find(vault, name, version));
  }

  update(vault: string, name: string, version: string | undefined, { key_ops, attributes, tags }: KeyParameters) {
    const changed = this.find(vault, name, version);
    if (key_ops) changed.keyOps = key_ops;
    changed.attributes = { ...changed.attributes, ...attributes, updated: seconds() };
    if (tags) changed.tags = tags;
    const all = this.keys.get(`${vault}/${name}`)!;
    this.keys.put(`${vault}/${name}`, all.map((each) => (each.version === changed.version ? changed : each))); // prettier-ignore
    return this.bundle(vault, name, changed);
  }

  versions(vault: string, name: string) {
    const all = this.keys.get(`${vault}/${name}`) ?? [];
    return all.map((each) => ({ kid: `${this.kid(vault, name)}/${each.version}`, ...shown(each) }));
  }

  list(vault: string) {
    return this.keys
      .list()
      .filter(({ key }) => key.toLowerCase().startsWith(`${vault}/`.toLowerCase()))
      .map(({ key, value }) => ({ kid: this.kid(vault, key.split('/')[1]!), ...shown(value.at(-1)!) }));
  }

  sign(vault: string, name: string, version: string | undefined, { alg, value }: SignParameters) {
    const key = this.find(vault, name, version);
    checkUse(key, 'sign');
    const kid = `${this.kid(vault, name)}/${key.version}`;
    const { digest, algorithm } = this.digestOf(kid, key, alg, value, 'value');
    const signature = algorithm.signatures.sign(createPrivateKey(key.privateKey), digest);
    return { kid, value: signature.toString('base64url') };
  }

  verify(vault: string, name: string, version: string | undefined, { alg, digest: given, value = '' }: SignParameters) {
    const key = this.find(vault, name, version);
    checkUse(key, 'verify');
    const { digest, algorithm } = this.digestOf(`${this.kid(vault, name)}/${key.version}`, key, alg, given, 'digest');
    const signature = Buffer.from(value, 'base64url');
    return { value: algorithm.signatures.verify(createPrivateKey(key.privateKey), digest, signature) };
  }

  private digestOf(kid: string, key: VaultKeyVersion, alg = '', given = '', property: string) {
    const algorithm = Object.hasOwn(algorithms, alg) ? algorithms[alg]! : undefined;
    if (!algorithm) throw badParameter(`Property alg has an invalid value: ${alg}`);
    const { crv } = publicJwk(key);
    if (key.kty.replace('-HSM', '') !== algorithm.kty || (algorithm.crv && algorithm.crv !== crv)) {
      throw badParameter(`Key and signing algorithm are incompatible. Key ${kid} is of type '${key.kty}', and algorithm '${alg}' can only be used with a key of type '${algorithm.kty}' or '${algorithm.kty}-HSM'${algorithm.crv ? ` and curve '${algorithm.crv}'` : ''}.`); // prettier-ignore
    }
    const digest = Buffer.from(given, 'base64url');
    if (digest.length === algorithm.length) return { digest, algorithm };
    throw badParameter(`Invalid length of '${property}': ${digest.length} bytes. ${alg} requires ${algorithm.length} bytes, encoded with base64url.`); // prettier-ignore
  }

  private kid = (vault: string, name: string): string => `${this.urlOf(vault)}/keys/${name}`;

  private find(vault: string, name: string, version?: string): VaultKeyVersion {
    const all = this.keys.get(`${vault}/${name}`) ?? [];
    const found = version ? all.find((each) => each.version === version.toLowerCase()) : all.at(-1);
    if (found) return structuredClone(found);
    throw new VaultError(404, 'KeyNotFound', `A key with (name/id) ${name}${version ? `/${version}` : ''} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`); // prettier-ignore
  }

  private bundle(vault: string, name: string, key: VaultKeyVersion) {
    const jwk = { ...publicJwk(key), kty: key.kty };
    return { key: { kid: `${this.kid(vault, name)}/${key.version}`, ...jwk, key_ops: key.keyOps }, ...shown(key) };
  }
}

const publicJwk = ({ privateKey }: VaultKeyVersion) => createPublicKey(privateKey).export({ format: 'jwk' });

const shown = ({ attributes, tags }: VaultKeyVersion) => ({
  attributes: { ...attributes, recoveryLevel: 'Recoverable+Purgeable', recoverableDays: 90 },
  ...(tags && { tags }),
});

function generate({ kty = '', crv = 'P-256', key_size: modulusLength = 2048 }: KeyParameters): KeyObject {
  if (/^EC(-HSM)?$/.test(kty)) {
    const namedCurve = Object.hasOwn(curves, crv) ? curves[crv] : undefined;
    if (!namedCurve) throw badParameter(`Property crv has an invalid value: ${crv}`);
    return generateKeyPairSync('ec', { namedCurve }).privateKey;
  }
  if (/^RSA(-HSM)?$/.test(kty)) {
    if (![2048, 3072, 4096].includes(modulusLength)) throw badParameter(`Property key_size has an invalid value: ${modulusLength}`); // prettier-ignore
    return generateKeyPairSync('rsa', { modulusLength }).privateKey;
  }
  throw badParameter(`Property kty has an invalid value: ${kty}`);
}

/** Outside of its dates a key still verifies. Source: "About keys", date-time controlled operations. */
function checkUse({ keyOps, attributes: { enabled, nbf, exp } }: VaultKeyVersion, operation: 'sign' | 'verify'): void {
  if (enabled === false) throw forbidden(`Operation ${operation} is not allowed on a disabled key.`, 'KeyDisabled');
  if (operation === 'sign' && nbf !== undefined && seconds() < nbf) {
    throw forbidden(`Operation ${operation} is not allowed on a key that is not yet valid.`, 'KeyNotYetValid');
  }
  if (operation === 'sign' && exp !== undefined && seconds() >= exp) {
    throw forbidden(`Operation ${operation} is not allowed on an expired key.`, 'KeyExpired');
  }
  if (!keyOps.includes(operation)) {
    throw forbidden(`Operation ${operation} is not permitted on this key.`, 'KeyOperationForbidden');
  }
}
