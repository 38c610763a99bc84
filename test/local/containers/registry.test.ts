import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mirrorRegistry } from '../../../local/azure/registry/registryAccounts';
import { cloudClient, type Answer, type CloudClient } from './cloudClient';

const sha256 = (content: string | Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

describe('OCI registry', () => {
  let cloud: CloudClient;
  let base: string;
  let basic: string;

  before(async function () {
    this.timeout(180_000);
    cloud = await cloudClient();
    base = `https://${cloud.loginServer}`;
    const credentials = await cloud.arm(
      'POST',
      `/subscriptions/72000000-0000-4000-8000-000000000003/resourceGroups/quick-starts-rg/providers/Microsoft.ContainerRegistry/registries/quickstartsacr/listCredentials?api-version=2023-07-01`,
    );
    const { username, passwords } = credentials.json;
    basic = `Basic ${Buffer.from(`${username}:${passwords[0].value}`).toString('base64')}`;
  });

  const call = (
    method: string,
    path: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    cloud.send(method, path.startsWith('https:') ? path : `${base}${path}`, {
      headers: { authorization: basic, ...headers },
      body,
    });

  async function pushBlob(name: string, content: string): Promise<string> {
    const answer = await call('POST', `/v2/${name}/blobs/uploads/?digest=${sha256(content)}`, content);
    assert.equal(answer.status, 201, answer.text);
    return sha256(content);
  }

  async function pushImage(name: string, tag: string, extra: Record<string, unknown> = {}): Promise<string> {
    const config = await pushBlob(name, JSON.stringify({ architecture: 'amd64', os: 'linux', tag }));
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 1 },
      layers: [],
      ...extra,
    });
    const answer = await call('PUT', `/v2/${name}/manifests/${tag}`, manifest, { 'content-type': manifestType });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.headers['docker-content-digest'], sha256(manifest));
    return sha256(manifest);
  }

  it('challenges a caller without credentials, names the scope, and pulls nothing anonymously', async () => {
    const answer = await cloud.send('GET', `${base}/v2/model/manifests/1`);
    assert.equal(answer.status, 401);
    assert.equal(
      answer.headers['www-authenticate'],
      `Bearer realm="${base}/oauth2/token",service="${cloud.loginServer}",scope="repository:model:pull"`,
    );
    assert.equal(answer.json.errors[0].code, 'UNAUTHORIZED');
    const token = await cloud.send('GET', `${base}/oauth2/token?service=x&scope=repository:model:pull`);
    assert.equal(token.status, 401);
  });

  it('turns an Entra token into a refresh token and that into an access token for its scopes only', async () => {
    const form = (fields: Record<string, string>) => ({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
    const exchange = (token: string): Promise<Answer> =>
      cloud.send(
        'POST',
        `${base}/oauth2/exchange`,
        form({ grant_type: 'access_token', service: cloud.loginServer, access_token: token }),
      );
    assert.equal((await exchange('not-a-token')).status, 401);
    const { refresh_token } = (await exchange(cloud.token)).json;
    const granted = await cloud.send(
      'POST',
      `${base}/oauth2/token`,
      form({ grant_type: 'refresh_token', service: cloud.loginServer, scope: 'repository:scoped:pull', refresh_token }),
    );
    assert.equal(granted.status, 200);
    const headers = { authorization: `Bearer ${granted.json.access_token}` };
    await pushImage('scoped', '1');
    await pushImage('other', '1');
    assert.equal((await cloud.send('GET', `${base}/v2/scoped/manifests/1`, { headers })).status, 200);
    const refused = await cloud.send('GET', `${base}/v2/other/manifests/1`, { headers });
    assert.equal(refused.status, 401);
    assert.match(String(refused.headers['www-authenticate']), /insufficient_scope/);
    const push = await cloud.send('POST', `${base}/v2/scoped/blobs/uploads/`, { headers });
    assert.equal(push.status, 401);
    assert.equal((await cloud.send('GET', `${base}/v2/`, { headers })).status, 200);
    assert.equal(
      (await cloud.send('GET', `${base}/v2/`, { headers: { authorization: `Bearer ${refresh_token}` } })).status,
      401,
      'a refresh token is not an access token',
    );
  });

  it('takes a blob in pieces, serves ranges of it, and refuses content of another digest', async () => {
    const content = 'first half, second half';
    const digest = sha256(content);
    const started = await call('POST', '/v2/blobs/test/blobs/uploads/');
    assert.equal(started.status, 202);
    const first = await call('PATCH', base + String(started.headers.location), content.slice(0, 10));
    assert.equal(first.headers.range, '0-9');
    const gap = await call('PATCH', base + String(first.headers.location), 'x', { 'content-range': '12-12' });
    assert.equal(gap.status, 416);
    const status = await call('GET', base + String(first.headers.location));
    assert.deepEqual([status.status, status.headers.range], [204, '0-9']);
    const done = await call('PUT', `${base}${String(first.headers.location)}?digest=${digest}`, content.slice(10));
    assert.equal(done.status, 201, done.text);

    const head = await call('HEAD', `/v2/blobs/test/blobs/${digest}`);
    assert.deepEqual([head.status, head.headers['content-length']], [200, String(content.length)]);
    const range = await call('GET', `/v2/blobs/test/blobs/${digest}`, undefined, { range: 'bytes=6-9' });
    assert.deepEqual(
      [range.status, range.text, range.headers['content-range']],
      [206, 'half', `bytes 6-9/${content.length}`],
    );

    const wrong = await call('POST', `/v2/blobs/test/blobs/uploads/?digest=${sha256('a')}`, 'b');
    assert.deepEqual([wrong.status, wrong.json.errors[0].code], [400, 'DIGEST_INVALID']);
    assert.equal((await call('HEAD', `/v2/blobs/test/blobs/${sha256('a')}`)).status, 404);
  });

  it('mounts a blob of another repository instead of taking it again', async () => {
    const digest = await pushBlob('mount/from', 'shared layer');
    assert.equal((await call('HEAD', `/v2/mount/to/blobs/${digest}`)).status, 404);
    const mounted = await call('POST', `/v2/mount/to/blobs/uploads/?mount=${digest}&from=mount/from`);
    assert.deepEqual([mounted.status, mounted.headers['docker-content-digest']], [201, digest]);
    assert.equal((await call('HEAD', `/v2/mount/to/blobs/${digest}`)).status, 200);
    const unknown = await call('POST', `/v2/mount/to/blobs/uploads/?mount=${sha256('none')}&from=mount/from`);
    assert.equal(unknown.status, 202, 'an unknown blob starts an ordinary upload');
    const token = await cloud.send('GET', `${base}/oauth2/token?service=x&scope=repository:mount/other:pull,push`, {
      headers: { authorization: basic },
    });
    const blind = await cloud.send('POST', `${base}/v2/mount/other/blobs/uploads/?mount=${digest}&from=mount/from`, {
      headers: { authorization: `Bearer ${token.json.access_token}` },
    });
    assert.equal(blind.status, 202, 'who may not read the source uploads the blob');
  });

  it('takes an image with layers that only their maker may hand out', async () => {
    const type = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
    const layer = { mediaType: type, digest: sha256('elsewhere'), size: 1, urls: ['https://layers.example/1'] };
    await pushImage('foreign', '1', { layers: [layer] });
  });

  it('orders tags by time, and keeps locked ones from being changed', async () => {
    for (const tag of ['b', 'a', 'c']) await pushImage('locks', tag);
    const list = async (query: string) => (await call('GET', `/acr/v1/locks/_tags?${query}`)).json.tags as Array<{ name: string }>; // prettier-ignore
    assert.deepEqual((await list('orderby=timedesc')).map(({ name }) => name), ['c', 'a', 'b']); // prettier-ignore
    assert.deepEqual(
      (await list('orderby=timedesc&n=1&last=c')).map(({ name }) => name),
      ['a'],
    );
    assert.equal((await call('GET', '/acr/v1/locks/_tags?orderby=size')).status, 400);
    assert.equal((await call('GET', '/v2/locks/tags/list?n=many')).json.errors[0].code, 'PAGINATION_NUMBER_INVALID');

    const json = { 'content-type': 'application/json' };
    const lock = (writeEnabled: boolean) => call('PATCH', '/acr/v1/locks/_tags/a', JSON.stringify({ writeEnabled }), json); // prettier-ignore
    assert.equal((await lock(false)).json.tag.changeableAttributes.writeEnabled, false);
    assert.equal((await call('DELETE', '/acr/v1/locks/_tags/a')).status, 405);
    await assert.rejects(pushImage('locks', 'a'), /disallowed/);
    await lock(true);
    assert.equal((await call('DELETE', '/acr/v1/locks/_tags/a')).status, 202);
  });

  it('keeps manifests by digest and tag, lists them by page, and forgets the tags of a deleted one', async () => {
    const one = await pushImage('team/model', '1');
    const two = await pushImage('team/model', '2');
    await pushImage('team/model', '2-again');
    const byTag = await call('HEAD', '/v2/team/model/manifests/2');
    assert.deepEqual([byTag.status, byTag.headers['docker-content-digest']], [200, two]);
    const byDigest = await call('GET', `/v2/team/model/manifests/${one}`);
    assert.equal(sha256(byDigest.text), one);
    assert.equal(byDigest.headers['content-type'], manifestType);

    const page = await call('GET', '/v2/team/model/tags/list?n=2');
    assert.deepEqual(page.json, { name: 'team/model', tags: ['1', '2'] });
    assert.equal(page.headers.link, '</v2/team/model/tags/list?n=2&last=2>; rel="next"');
    assert.deepEqual((await call('GET', '/v2/team/model/tags/list?n=2&last=2')).json.tags, ['2-again']);
    assert.ok((await call('GET', '/v2/_catalog')).json.repositories.includes('team/model'));

    const tags = await call('GET', `/acr/v1/team/model/_tags?digest=${one}`);
    assert.deepEqual(
      tags.json.tags.map((tag: { name: string; digest: string }) => [tag.name, tag.digest]),
      [['1', one]],
    );
    assert.equal((await call('DELETE', `/v2/team/model/manifests/${two}`)).status, 202);
    assert.equal((await call('GET', '/v2/team/model/manifests/2')).status, 404);
    assert.equal((await call('GET', '/v2/team/model/manifests/1')).status, 200);
  });

  it('refuses a manifest whose layer was never pushed, or that says another digest or type', async () => {
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { digest: sha256('never pushed'), size: 1 },
      layers: [],
    });
    const put = (reference: string, type = manifestType): Promise<Answer> =>
      call('PUT', `/v2/refused/manifests/${reference}`, manifest, { 'content-type': type });
    assert.equal((await put('1')).json.errors[0].code, 'MANIFEST_BLOB_UNKNOWN');
    assert.equal((await put('1', 'application/vnd.oci.image.index.v1+json')).json.errors[0].code, 'MANIFEST_INVALID');
    assert.equal((await put('a/b')).status, 404);
    await pushBlob('refused', 'never pushed');
    assert.equal((await put(sha256('another'))).json.errors[0].code, 'DIGEST_INVALID');
  });

  it('lists what refers to an image, such as its SBOM', async () => {
    const image = await pushImage('referred', '1');
    const sbom = await pushImage('referred', 'sbom', {
      artifactType: 'application/vnd.cyclonedx+json',
      subject: { mediaType: manifestType, digest: image, size: 1 },
    });
    const answer = await call('GET', `/v2/referred/referrers/${image}?artifactType=application/vnd.cyclonedx%2Bjson`);
    assert.deepEqual(
      answer.json.manifests.map((entry: { digest: string }) => entry.digest),
      [sbom],
    );
    assert.equal(answer.headers['content-type'], 'application/vnd.oci.image.index.v1+json', 'with no character set');
    assert.deepEqual((await call('GET', `/v2/referred/referrers/${sbom}`)).json.manifests, []);
  });

  it('keeps registries apart and knows no others', async () => {
    await pushImage('apart', '1');
    const mirror = await cloud.send(
      'GET',
      `https://${mirrorRegistry}.azurecr.localhost:${cloud.azure.port}/v2/apart/manifests/1`,
      {
        headers: { authorization: basic },
      },
    );
    assert.equal(mirror.status, 401, "the one registry's password is nothing to the other");
    const unknown = await cloud.send('GET', `https://unknown.azurecr.localhost:${cloud.azure.port}/v2/`);
    assert.equal(unknown.status, 404);
  });
});
