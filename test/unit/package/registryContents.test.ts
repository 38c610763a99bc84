import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import sinon from 'sinon';
import { RegistryRequests } from '../../../tasks/common/azure/registry/registryRequests';
import type { RegistrySignIn } from '../../../tasks/common/azure/registry/registryAuthorization';
import { RegistryContents, TooLargeBlob } from '../../../tasks/common/azure/registry/containerRegistryContents';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import { Secret } from '../../../tasks/common/secret';

interface Asked {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: Buffer;
}
interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  bytes?: Buffer;
  /** In place of the rest of the bytes. */
  breaks?: boolean;
}

const session = {
  token: (scope?: string) => Promise.resolve({ token: scope ? `token for ${scope}` : 'entra token' }),
} as unknown as AzureSession;
const signal = new AbortController().signal;
const digest = `sha256:${'d'.repeat(64)}`;
const challenge = (realm = 'https://auth.example.net/token') => ({
  'www-authenticate': `Bearer realm="${realm}",service="r.example.net",scope="repository:a:pull"`,
});

function* broken(bytes: Buffer) {
  yield bytes;
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

describe("a registry's contents", () => {
  let asked: Asked[];
  afterEach(() => sinon.restore());

  function contents(signIn: RegistrySignIn, ...answers: Answer[]): RegistryContents {
    asked = [];
    sinon.stub(RegistryRequests.prototype, 'send').callsFake(((
      url: string,
      { method, headers = {}, body }: Omit<Asked, 'url'>,
    ) => {
      asked.push({ url, method, headers, body });
      const answer = answers.shift()!;
      const all = new Map(Object.entries(answer.headers ?? {}));
      return Promise.resolve({
        status: answer.status,
        headers: { get: (name: string) => all.get(name) },
        bodyAsText: JSON.stringify(answer.body ?? {}),
        readableStreamBody: answer.bytes && Readable.from(answer.breaks ? broken(answer.bytes) : [answer.bytes]),
      });
    }) as never);
    return new RegistryContents(session, 'r.example.net', signIn);
  }

  it('are read again where a blob breaks off, and told as out of reach where it does so for ever', async () => {
    const cut = { status: 200, bytes: Buffer.from('{"co'), breaks: true };
    const whole = { status: 200, bytes: Buffer.from('{"config":{}}') };
    const registry = contents({ kind: 'anonymous' }, cut, cut, whole);
    assert.equal((await registry.blob('a', digest, signal)).toString(), '{"config":{}}');
    sinon.restore();
    const dead = contents({ kind: 'anonymous' }, cut, cut, cut, cut);
    await assert.rejects(dead.blob('a', digest, signal), /registry r\.example\.net could not be reached: aborted/);
  });

  it('are read no further than there is room for, whatever is there', async () => {
    const registry = contents({ kind: 'anonymous' }, { status: 200, bytes: Buffer.alloc(11) }, { status: 200, bytes: Buffer.alloc(10) }); // prettier-ignore
    await assert.rejects(registry.blob('a', digest, signal, 10), (error) => error instanceof TooLargeBlob);
    assert.equal((await registry.blob('a', digest, signal, 10)).length, 10);
  });

  it('are read again where a blob falls silent on the way', async () => {
    const silent = new Readable({ read: () => undefined });
    silent.push('{"co');
    const registry = contents({ kind: 'anonymous' }, { status: 200, bytes: Buffer.from('{}') });
    const sent = RegistryRequests.prototype.send as sinon.SinonStub;
    sent.onFirstCall().resolves({ status: 200, headers: { get: () => undefined }, readableStreamBody: silent });
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const blob = registry.blob('a', digest, signal);
    await clock.tickAsync(29_000);
    assert.equal(silent.destroyed, false);
    await clock.tickAsync(2_000);
    assert.ok(silent.destroyed);
    assert.equal((await blob).toString(), '{}');
  });

  it('are read without a sign-in where the registry wants none', async () => {
    const found = await contents(
      { kind: 'anonymous' },
      { status: 200, headers: { 'docker-content-digest': digest } },
    ).digest('a', '1', signal);
    assert.equal(found, digest);
    assert.deepEqual(
      asked.map(({ method, url }) => [method, url]),
      [['HEAD', 'https://r.example.net/v2/a/manifests/1']],
    );
  });

  it('are read by a token that the registry sends to get, with the password where there is one', async () => {
    const registry = contents(
      { kind: 'password', userName: 'u', password: new Secret('p') },
      { status: 401, headers: challenge() },
      { status: 200, body: { token: 'pull token' } },
      { status: 404 },
      { status: 404 },
    );
    assert.equal(await registry.digest('a', '1', signal), undefined);
    assert.equal(asked[1]!.url, 'https://auth.example.net/token?service=r.example.net&scope=repository%3Aa%3Apull');
    assert.equal(asked[1]!.headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
    assert.equal(asked[2]!.headers.authorization, 'Bearer pull token');
    await registry.digest('a', '2', signal);
    assert.equal(asked.length, 4);
    assert.equal(asked[3]!.headers.authorization, 'Bearer pull token', 'the token is used again');
  });

  it("never sends Entra's token but to the registry itself", async () => {
    const registry = contents(
      { kind: 'entra' },
      { status: 401, headers: challenge('https://elsewhere.example.org/token') },
      { status: 200, body: { refresh_token: 'refresh' } },
      { status: 200, body: { access_token: 'access' } },
      { status: 200, headers: { 'docker-content-digest': digest } },
    );
    await registry.digest('a', '1', signal);
    assert.deepEqual(
      asked.map(({ url }) => url),
      [
        'https://r.example.net/v2/a/manifests/1',
        'https://r.example.net/oauth2/exchange',
        'https://r.example.net/oauth2/token',
        'https://r.example.net/v2/a/manifests/1',
      ],
    );
    assert.match(String(asked[1]!.body), /grant_type=access_token&service=r\.example\.net&access_token=entra\+token/);
  });

  it('are read with a token for registries only where the registry takes no other', async () => {
    const registry = contents(
      { kind: 'entra' },
      { status: 401, headers: challenge() },
      { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] } },
      { status: 200, body: { refresh_token: 'refresh' } },
      { status: 200, body: { access_token: 'access' } },
      { status: 200, headers: { 'docker-content-digest': digest } },
    );
    assert.equal(await registry.digest('a', '1', signal), digest);
    assert.deepEqual(
      [1, 2].map((index) => new URLSearchParams(String(asked[index]!.body)).get('access_token')),
      ['entra token', 'token for https://containerregistry.azure.net/.default'],
    );
  });

  it('are refused by the registry, not by Entra, where there is no token for registries', async () => {
    const registry = contents({ kind: 'entra' }, { status: 401, headers: challenge() }, { status: 401 });
    sinon
      .stub(session, 'token')
      .onFirstCall()
      .resolves({ token: 'entra token', expiresOnTimestamp: 0 })
      .onSecondCall()
      .rejects(new Error('AADSTS500011'));
    await assert.rejects(registry.digest('a', '1', signal), /registry answered 401/);
  });

  it('are not paid for with a password over an open line', async () => {
    const registry = contents(
      { kind: 'password', userName: 'u', password: new Secret('p') },
      { status: 401, headers: challenge('http://auth.example.net/token') },
    );
    await assert.rejects(registry.digest('a', '1', signal), /not encrypted/);
    assert.equal(asked.length, 1);
  });

  it("follow the registry's word to storage without its token", async () => {
    const registry = contents(
      { kind: 'entra' },
      { status: 307, headers: { location: 'https://storage.example.net/blob?sig=x' } },
      { status: 200, bytes: Buffer.from('content') },
    );
    assert.equal(String(await registry.blob('a', digest, signal)), 'content');
    assert.deepEqual(asked[1]!.headers, {});
  });

  it('get a further tag by the same bytes', async () => {
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = { schemaVersion: 2, layers: [] };
    const registry = contents(
      { kind: 'entra' },
      { status: 200, headers: { 'content-type': type }, body: manifest },
      { status: 201 },
    );
    await registry.tag('a', digest, 'v2', signal);
    assert.equal(asked[1]!.method, 'PUT');
    assert.equal(asked[1]!.url, 'https://r.example.net/v2/a/manifests/v2');
    assert.equal(asked[1]!.headers['content-type'], type);
    assert.equal(String(asked[1]!.body), JSON.stringify(manifest));
  });

  it('take a manifest by the digest of its bytes', async () => {
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const registry = contents({ kind: 'entra' }, { status: 201 });
    const added = await registry.addManifest('a', { mediaType, annotations: { x: 'y' } }, signal);
    const [{ url, method, headers, body }] = asked as [Asked];
    assert.equal(added, `sha256:${createHash('sha256').update(body!).digest('hex')}`);
    assert.deepEqual(
      [method, url, headers['content-type']],
      ['PUT', `https://r.example.net/v2/a/manifests/${added}`, mediaType],
    );
    assert.deepEqual(JSON.parse(String(body)), { mediaType, annotations: { x: 'y' } });
  });

  it('that the registry refuses are an error with its words', async () => {
    const body = { errors: [{ code: 'DENIED', message: 'requested access is denied' }] };
    const registry = contents({ kind: 'entra' }, { status: 403 }, { status: 403, body });
    await assert.rejects(registry.digest('a', '1', signal), /answered 403 DENIED.*requested access is denied.*AcrPull/);
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['HEAD', 'GET'],
      'an answer to HEAD has no body',
    );
  });

  describe('that is about other contents', () => {
    const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    const manifest = {
      ...{ schemaVersion: 2 as const, mediaType: 'application/vnd.oci.image.manifest.v1+json', artifactType: bundle },
      ...{ config: { mediaType: 'c', digest, size: 2 }, layers: [], annotations: { a: 'b' } },
      subject: { mediaType: 'm', digest, size: 1 },
    };
    const tag = `https://r.example.net/v2/a/manifests/sha256-${'d'.repeat(64)}`;
    const other = { mediaType: 'm', digest: `sha256:${'e'.repeat(64)}`, size: 1, artifactType: bundle };

    it('is only pushed where the registry lists it by itself', async () => {
      const registry = contents({ kind: 'anonymous' }, { status: 201, headers: { 'oci-subject': digest } });
      assert.match(await registry.addReferrer('a', manifest, signal), /^sha256:[0-9a-f]{64}$/);
      assert.equal(asked.length, 1);
    });

    it('is added to the list under a tag where the registry has none', async () => {
      const listed = { status: 200, body: { manifests: [other] } };
      const registry = contents({ kind: 'anonymous' }, { status: 201 }, listed, { status: 201 });
      const added = await registry.addReferrer('a', manifest, signal);
      assert.deepEqual(asked.slice(1).map(({ method, url }) => [method, url]), [['GET', tag], ['PUT', tag]]); // prettier-ignore
      const { manifests } = JSON.parse(String(asked[2]!.body)) as { manifests: Array<{ digest: string }> };
      assert.deepEqual(manifests.map((each) => each.digest), [other.digest, added]); // prettier-ignore
    });

    it('is found page by page, without what is of another type', async () => {
      const stranger = { ...other, artifactType: 'application/spdx+json' };
      const next = `</v2/a/referrers/${digest}?n=1&last=x>; rel="next"`;
      const registry = contents(
        { kind: 'anonymous' },
        { status: 200, body: { manifests: [stranger] }, headers: { link: next } },
        { status: 200, body: { manifests: [other] } },
      );
      assert.deepEqual(await registry.referrers('a', digest, bundle, signal), [other]);
      assert.equal(asked[1]!.url, `https://r.example.net/v2/a/referrers/${digest}?n=1&last=x`);
    });

    it('is found beside whatever else stands in a list that anybody may have written', async () => {
      const odd = [null, 5, 'x', [], {}, { ...other, digest: 5 }, { ...other, digest: '../../other' }];
      for (const [manifests, expected] of [...odd.slice(0, 5).map((each) => [each, []]), [[...odd, other], [other]]]) {
        const registry = contents({ kind: 'anonymous' }, { status: 404 }, { status: 200, body: { manifests } });
        assert.deepEqual(await registry.referrers('a', digest, bundle, signal), expected);
        sinon.restore();
      }
    });

    it('is not looked for in a list without an end', async () => {
      const page = { status: 200, headers: { link: `</v2/a/referrers/${digest}?page=2>; rel="next"` }, body: {} };
      const registry = contents({ kind: 'anonymous' }, ...Array.from({ length: 300 }, () => page));
      await assert.rejects(registry.referrers('a', digest, 't', signal), /has more than 200 pages/);
    });

    it('is found by the tag where the registry has no list, and is nothing where it has no tag either', async () => {
      const registry = contents({ kind: 'anonymous' }, { status: 404 }, { status: 200, body: { manifests: [other] } });
      assert.deepEqual(await registry.referrers('a', digest, bundle, signal), [other]);
      assert.equal(asked[1]!.url, tag);
      sinon.restore();
      const none = contents({ kind: 'anonymous' }, { status: 404 }, { status: 404 });
      assert.deepEqual(await none.referrers('a', digest, bundle, signal), []);
    });

    it('has its blob sent to the registry itself, once', async () => {
      const there = contents({ kind: 'anonymous' }, { status: 200 });
      const { size } = await there.addBlob('a', Buffer.from('{}'), signal);
      assert.deepEqual([size, asked.length], [2, 1]);
      sinon.restore();
      const started = { status: 202, headers: { location: '/v2/a/blobs/uploads/1?_state=x' } };
      await contents({ kind: 'anonymous' }, { status: 404 }, started, { status: 201 }).addBlob('a', Buffer.from('{}'), signal); // prettier-ignore
      assert.match(
        asked[2]!.url,
        /^https:\/\/r\.example\.net\/v2\/a\/blobs\/uploads\/1\?_state=x&digest=sha256%3A44136fa3/,
      );
      sinon.restore();
      const elsewhere = { status: 202, headers: { location: 'https://elsewhere.example.org/upload' } };
      const lured = contents({ kind: 'anonymous' }, { status: 404 }, elsewhere);
      await assert.rejects(lured.addBlob('a', Buffer.from('{}'), signal), /wants a blob sent to https:\/\/elsewhere/);
    });
  });
});
