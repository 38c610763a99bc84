import assert from 'node:assert/strict';
import * as http from 'node:http';
import tls from 'node:tls';
import * as rest from '@azure/core-rest-pipeline';
import sinon from 'sinon';
import { UnreadableAnswer } from '../../../../tasks/common/azure/http/policies/readableAnswer';
import { brokenConnection } from '../../../../tasks/common/azure/http/policies/brokenConnection';
import { certificates } from '../../../../tasks/common/azure/http/policies/certificates';
import { hiddenSecrets } from '../../../../tasks/common/azure/http/policies/hiddenSecrets';
import { newToken } from '../../../../tasks/common/azure/http/policies/newToken';
import { proxy } from '../../../../tasks/common/azure/http/policies/proxy';
import { readableAnswer } from '../../../../tasks/common/azure/http/policies/readableAnswer';
import { setTraits } from '../../../../tasks/common/azure/http/requestTraits';
import type { Shape } from '../../../../tasks/common/azure/http/shape';
import { tryPolicy } from './policy';
import { Secret } from '../../../../tasks/common/secret';

describe('a broken connection', () => {
  for (const code of ['PARSE_ERROR', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'HPE_INVALID_CONSTANT', 'ECONNRESET']) {
    it(`goes by one name where it is called ${code}`, async () => {
      assert.equal((await tryPolicy(brokenConnection, [code])).error?.code, 'ECONNRESET');
    });
  }
  it('is nothing else', async () => {
    assert.equal((await tryPolicy(brokenConnection, ['ENOTFOUND'])).error?.code, 'ENOTFOUND');
  });
});

describe('a readable answer', () => {
  const json = { 'content-type': 'application/json; charset=utf-8' };
  const html = { 'content-type': 'text/html' };
  const read = async (body: string, headers: Record<string, string> = json, shape?: Shape, status = 200) => {
    const options = { headers: rest.createHttpHeaders({ accept: 'application/json' }) };
    const prepare = (request: rest.PipelineRequest) => void setTraits(request, { shape });
    return tryPolicy(readableAnswer(), [{ status, headers, body }], options, prepare);
  };

  for (const body of ['{"value": [', 'no JSON', '{"a":1}}', '['.repeat(20_000)]) {
    it(`is not JSON that begins "${body.slice(0, 12)}"`, async () => {
      const { error } = await read(body);
      assert.match(
        String(error?.message),
        /^the answer was JSON that breaks off or is not well-formed \(\d+ characters\)$/,
      );
      assert.ok(error instanceof UnreadableAnswer);
    });
  }
  it('is no page of a proxy, whose title is told', async () => {
    const { error } = await read('<html><title> Sign in </title></html>', html);
    assert.match(
      String(error?.message),
      /a page of HTML with the title "Sign in" \(37 characters\), where JSON should be/,
    );
  });
  for (const [body, shape, problem] of [
    ['{}', { value: 'list' }, /the field "value" is missing/],
    ['{"value":{}}', { value: 'list' }, /the field "value" is an object where a list should be/],
    ['{"value":null}', { value: 'list' }, /the field "value" is null where a list should be/],
    ['[]', 'object', /the body is a list where an object should be/],
    ['null', { a: 'string' }, /the body is null where an object should be/],
    ['"text"', 'object', /the body is a string where an object should be/],
    ['{"properties":{}}', { properties: { status: 'string' } }, /the field "properties.status" is missing/],
    ['', 'object', /empty, where JSON should be/],
  ] as Array<[string, Shape, RegExp]>) {
    it(`is not ${body || 'nothing'} where ${JSON.stringify(shape)} is wanted`, async () => {
      assert.match(String((await read(body, json, shape)).error?.message), problem);
    });
  }
  it('is what was wanted, and more', async () => {
    assert.equal((await read('{"value":[],"nextLink":null}', json, { value: 'list' })).answer?.status, 200);
  });
  it('of a token is JSON, whether it was asked for or not', async () => {
    for (const [headers, body] of [
      [html, '<html>'],
      [json, ''],
      [json, '[]'],
      [{}, 'text'],
    ] as const) {
      // prettier-ignore
      assert.ok((await tryPolicy(readableAnswer('object'), [{ status: 200, headers, body }])).error instanceof UnreadableAnswer);
    }
  });
  it('may be empty, or anything in a refusal', async () => {
    assert.equal((await read('')).answer?.status, 200);
    assert.equal((await read('<html>', html, 'object', 502)).answer?.status, 502);
    assert.equal((await read('{', json, 'object', 404)).answer?.status, 404);
  });
});

describe('a new token', () => {
  const send = (policy: rest.PipelinePolicy, steps: Parameters<typeof tryPolicy>[1], token = 'old') =>
    tryPolicy(policy, steps, { headers: rest.createHttpHeaders({ authorization: `Bearer ${token}` }) });
  const used = ({ sent }: Awaited<ReturnType<typeof send>>) => sent.map(({ headers }) => headers.get('authorization'));

  it('is tried once where one is refused', async () => {
    const result = await send(
      newToken(() => Promise.resolve('new')),
      [401, 200],
    );
    assert.deepEqual([result.answer?.status, used(result)], [200, ['Bearer old', 'Bearer new']]);
    assert.deepEqual(
      (
        await send(
          newToken(() => Promise.resolve('new')),
          [401],
        )
      ).sent.length,
      2,
    );
  });
  it('stands in for the refused one from then on', async () => {
    const policy = newToken(() => Promise.resolve('new'));
    await send(policy, [401, 200]);
    assert.deepEqual(used(await send(policy, [200])), ['Bearer new']);
  });
  it('is not asked for where claims are demanded, no token was sent, or it is the same one', async () => {
    const policy = newToken(() => Promise.resolve('old'));
    const claims = {
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="insufficient_claims", claims="eyJ9"' },
    };
    assert.equal(
      (
        await send(
          newToken(() => Promise.resolve('new')),
          [claims],
        )
      ).sent.length,
      1,
    );
    assert.equal((await tryPolicy(policy, [401])).sent.length, 1);
    assert.equal((await send(policy, [401])).sent.length, 1);
  });
});

