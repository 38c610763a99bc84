import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import type { Send } from '../../../tasks/common/azure/http/pipeline';
import { traitsOf } from '../../../tasks/common/azure/http/requestTraits';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import type { Workspace } from '../../../tasks/common/azure/ml/workspace';
import type { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { listBlobs, openDatastore, OtherStorage } from '../../../tasks/common/azure/storage/datastoreContainer';
import { Secret } from '../../../tasks/common/secret';
import { fakeWorkspace } from '../../support/fakeWorkspace';

const { signal } = new AbortController();
const accountKey = Buffer.from('account-key').toString('base64');

interface Secrets {
  key?: string;
  sasToken?: string;
}

describe('the container behind a datastore', () => {
  let kept: string[];
  let asked: AzureRequest[];
  beforeEach(() => {
    kept = [];
    asked = [];
  });

  function workspaceWith(
    datastore: Record<string, string> | number,
    secrets: Secrets | number = {},
    send: Send = async () => assert.fail('no key is asked for'),
  ): Workspace {
    const request = async (one: AzureRequest) => {
      asked.push(one);
      const answer =
        one.method === 'POST' ? secrets : typeof datastore === 'number' ? datastore : { properties: datastore };
      return typeof answer === 'number' ? { status: answer, body: {} } : { status: 200, body: answer };
    };
    return fakeWorkspace(request, {
      keepSecret: (secret) => void kept.push(secret.reveal()),
      sender: async () => send,
    });
  }
  const blobs = { datastoreType: 'AzureBlob', accountName: 'acct', containerName: 'c' };

  it('is opened by the SAS that the datastore holds, which nobody may see', async () => {
    for (const sasToken of ['sv=1&sig=a?c', '?sv=1&sig=a?c']) {
      const { url, sasUrl } = await openDatastore(workspaceWith(blobs, { sasToken, key: 'k' }), 'a b', signal);
      assert.equal(url, 'https://acct.blob.core.windows.net/c');
      assert.equal(sasUrl.reveal(), 'https://acct.blob.core.windows.net/c?sv=1&sig=a?c');
      assert.deepEqual(kept.splice(0), ['k', sasToken]);
    }
    assert.deepEqual(
      asked.slice(0, 2).map(({ method, url }) => [method, url]),
      [
        ['GET', 'datastores/a b'],
        ['POST', 'datastores/a b/listSecrets'],
      ],
    );
  });

  it('is opened by its key for some hours, to read or to write too, signed as storage wants it', async () => {
    for (const [permissions, protocol] of [
      [undefined, 'https'],
      ['rcwl', 'https'],
      [undefined, 'http'],
    ] as const) {
      const store = { datastoreType: 'AzureDataLakeGen2', accountName: 'acct', filesystem: 'fs', endpoint: 'core.example', protocol }; // prettier-ignore
      const { sasUrl } = await openDatastore(workspaceWith(store, { key: accountKey }), 'd', signal, permissions);
      const url = new URL(sasUrl.reveal());
      assert.equal(url.origin + url.pathname, `${protocol}://acct.blob.core.example/fs`);
      const { sp, st, se, spr, sv, sr, sig } = Object.fromEntries(url.searchParams) as Record<string, string>;
      assert.deepEqual([sp, sv, sr], [permissions ?? 'rl', '2021-12-02', 'c']);
      assert.equal(spr, protocol === 'http' ? 'https,http' : 'https');
      for (const each of [st, se]) assert.match(each!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const [start, end] = [Date.parse(st!), Date.parse(se!)];
      assert.equal(end - start, (8 * 60 + 15) * 60_000);
      assert.ok(Math.abs(Date.now() - 15 * 60_000 - start) < 60_000);
      const toSign = [sp, st, se, '/blob/acct/fs', '', '', spr, sv, 'c', '', '', '', '', '', '', ''].join('\n');
      const expected = createHmac('sha256', Buffer.from(accountKey, 'base64')).update(toSign).digest('base64');
      assert.equal(sig, expected);
      assert.deepEqual(kept.splice(0), [accountKey]);
    }
  });

  const delegation = (key: string) =>
    `<UserDelegationKey><SignedOid>oid</SignedOid><SignedTid>tid</SignedTid><SignedStart>s</SignedStart><SignedExpiry>e</SignedExpiry><SignedService>b</SignedService><SignedVersion>v</SignedVersion><Value>${key}</Value></UserDelegationKey>`;

  for (const refusal of [400, 404]) {
    it(`is opened as the service connection where the datastore holds nothing, said as ${refusal}`, async () => {
      const key = Buffer.from('delegation-key').toString('base64');
      let sent: PipelineRequest | undefined;
      const send: Send = async (request) => {
        sent = request;
        return { request, status: 200, headers: request.headers, bodyAsText: delegation(key) };
      };
      const { sasUrl } = await openDatastore(workspaceWith(blobs, refusal, send), 'd', signal);
      assert.equal(sent?.method, 'POST');
      assert.equal(sent?.url, 'https://acct.blob.core.windows.net/?restype=service&comp=userdelegationkey');
      assert.match(sent?.headers.get('authorization') ?? '', /^Bearer .+/);
      assert.equal(sent?.headers.get('content-type'), 'application/xml');
      assert.equal(traitsOf(sent).repeatable, true, 'a second key does no harm');
      const query = Object.fromEntries(new URL(sasUrl.reveal()).searchParams) as Record<string, string>;
      const { sp, st, se, spr, sv, sig, skoid, sktid, skt, ske, sks, skv } = query;
      assert.deepEqual([skoid, sktid, skt, ske, sks, skv], ['oid', 'tid', 's', 'e', 'b', 'v']);
      assert.match(sent?.body as string, new RegExp(`<Start>${st}</Start><Expiry>${se}</Expiry>`));
      const toSign = [sp, st, se, '/blob/acct/c', 'oid', 'tid', 's', 'e', 'b', 'v', '', '', '', '', spr, sv, 'c', '', '', '', '', '', '', ''].join('\n'); // prettier-ignore
      assert.equal(sig, createHmac('sha256', Buffer.from(key, 'base64')).update(toSign).digest('base64'));
      assert.deepEqual(kept, []);
    });
  }

  it('is not opened where nobody is given a key, and says which role is missing', async () => {
    for (const [status, permissions, message, remedy] of [
      [403, 'rl', /gave the service connection's identity none either \(403 Denied\)/, /Storage Blob Data Reader on/],
      [401, 'rcwl', /\(401 Denied\)/, /Storage Blob Data Contributor on/],
      [500, 'rl', /\(500 Denied\)\.$/, /./],
    ] as const) {
      const send: Send = async (request) => ({
        request,
        status,
        headers: request.headers,
        bodyAsText: '<Error><Code>Denied</Code><Message>no</Message></Error>',
      });
      await assert.rejects(
        openDatastore(workspaceWith(blobs, {}, send), 'd', signal, permissions),
        (error: AzureFailure) => {
          assert.match(error.message, message);
          assert.match(error.message, remedy);
          assert.deepEqual([error.status, error.code, error.serviceMessage], [status, 'Denied', 'no']);
          return true;
        },
      );
    }
  });

  it('is not opened where the storage account says nothing, or cannot be asked', async () => {
    const answers: Array<[what: string, send: Send, message: RegExp, code: string]> = [
      [
        'an empty answer',
        async (request) => ({ request, status: 503, headers: request.headers }),
        /gave the service connection's identity none either \(503\)\.$/,
        '',
      ],
      [
        'no answer',
        () => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })),
        /POST https:\/\/acct\.blob\.core\.windows\.net\/\?restype=service&comp=userdelegationkey/,
        'ECONNRESET',
      ],
    ];
    for (const [what, send, message, code] of answers) {
      await assert.rejects(openDatastore(workspaceWith(blobs, {}, send), 'd', signal), (error: AzureFailure) => {
        assert.match(error.message, message, what);
        assert.equal(error.code, code);
        return true;
      });
    }
  });

  it('is not opened where its secrets are refused for another reason', async () => {
    await assert.rejects(openDatastore(workspaceWith(blobs, 403), 'd', signal), /403/);
  });

  it('is refused where there is no such datastore, or one of another kind', async () => {
    await assert.rejects(openDatastore(workspaceWith(404), 'd', signal), /^TaskFailure: The workspace w has no datastore "d"\./); // prettier-ignore
    await assert.rejects(openDatastore(workspaceWith(403), 'd', signal), /403/);
    const others: Array<Record<string, string>> = [
      { ...blobs, datastoreType: 'AzureFile' },
      { ...blobs, datastoreType: 'XAzureBlob' },
      { ...blobs, datastoreType: 'AzureBlobX' },
      { ...blobs, datastoreType: 'XAzureDataLakeGen2' },
      { ...blobs, datastoreType: 'AzureDataLakeGen2X' },
      { datastoreType: 'AzureBlob', containerName: 'c' },
      { datastoreType: 'AzureBlob', accountName: 'acct' },
    ];
    for (const store of others) {
      await assert.rejects(openDatastore(workspaceWith(store), 'd', signal), (error) => {
        assert.ok(error instanceof OtherStorage);
        assert.match(error.message, /datastore "d" is of the type \S+; only blob storage can be used here/);
        return true;
      });
    }
  });
});

