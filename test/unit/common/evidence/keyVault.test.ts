import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import type { AzureSession } from '../../../../tasks/common/azure/http/session';
import { parseKeyId } from '../../../../tasks/common/azure/keyVault/keyId';
import { KeyVault } from '../../../../tasks/common/azure/keyVault/keyVault';
import { isSignatureOf } from '../../../../tasks/common/evidence/publicKey';
import { openSigner, signingTime } from '../../../../tasks/common/evidence/signingKey';
import { TaskFailure } from '../../../../tasks/common/taskFailure';
import { serviceConnection } from '../../../support/serviceConnection';
import { taskContext } from '../../../support/taskContext';

interface Given {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

const vault = 'https://v.vault.azure.net';
const id = parseKeyId(`${vault}/keys/release`)!;
const challenge = (resource = 'https://vault.azure.net'): Given => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer authorization="https://login.microsoftonline.com/t", resource="${resource}"` },
});
const { signal } = new AbortController();

describe('A key in a vault', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let asked: Array<{ method: string; path: string; authorization?: string; body?: unknown }>;
  let scopes: string[];

  /** A session with a vault behind it that answers so, and signs what it is told to sign. */
  function session(...answers: Array<Given | ((body: never) => Given)>): AzureSession {
    asked = [];
    scopes = [];
    const send = (request: PipelineRequest) => {
      const { pathname } = new URL(request.url);
      const body = request.body ? (JSON.parse(request.body as string) as never) : undefined;
      asked.push({ method: request.method, path: pathname, authorization: request.headers.get('authorization'), body });
      const next = answers.shift()!;
      const { status, body: answer, headers = {} } = typeof next === 'function' ? next(body as never) : next;
      return Promise.resolve({
        status,
        headers: { get: (name: string) => headers[name] },
        bodyAsText: JSON.stringify(answer ?? {}),
      });
    };
    return {
      connection: serviceConnection,
      sender: () => Promise.resolve(send),
      token: (scope: string) => {
        scopes.push(scope);
        return Promise.resolve({ token: 'vault token' });
      },
    } as unknown as AzureSession;
  }

  function bundle(changes: object = {}, attributes: object = {}, key: KeyObject = privateKey, date?: string): Given {
    const jwk = createPublicKey(key).export({ format: 'jwk' });
    const kid = `${vault}/keys/release/0a1b`;
    return {
      status: 200,
      headers: date ? { date } : {},
      body: {
        key: { kid, key_ops: ['sign', 'verify'], ...jwk, ...changes },
        attributes: { enabled: true, ...attributes },
      },
    };
  }

  const signedBy = (key: KeyObject, data: () => Buffer) => () => ({
    status: 200,
    body: { kid: 'k', value: sign('sha256', data(), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url') },
  });

  function open(now: number, ...answers: Parameters<typeof session>) {
    const { context, traces } = taskContext('.', { clock: { now: () => now, sleep: () => Promise.resolve() } });
    const signer = openSigner({ kind: 'keyVault', id }, session(...answers), context);
    return { signer, traces };
  }

  it('is asked with a token for the service that the vault names, and with none before that', async () => {
    const found = await new KeyVault(session(challenge(), bundle()), signal).key(id);
    assert.deepEqual(scopes, ['https://vault.azure.net/.default']);
    assert.deepEqual(
      asked.map(({ method, path, authorization }) => [method, path, authorization]),
      [
        ['GET', '/keys/release/', undefined],
        ['GET', '/keys/release/', 'Bearer vault token'],
      ],
    );
    assert.equal(found.id.version, '0a1b');
  });

  it('gets no token for another service than its own', async () => {
    for (const resource of ['https://management.azure.com', 'https://azure.com', 'https://vault.azure.net.evil.test']) {
      const asking = new KeyVault(session(challenge(resource)), signal).key(id);
      await assert.rejects(asking, /asks for a token of .* which is not its own service; it gets none/);
      assert.deepEqual(scopes, []);
    }
  });

  it('must be what it says: no signature by another key is taken for its own', async () => {
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { signer } = open(
      0,
      challenge(),
      bundle(),
      signedBy(other, () => Buffer.from('x')),
    );
    await assert.rejects(signer, /is none by that key/);
  });

  it('signs the digest of what it is given, and tells in its own time', async () => {
    let random: Buffer | undefined;
    const now = Date.parse('2026-06-01T12:00:00Z');
    const data = Buffer.from('data');
    // The trial signs 32 random bytes; only their digest is sent.
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const { privateEncrypt, constants } = await import('node:crypto');
    const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    const vaultSigns = ({ value, alg }: { value: string; alg: string }): Given => {
      random = Buffer.from(value, 'base64url');
      assert.equal(alg, 'RS256');
      const padded = { key, padding: constants.RSA_PKCS1_PADDING };
      return {
        status: 200,
        body: { value: privateEncrypt(padded, Buffer.concat([info, random])).toString('base64url') },
      };
    };
    const given = bundle({}, {}, key, 'Mon, 01 Jun 2026 11:00:00 GMT');
    const { signer, traces } = open(now, challenge(), given, vaultSigns, vaultSigns);
    const ready = await signer;
    assert.equal(ready.name, `${vault}/keys/release/0a1b`);
    assert.equal(signingTime(ready, now), now - 3_600_000);
    assert.match(traces.warnings.join(), /clock is 60 minutes ahead of that of the vault/);
    assert.ok(isSignatureOf(createPublicKey(key), data, await ready.sign(data)));
    assert.deepEqual(random, createHash('sha256').update(data).digest());
    assert.deepEqual(asked.at(-1)!.path, '/keys/release/0a1b/sign');
  });

  const now = Date.parse('2026-06-01T12:00:00Z');
  const date = new Date(now).toUTCString();
  const seconds = now / 1000;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const unfit: Array<[string, Given, RegExp]> = [
    ['is disabled', bundle({}, { enabled: false }), /is disabled/],
    ['is not valid yet by the vault\'s clock', bundle({}, { nbf: seconds + 60 }, privateKey, date), /is not valid before 2026-06-01T12:01/], // prettier-ignore
    ['has expired', bundle({}, { exp: seconds - 60 }, privateKey, date), /expired at 2026-06-01T11:59/],
    ['may not sign', bundle({ key_ops: ['encrypt'] }), /may not sign: its permitted operations are encrypt/],
    ['is of another curve', bundle({}, {}, p384), /of a kind that cosign does not take/],
    ['is symmetric', { status: 200, body: { key: { kid: `${vault}/keys/release/1`, kty: 'oct-HSM' } } }, /is not one that can sign here/], // prettier-ignore
    ['answers nonsense', { status: 200, body: { key: {} } }, /cannot be understood/],
  ];
  for (const [title, given, expected] of unfit) {
    it(`is refused before anything is built when it ${title}`, async () => {
      // An agent whose clock is a year behind judges by the vault's.
      const { signer } = open(now - 31_536_000_000, challenge(), given);
      await assert.rejects(signer, (error: Error) => error instanceof TaskFailure && expected.test(error.message));
    });
  }

  const error = (status: number, message: string, inner?: string): Given => ({
    status,
    body: {
      error: { code: status === 404 ? 'KeyNotFound' : 'Forbidden', message, innererror: inner && { code: inner } },
    },
  });
  const rbac = "Caller is not authorized to perform action on resource.\r\nAction: 'Microsoft.KeyVault/vaults/keys/read'\r\nResource: '/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/v/keys/release'\r\n"; // prettier-ignore
  const refusals: Array<[Given, RegExp]> = [
    [error(403, rbac, 'ForbiddenByRbac'), /az role assignment create .*--role "Key Vault Crypto User" --scope "\/subscriptions\/s\/resourcegroups\/g\/providers\/microsoft\.keyvault\/vaults\/v"/], // prettier-ignore
    [error(403, "The user, group or application 'oid=1' does not have keys get permission on key vault 'v'."), /az keyvault set-policy --name v --object-id/], // prettier-ignore
    [error(403, 'Client address is not authorized and caller is not a trusted service.', 'ForbiddenByFirewall'), /does not let the agent in.*network rules/s], // prettier-ignore
    [error(403, 'Public network access is disabled and request is not from a trusted service nor via an approved private link.', 'ForbiddenByConnection'), /does not let the agent in/], // prettier-ignore
    [error(403, 'Operation get is not allowed on a disabled key.', 'KeyDisabled'), /cannot be used now/],
    [error(403, 'Operation sign is not permitted on this key.', 'KeyOperationForbidden'), /may not be used for this/],
    [error(429, 'Request was not processed because too many requests were received.'), /^The vault \S+ is too busy .*Run this step again in a few minutes/s], // prettier-ignore
    [
      error(404, 'A key with (name/id) release was not found in this key vault.'),
      /There is no key .*\/keys\/release: A key/,
    ],
  ];
  for (const [given, expected] of refusals) {
    it(`says what to do when the vault says "${(given.body as { error: { message: string } }).error.message.slice(0, 50)}"`, async () => {
      const { signer } = open(0, challenge(), given);
      await assert.rejects(signer, (failed: Error) => failed instanceof TaskFailure && expected.test(failed.message));
    });
  }
});
