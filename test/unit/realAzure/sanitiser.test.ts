import assert from 'node:assert/strict';
import { Sanitiser, type Exchange } from '../../realAzure/sanitiser';

const token = (claims: object): string =>
  ['eyJhbGciOiJub25lIn0', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'c2lnbmF0dXJl'].join('.');
const claims = {
  upn: 'jo.planted@planted.example',
  name: 'Jo Planted',
  family_name: 'Planted-Family',
  ipaddr: '203.0.113.77',
};
const subscription = '0f0f0f0f-1111-4222-8333-444444444444';
const storageKey = `${'A'.repeat(43)}planted${'b'.repeat(36)}==`;

/** Made by `planted`, each of them stands in one place and must not survive. */
const planted = 'planted';
const exchange = (part: Partial<Exchange>): Exchange => ({
  ...{ method: 'GET', url: 'https://management.example/x', status: 200, headers: {}, body: '' },
  ...part,
});
const body = (value: unknown): Exchange => exchange({ body: JSON.stringify(value) });

/** Where a secret or a name stood, by what it is. */
const places: Record<string, Exchange> = {
  'a header': exchange({ headers: { 'x-ms-planted': planted, 'set-cookie': planted } }),
  'a signature in a header': exchange({
    headers: { location: `https://x/y?t=1&c=${planted}&s=${planted}&h=${planted}` },
  }),
  'a SAS in the URL': exchange({ url: `https://x.blob.example/c?sv=1&sig=${planted}&se=2` }),
  'a code in the URL': exchange({ url: `https://x/?code=${planted}` }),
  'the request': exchange({ requestBody: JSON.stringify({ properties: { clientSecret: planted } }) }),
  'a form in the request': exchange({ requestBody: `client_secret=${planted}&access_token=${planted}` }),
  'a password': body({ imageRegistryCredentials: [{ server: 's', username: 'u', password: planted }] }),
  'the passwords of an admin user': body({ username: 'acr', passwords: [{ name: 'password', value: planted }] }),
  'a key': body({ secretsType: 'AccountKey', key: planted }),
  'a primary key': body({ primaryKey: planted, keys: [{ keyName: 'key1', value: planted }] }),
  'a secure value': body({ environmentVariables: [{ name: 'A', secureValue: planted }] }),
  'a secret argument': body({ arguments: [{ name: 'A', value: planted, isSecret: true }] }),
  'an opaque value': body({ customRegistries: { a: { password: { type: 'Opaque', value: planted } } } }),
  'a connection string': body({ properties: { ConnectionString: `AccountKey=${planted}` } }),
  'a connection string in a text': body({ message: `DefaultEndpointsProtocol=https;AccountKey=${planted};x` }),
  'an instrumentation key in a text': body({ message: `InstrumentationKey=${planted}` }),
  'an access token': body({ access_token: planted, refresh_token: planted, accessToken: planted }),
  'a SAS in a list of logs': body({ logFiles: { 'user_logs/std_log.txt': `https://x/y?sv=1&sig=${planted}` } }),
  'a SAS in JSON in a text': body({ text: JSON.stringify({ url: `https://x/y?sv=1&sig=${planted}` }) }),
  'a SAS in JSON in JSON': exchange({
    body: String.raw`{"text":"{\"url\":\"https://x/y?sv=1\u0026sig=${planted}\"}"}`,
  }),
  'a SAS whose sign is an entity': body({ text: `https://x/y?sv=1&amp;sig=${planted}&amp;se=2` }),
  'a SAS within an address': body({ text: `https://x/?next=https%3A%2F%2Fy%3Fsv%3D1%26sig%3D${planted}` }),
  'a log': exchange({
    body: `starting with sig\nhttps://x/y?sig=${planted}\npassword: ${planted}\nBearer ${planted}.${planted}`,
  }),
  'credentials in an address': body({ message: `cloning https://${planted}:${planted}@host/repository` }),
  'a storage key in a text': exchange({ body: `the key is ${storageKey}.` }),
  'a token in an error': body({ error: { message: `The token ${token({ oid: planted })} has expired.` } }),
  'a task file': body({ encodedTaskContent: Buffer.from(`cmd: x --password=${planted}`).toString('base64') }),
  'the maker of a resource': body({ systemData: { createdBy: 'planted', lastModifiedBy: 'planted' } }),
  'a user of a run': body({ createdBy: { userName: planted, userPuId: planted } }),
  'the name of the subscription': body({ value: [{ subscriptionId: subscription, displayName: planted }] }),
  'the address of a repository': body({
    properties: { 'mlflow.source.git.repoURL': `https://host/${planted}/_git/x` },
  }),
  'an e-mail address in a text': body({ message: 'asked by jo@planted.example.' }),
  'a name from the token': body({ message: 'Jo Planted may not do that' }),
  'a family name from the token': body({ message: 'The user Planted-Family' }),
  'a name from the token in a name of a field': body({ 'Jo Planted': 1 }),
  'a name that was made known, in a URL': exchange({ url: 'https://x/?name=Jo%20Planted' }),
};

describe('the sanitiser of recordings', () => {
  const clean = (raw: Exchange): string => {
    const sanitiser = new Sanitiser();
    sanitiser.knowToken(token(claims));
    return JSON.stringify(sanitiser.exchange(raw));
  };
  for (const [place, raw] of Object.entries(places)) {
    it(`leaves nothing of ${place}`, () => {
      const text = clean(raw);
      const decoded =
        text +
        [...text.matchAll(/"([\w+/]{20,}=*)"/g)].map(([, each]) => Buffer.from(each!, 'base64').toString()).join('');
      assert.doesNotMatch(decoded, /planted/i);
    });
  }

  it('takes ids and addresses out, the same wherever they stand', () => {
    const other = '0a0a0a0a-1111-4222-8333-555555555555';
    const raw = exchange({
      url: `https://x/subscriptions/${subscription.toUpperCase()}/y?api-version=2024-04-01`,
      body: JSON.stringify({
        id: `/subscriptions/${subscription}/z`,
        tenantId: other,
        ip: '20.30.40.50',
        six: 'at 2603:1020:201:10::10f now',
      }),
    });
    const { url, body } = new Sanitiser().exchange(raw);
    const made = '10000000-0000-4000-8000-00000000000';
    assert.equal(url, `https://x/subscriptions/${made}1/y?api-version=2024-04-01`);
    assert.deepEqual(body, {
      id: `/subscriptions/${made}1/z`,
      tenantId: `${made}2`,
      ip: '192.0.2.1',
      six: 'at 2001:db8::1 now',
    });
  });

  it('keeps what a comparison rests on', () => {
    const kept = {
      name: 'x',
      properties: {
        provisioningState: 'Succeeded',
        roleAssignmentMode: 'AbacRepositoryPermissions',
        credentials: { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey' } },
        adminUserEnabled: false,
        image: 'x.azurecr.io/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
        startTime: '2026-11-28T04:00:00.123Z',
        runtime: { version: '1.2.3' },
        metrics: [{ key: 'rmse', value: 1.5 }],
        createdByType: 'Application',
      },
    };
    const headers = { 'Content-Type': 'application/json', 'Retry-After': '5', etag: 'x' };
    const cleaned = new Sanitiser().exchange(exchange({ headers, body: JSON.stringify(kept) }));
    assert.deepEqual(cleaned.body, kept);
    assert.deepEqual(cleaned.headers, { 'content-type': 'application/json', 'retry-after': '5' });
    assert.equal(new Sanitiser().exchange(exchange({})).body, null);
  });
});
