import assert from 'node:assert/strict';
import { Secrets } from '../../../tasks/common/secrets';
import { exchange, shownUrl } from '../../../tasks/TestEndpoint/requests/exchange';
import { secretsOf } from '../../../tasks/TestEndpoint/report/hiddenSecrets';

const url = (text: string) => new URL(text);

describe('what a failed request shows', () => {
  it('hides a secret wherever it stands, also the start of one that a cut left over', () => {
    const { hide } = { hide: (text: string) => new Secrets(['the-key/"1']).hide(text) };
    assert.equal(hide('key the-key/"1 and the-key%2F%221'), 'key *** and ***');
    assert.equal(hide(JSON.stringify({ said: 'the-key/"1' })), '{"said":"***"}');
    assert.equal(hide('was the-key… (2000 bytes)'), 'was ***… (2000 bytes)');
    assert.equal(hide('the-key alone is none'), 'the-key alone is none');
  });

  it('knows as secret the key, telling parameters and telling headers', () => {
    const { values } = secretsOf({ scoringUri: url('http://a/score?code=func-code&x=plain'), apiKey: 'api-key-1' }, [
      {
        headers: { 'x-functions-key': 'func-key', authorization: 'Bearer bearer-1', accept: 'text/plain' },
        path: '/b?sig=signature',
      },
      { headers: { cookie: 'abc' } },
    ]);
    assert.deepEqual(values, ['api-key-1', 'func-code', 'signature', 'func-key', 'Bearer bearer-1', 'bearer-1']);
  });

  it('masks headers and parameters by their names', () => {
    const headers = {
      authorization: 'Bearer s1',
      'x-functions-key': 's2',
      cookie: 's3',
      'Ocp-Apim-Subscription-Key': 's4',
      accept: '*/*',
    };
    const request = { url: url('http://a/score?code=s5&n=1'), method: 'POST', headers, body: Buffer.from('{"a":1}') };
    const reply = {
      status: 500,
      headers: { 'set-cookie': 's6', 'x-token': 's7', server: 'x' },
      body: Buffer.from('no'),
      milliseconds: 1.26,
    };
    assert.equal(
      exchange(request, reply),
      [
        'POST http://a/score?code=***&n=1',
        'authorization: ***',
        'x-functions-key: ***',
        'cookie: ***',
        'Ocp-Apim-Subscription-Key: ***',
        'accept: */*',
        '',
        '{"a":1}',
        '',
        '→ 500 after 1.3 ms',
        'set-cookie: ***',
        'x-token: ***',
        'server: x',
        '',
        'no',
      ].join('\n'),
    );
    assert.equal(shownUrl(url('http://a/score?version=3')), 'http://a/score?version=3');
  });

  it('cuts bodies, within no character, and shows no bytes that are no text', () => {
    const shown = (body: Buffer) =>
      exchange({ url: url('http://a/'), method: 'POST', headers: {}, body }, undefined)
        .split('\n')
        .at(-1);
    assert.equal(shown(Buffer.from('ä'.repeat(500))), 'ä'.repeat(500));
    assert.equal(shown(Buffer.from(`x${'ä'.repeat(600)}`)), `x${'ä'.repeat(499)}… (1201 bytes)`);
    assert.equal(shown(Buffer.from([0x89, 0x50, 0xff, 0x00])), '(4 bytes, not text)');
    assert.equal(shown(Buffer.alloc(0)), '');
  });
});
