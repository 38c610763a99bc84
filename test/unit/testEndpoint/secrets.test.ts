import assert from 'node:assert/strict';
import { Secrets } from '../../../tasks/common/secrets';
import { exchange, shownUrl } from '../../../tasks/TestEndpoint/requests/exchange';
import { secretsOf } from '../../../tasks/TestEndpoint/report/hiddenSecrets';
import { Secret } from '../../../tasks/common/secret';

const url = (text: string) => new URL(text);

describe('what a failed request shows', () => {
  it('hides a secret of six characters, and leaves shorter ones, which are in every text', () => {
    assert.equal(new Secrets(['abcdef']).hide('an abcdef'), 'an ***');
    assert.equal(new Secrets(['abcde']).hide('an abcde'), 'an abcde');
  });

  it('hides a secret wherever it stands, also the start of one that a cut left over', () => {
    const { hide } = { hide: (text: string) => new Secrets(['the-key/"1']).hide(text) };
    assert.equal(hide('key the-key/"1 and the-key%2F%221'), 'key *** and ***');
    assert.equal(hide(JSON.stringify({ said: 'the-key/"1' })), '{"said":"***"}');
    assert.equal(hide('was the-key… (2000 bytes)'), 'was ***… (2000 bytes)');
    assert.equal(hide('the-key alone is none'), 'the-key alone is none');
  });

  const secret = 'Pa$$w&rd<"/+ü=k3y\\1';
  const html = (text: string, of: (code: number) => string) =>
    [...text].map((each) => (/[a-z0-9]/i.test(each) ? each : of(each.codePointAt(0)!))).join('');
  const bytes = Buffer.from(secret);
  const base64 = (before: string, after = '') => Buffer.from(`${before}${secret}${after}`).toString('base64');
  const encodings: Array<[string, string]> = [
    ['a URL', encodeURIComponent(secret)],
    ['a URL, in small letters', encodeURIComponent(secret).toLowerCase().replace('pa', 'Pa')],
    ['a URL, all of it', [...bytes].map((each) => `%${each.toString(16).padStart(2, '0')}`).join('')],
    ['a URL, twice', encodeURIComponent(encodeURIComponent(secret))],
    ['JSON', JSON.stringify(secret)],
    ['JSON within JSON', JSON.stringify(JSON.stringify(secret))],
    [
      'JSON as PHP and .NET write it',
      JSON.stringify(secret)
        .replaceAll('/', '\\/')
        .replace(/[<&"+ü]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ['HTML', secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
    ['HTML, by decimal numbers', html(secret, (code) => `&#${code};`)],
    ['HTML, by hexadecimal numbers', html(secret, (code) => `&#x${code.toString(16).toUpperCase()};`)],
    [
      "Python's repr of bytes",
      `b'${[...bytes].map((each) => (each > 126 ? `\\x${each.toString(16)}` : String.fromCharCode(each).replace('\\', '\\\\'))).join('')}'`,
    ],
    ['hexadecimal', bytes.toString('hex')],
    ['hexadecimal, in capitals', bytes.toString('hex').toUpperCase()],
  ];
  for (const [what, text] of encodings) {
    it(`hides a secret that comes back in ${what}`, () => {
      const shown = new Secrets([secret]).hide(`before ${text} after`);
      assert.match(shown, /^before .{0,6}\*\*\*.{0,6} after$/);
    });
  }
  it('hides a secret that comes back in base64, wherever it begins, in either alphabet', () => {
    for (const before of ['', 'u', 'u:', 'use', 'user:'])
      for (const after of ['', '1', '12', ' and a tail'])
        for (const of of [
          (text: string) => text,
          (text: string) => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
          (text: string) => encodeURIComponent(text),
          (text: string) => text.replace(/.{10}/g, '$&\n'),
        ]) {
          const shown = new Secrets([secret]).hide(of(base64(before, after)));
          assert.match(shown, /\*\*\*/);
          const left = Buffer.from(shown.replaceAll('***', ''), 'base64').toString('latin1');
          for (let at = 0; at + 4 <= secret.length; at++) assert.ok(!left.includes(secret.slice(at, at + 4)), shown);
        }
  });
  it('hides each line of a secret of several, but not the frame of a key', () => {
    const key = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBg', 'kqhkiG9w0BAQEF', '-----END PRIVATE KEY-----'].join(
      '\n',
    );
    const shown = new Secrets([key]).hide(
      `a MIIEvQIBADANBg b kqhkiG9w0BAQEF -----BEGIN PRIVATE KEY----- ${JSON.stringify(key)}`,
    );
    assert.ok(!/MIIEv|kqhki/.test(shown), shown);
    assert.ok(shown.includes('-----BEGIN PRIVATE KEY-----'));
  });
  it('takes a long secret, and a long text, in no time', () => {
    const long = 'aB3+/'.repeat(1000);
    const text = `${'x'.repeat(200_000)}${long}${'aB3+'.repeat(20_000)}…`;
    assert.ok(!new Secrets([long]).hide(text).includes(long));
  });

  it('hides a secret that is as long as a file, in each encoding, wherever it stands', () => {
    const long = Array.from({ length: 1500 }, (_, index) => `${index}/+"a`).join('');
    const { length } = long;
    const secrets = new Secrets([long]);
    for (const spelled of [long, encodeURIComponent(long), JSON.stringify(long), Buffer.from(long).toString('hex')]) {
      const shown = secrets.hide(`first ${spelled} and ${spelled}, then ${long.slice(0, length - 1)}`);
      assert.match(shown, /^first "?\*\*\*"? and "?\*\*\*"?, then 0/);
    }
  });

  it('knows as secret the key, telling parameters and telling headers', () => {
    const { values } = secretsOf(
      { scoringUri: url('http://a/score?code=func-code&x=plain'), apiKey: new Secret('api-key-1') },
      [
        {
          headers: { 'x-functions-key': 'func-key', authorization: 'Bearer bearer-1', accept: 'text/plain' },
          path: '/b?sig=signature',
        },
        { headers: { cookie: 'abc' } },
      ],
    );
    const texts = values.map((each) => each.reveal());
    assert.deepEqual(texts, ['api-key-1', 'func-code', 'signature', 'func-key', 'Bearer bearer-1', 'bearer-1']);
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

  it('cuts bodies, within no character, and shows no bytes that are not text', () => {
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
