import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify, type JsonWebKey } from 'node:crypto';
import { localCloud } from '../../../local/azure/context';
import { cloudClient, groupPath, type Answer, type CloudClient } from '../containers/cloudClient';
import { makeVault, vaultToken } from '../../support/keyVault';

const vaultId = (name: string): string => `${groupPath}/Microsoft.KeyVault/vaults/${name}`;

describe('Key vaults', () => {
  const name = `keys-${randomBytes(4).toString('hex')}`;
  let cloud: CloudClient;
  let token: string;
  let url: string;

  before(async () => {
    cloud = await cloudClient();
    url = await makeVault(cloud, name, { enableRbacAuthorization: true });
    token = await vaultToken(cloud);
  });
  afterEach(() => cloud.azure.roles.reset());

  const ask = (
    method: string,
    path: string,
    body?: object,
    more: { token?: string; vault?: string } = {},
  ): Promise<Answer> =>
    cloud.send(method, `${more.vault ?? url}${path}?api-version=7.4`, {
      headers: {
        ...(more.token === '' ? {} : { authorization: `Bearer ${more.token ?? token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
  const create = async (key: string, body: object): Promise<{ path: string; jwk: JsonWebKey & { kid: string } }> => {
    const { status, json, text } = await ask('POST', `/keys/${key}/create`, body);
    assert.equal(status, 200, text);
    return { path: new URL(json.key.kid as string).pathname, jwk: json.key };
  };
  const digestOf = (data: string, algorithm = 'sha256') => createHash(algorithm).update(data).digest('base64url');

  const kinds: Array<[string, object, string]> = [
    ['ES256', { kty: 'EC', crv: 'P-256' }, 'sha256'],
    ['ES384', { kty: 'EC-HSM', crv: 'P-384' }, 'sha384'],
    ['RS256', { kty: 'RSA', key_size: 2048 }, 'sha256'],
    ['RS512', { kty: 'RSA' }, 'sha512'],
  ];
  for (const [alg, parameters, hash] of kinds) {
    it(`signs by ${alg}, so that the public half and the vault itself verify it`, async () => {
      const { path, jwk } = await create(`by-${alg}`, parameters);
      const key = createPublicKey({ key: { ...jwk, kty: jwk.kty!.replace('-HSM', '') }, format: 'jwk' });
      for (let count = 0; count < 20; count++) {
        const { json } = await ask('POST', `${path}/sign`, { alg, value: digestOf('text', hash) });
        assert.equal(json.kid, jwk.kid);
        const signature = Buffer.from(json.value as string, 'base64url');
        assert.ok(verify(hash, Buffer.from('text'), { key, dsaEncoding: 'ieee-p1363' }, signature));
        const said = async (data: string) => (await ask('POST', `${path}/verify`, { alg, digest: digestOf(data, hash), value: json.value })).json.value as boolean; // prettier-ignore
        if (count === 0) assert.deepEqual([await said('text'), await said('other')], [true, false]);
      }
    });
  }

  it('keeps the versions of a key, and never shows its private half', async () => {
    const first = await create('versions', { kty: 'EC', key_ops: ['sign'], tags: { a: 'b' } });
    const second = await create('versions', { kty: 'RSA' });
    const newest = await ask('GET', '/keys/versions');
    assert.equal(newest.json.key.kid, second.jwk.kid);
    assert.ok(!/"(d|p|q|dp|dq|qi|privateKey)":/.test(newest.text), newest.text);
    const { json } = await ask('GET', first.path);
    assert.deepEqual([json.key.key_ops, json.tags, json.attributes.enabled], [['sign'], { a: 'b' }, true]);
    const versions = await ask('GET', '/keys/versions/versions');
    assert.deepEqual(versions.json.value.map((each: { kid: string }) => each.kid), [first.jwk.kid, second.jwk.kid]); // prettier-ignore
    const listed = await ask('GET', '/keys');
    assert.ok(listed.json.value.some((each: { kid: string }) => each.kid === `${url}/keys/versions`));
  });

  it('does not sign with a key that is disabled, out of its dates or not for that; it still verifies past its end', async () => {
    const { path } = await create('states', { kty: 'EC' });
    const now = Math.floor(Date.now() / 1000);
    const value = digestOf('text');
    const signed = await ask('POST', `${path}/sign`, { alg: 'ES256', value });
    const states: Array<[object, string]> = [
      [{ attributes: { enabled: false } }, 'KeyDisabled'],
      [{ attributes: { enabled: true, nbf: now + 3600 } }, 'KeyNotYetValid'],
      [{ attributes: { nbf: now - 7200, exp: now - 3600 } }, 'KeyExpired'],
      [{ attributes: { exp: now + 3600 }, key_ops: ['verify'] }, 'KeyOperationForbidden'],
    ];
    for (const [state, reason] of states) {
      assert.equal((await ask('PATCH', path, state)).status, 200);
      const { status, json } = await ask('POST', `${path}/sign`, { alg: 'ES256', value });
      assert.deepEqual([status, json.error.code, json.error.innererror.code], [403, 'Forbidden', reason]);
      if (reason !== 'KeyExpired') continue;
      const verified = await ask('POST', `${path}/verify`, { alg: 'ES256', digest: value, value: signed.json.value });
      assert.equal(verified.json.value, true);
    }
  });

  it('refuses what cannot be', async () => {
    const { path } = await create('refusals', { kty: 'EC' });
    const refusals: Array<[Promise<Answer>, number, string]> = [
      [ask('POST', `${path}/sign`, { alg: 'RS256', value: digestOf('a') }), 400, 'BadParameter'],
      [ask('POST', `${path}/sign`, { alg: 'ES256', value: 'YQ' }), 400, 'BadParameter'],
      [ask('POST', '/keys/bad/create', { kty: 'EC', crv: 'P-1' }), 400, 'BadParameter'],
      [ask('POST', '/keys/bad/create', { kty: 'DSA' }), 400, 'BadParameter'],
      [ask('GET', '/keys/nonesuch'), 404, 'KeyNotFound'],
      [ask('GET', `/keys/refusals/${'0'.repeat(32)}`), 404, 'KeyNotFound'],
      [cloud.send('GET', `${url}/keys/refusals?api-version=1.0`, { headers: { authorization: `Bearer ${token}` } }), 400, 'BadParameter'], // prettier-ignore
      [ask('GET', '/keys', undefined, { vault: url.replace(name, 'nonesuch') }), 404, 'VaultNotFound'],
    ];
    for (const [answer, status, code] of refusals) {
      const given = await answer;
      assert.deepEqual([given.status, given.json.error.code], [status, code], given.text);
    }
  });

  it('says whose tokens it takes, and takes no others', async () => {
    for (const other of ['', cloud.token, 'nonsense']) {
      const { status, headers, json } = await ask('GET', '/keys/any', undefined, { token: other });
      assert.equal(status, 401);
      assert.match(json.error.message as string, /^AKV100/);
      assert.equal(
        headers['www-authenticate'],
        `Bearer authorization="${cloud.azure.url}/${localCloud.tenantId}", resource="https://vault.localhost"`,
      );
    }
  });

  it('lets by roles on data do what they allow, as its own owner cannot', async () => {
    const { path } = await create('roles', { kty: 'EC' });
    const sign = () => ask('POST', `${path}/sign`, { alg: 'ES256', value: digestOf('text') });
    const may = async (role: string): Promise<[number, number]> => {
      await cloud.azure.roles.limitTo([{ role, scope: vaultId(name) }]);
      return [(await ask('GET', path)).status, (await sign()).status];
    };
    assert.deepEqual(await may('Owner'), [403, 403]);
    assert.deepEqual(await may('Key Vault Reader'), [200, 403]);
    assert.deepEqual(await may('Key Vault Crypto User'), [200, 200]);
    await may('Key Vault Reader');
    const { json } = await sign();
    assert.equal(json.error.innererror.code, 'ForbiddenByRbac');
    assert.match(json.error.message as string, /Action: 'Microsoft\.KeyVault\/vaults\/keys\/sign\/action'/);
  });

  it('lets by access policies, where the vault has those', async () => {
    const other = `${name}-p`;
    const policies = (...keys: string[]) => ({ accessPolicies: [{ tenantId: localCloud.tenantId, objectId: localCloud.clientId, permissions: { keys } }] }); // prettier-ignore
    const vault = await makeVault(cloud, other, policies('get'));
    const attempt = () => ask('POST', '/keys/k/create', { kty: 'EC' }, { vault });
    const refused = await attempt();
    assert.deepEqual([refused.status, refused.json.error.innererror.code], [403, 'ForbiddenByPolicy']);
    await makeVault(cloud, other, policies('all'));
    assert.equal((await attempt()).status, 200);
  });
});