describe('hidden secrets', () => {
  const options = {
    url: 'https://storage.test/c/b?sv=1&sig=c2lnbmF0dXJl%2Bx%3D',
    headers: rest.createHttpHeaders({ authorization: 'Bearer token-of-someone' }),
  };
  it('hides what a refusal repeats of token and signature', async () => {
    const body = 'token-of-someone c2lnbmF0dXJl+x= c2lnbmF0dXJl%2Bx%3D';
    assert.equal((await tryPolicy(hiddenSecrets, [{ status: 403, body }], options)).answer?.bodyAsText, '*** *** ***');
  });
  it('hides it in errors, and leaves answers alone', async () => {
    assert.equal(
      (await tryPolicy(hiddenSecrets, [new Error('no token-of-someone')], options)).error?.message,
      'no ***',
    );
    const body = 'token-of-someone';
    assert.equal((await tryPolicy(hiddenSecrets, [{ status: 200, body }], options)).answer?.bodyAsText, body);
  });
});

describe("the agent's proxy", () => {
  const network = { proxy: { url: 'http://proxy.test:8080', bypass: [/\.blob\.core\.windows\.net$/i, /internal/i] } };
  const goes = async (url: string) =>
    (await tryPolicy(proxy(network, rest), [200], { url })).sent[0]?.agent === undefined ? 'direct' : 'proxy';

  // As the agent itself decides: AgentWebProxy.cs.
  for (const [url, way] of [
    ['https://account.blob.core.windows.net/container/blob?sig=1', 'direct'],
    ['https://management.azure.com/resourceGroups/internal-rg', 'proxy'],
    ['https://internal.test/x', 'direct'],
    ['https://localhost:5001/score', 'direct'],
    ['https://127.0.0.1/score', 'direct'],
    ['https://[::1]:1/score', 'direct'],
    ['https://localhost.test/', 'proxy'],
  ] as const) {
    it(`is ${way === 'proxy' ? 'used' : 'gone around'} for ${url}`, async () => assert.equal(await goes(url), way));
  }
  it('is chosen by the URL of each request of one client', async () => {
    const policy = proxy(network, rest);
    const agents = [];
    for (const url of ['https://a.test/', 'https://internal.test/', 'https://b.test/']) {
      agents.push((await tryPolicy(policy, [200], { url })).sent[0]?.agent !== undefined);
    }
    assert.deepEqual(agents, [true, false, true]);
  });
  it('goes before what the environment has set', async () => {
    const agent = new http.Agent();
    const prepare = (request: rest.PipelineRequest) => void (request.agent = agent);
    const url = 'https://internal.test/';
    assert.equal((await tryPolicy(proxy(network, rest), [200], { url }, prepare)).sent[0]?.agent, undefined);
    assert.equal((await tryPolicy(proxy({}, rest), [200], { url }, prepare)).sent[0]?.agent, agent);
  });
});

describe('the certificates of the agent', () => {
  const own = {
    certificateAuthorities: 'authority',
    clientCertificate: { cert: 'c', key: new Secret('k'), passphrase: new Secret('p') },
  };
  const context = { context: undefined };
  let create: sinon.SinonStub<[options?: tls.SecureContextOptions], tls.SecureContext>;
  beforeEach(() => (create = sinon.stub(tls, 'createSecureContext').returns(context)));
  afterEach(() => sinon.restore());

  it('come beside those of Node, to a proxy as well', async () => {
    const agent = new http.Agent();
    const network = { ...own };
    const direct = (await tryPolicy(certificates(network), [200])).sent[0];
    const prepare = (request: rest.PipelineRequest) => void (request.agent = agent);
    const byProxy = (await tryPolicy(certificates(network), [200], undefined, prepare)).sent[0];
    assert.deepEqual(direct?.tlsSettings, { secureContext: context });
    assert.equal(direct?.requestOverrides, undefined);
    assert.deepEqual(byProxy?.requestOverrides, { secureContext: context });
    const { ca, cert, key, passphrase } = create.firstCall.args[0]!;
    assert.deepEqual(ca, [...tls.rootCertificates, 'authority']);
    assert.ok(tls.rootCertificates.length > 2);
    assert.deepEqual([cert, key, passphrase], ['c', 'k', 'p']);
  });

  it('are read once for all clients of a network, for connections are kept by them', async () => {
    const network = { ...own };
    const [first, second, other] = [network, network, { ...own }].map((each) => certificates(each));
    const settings = async (policy = first!) => (await tryPolicy(policy, [200])).sent[0]?.tlsSettings;
    const read = await settings();
    assert.equal(await settings(second), read);
    sinon.assert.calledOnce(create);
    assert.notEqual(await settings(other), read);
    sinon.assert.calledTwice(create);
  });

  it('are none where the agent has none', async () => {
    assert.equal((await tryPolicy(certificates({}), [200])).sent[0]?.tlsSettings, undefined);
    sinon.assert.notCalled(create);
  });
});