describe('the blobs of a container', () => {
  const container = { url: 'https://a/c', sasUrl: new Secret('https://a/c?sig=1') };
  const page = (blobs: string, marker = '') =>
    `<EnumerationResults><Blobs>${blobs}</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`;
  const blob = (name: string, more = '', size = 3) =>
    `<Blob><Name>${name}</Name><Properties><Content-Length>${size}</Content-Length>${more}</Properties></Blob>`;
  const list = async (...pages: string[]) => {
    const urls: string[] = [];
    const transfer = { text: async (url: string) => (urls.push(url), pages.shift()!) } as unknown as BlobTransfer;
    return { found: await listBlobs(transfer, container, 'a b/', signal), urls };
  };

  it('are listed page by page', async () => {
    const { found, urls } = await list(page(blob('a', '', 10), 'next&amp;1'), page(blob('b')));
    assert.deepEqual(found, [
      { name: 'a', size: 10 },
      { name: 'b', size: 3 },
    ]);
    assert.deepEqual(urls, [
      'https://a/c?sig=1&restype=container&comp=list&prefix=a%20b%2F&marker=',
      'https://a/c?sig=1&restype=container&comp=list&prefix=a%20b%2F&marker=next%261',
    ]);
  });

  it('are only those of files, by their names as they are', async () => {
    const { found } = await list(
      page(
        blob('dir', '<ResourceType>directory</ResourceType>') +
          blob('old', '<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>') +
          blob('a &amp; &lt;b&gt; &quot;c&quot; &apos;d&apos; &#252;&#xFC; &other;') +
          '<Blob><Name>bare</Name></Blob>',
      ),
    );
    assert.deepEqual(found, [
      { name: 'a & <b> "c" \'d\' üü &other;', size: 3 },
      { name: 'bare', size: 0 },
    ]);
  });

  it('are none where the answer is not a list', async () => {
    assert.deepEqual((await list('<html/>')).found, []);
  });
});
