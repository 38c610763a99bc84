import assert from 'node:assert/strict';
import { SecretMasker } from '../../../local/agent/secretMasker';

describe('secret masker', () => {
  it('masks a secret wherever it stands, and as JSON and URLs write it', () => {
    const masker = new SecretMasker();
    masker.add('pa"ss word/1');
    assert.equal(masker.mask('x=pa"ss word/1!'), 'x=***!');
    assert.equal(masker.mask(JSON.stringify({ key: 'pa"ss word/1' })), '{"key":"***"}');
    assert.equal(masker.mask(`?key=${encodeURIComponent('pa"ss word/1')}&`), '?key=***&');
  });

  it('leaves no rest of a secret that contains another', () => {
    const masker = new SecretMasker();
    masker.add('abc');
    masker.add('abcdef');
    assert.equal(masker.mask('abcdef abc'), '*** ***');
  });

  it('masks a secret variable in base64 and without the quotes around it', () => {
    const masker = new SecretMasker();
    masker.addVariable("'quoted-secret'");
    assert.equal(masker.mask('quoted-secret'), '***');
    assert.equal(masker.mask(Buffer.from("'quoted-secret'").toString('base64')), '***');
  });

  it('masks what a service connection signs in with, and not its tenant', () => {
    const masker = new SecretMasker();
    masker.addEndpoint({
      id: '1',
      name: 'connection',
      type: 'azurerm',
      url: 'https://localhost/',
      auth: { scheme: 'ServicePrincipal', parameters: { tenantid: 'the-tenant', serviceprincipalkey: 'the-key' } },
      data: {},
    });
    assert.equal(masker.mask('the-tenant the-key'), 'the-tenant ***');
  });

  it('ignores an empty secret', () => {
    const masker = new SecretMasker();
    masker.add('');
    masker.add('  ');
    assert.equal(masker.mask('a  b'), 'a  b');
  });

  const addresses: Record<string, string> = {
    'https://user:pass@example.com': 'https://user:***@example.com',
    "https://user:pass4';.!&*()=,$-+~@example.com": 'https://user:***@example.com',
    'https://username%10%A3%F6:pass@example.com/x': 'https://username%10%A3%F6:***@example.com/x',
    'https://name@example.com': 'https://name@example.com',
    'https://url.com:443/~user/foo=bar?what=this~~many@&param=value':
      'https://url.com:443/~user/foo=bar?what=this~~many@&param=value',
  };
  for (const [address, masked] of Object.entries(addresses)) {
    it(`masks the password in an address that nobody registered: ${address}`, () => {
      assert.equal(new SecretMasker().mask(address), masked);
    });
  }
});
