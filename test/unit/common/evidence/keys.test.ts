import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isVersionOf, parseKeyId } from '../../../../tasks/common/azure/keyVault/keyId';
import { derOf } from '../../../../tasks/common/azure/keyVault/vaultSigner';
import { preAuthenticationEncoding } from '../../../../tasks/common/evidence/envelope';
import { readSigningKey } from '../../../../tasks/common/evidence/signingKey';
import { readTrustedKeys } from '../../../../tasks/common/evidence/trustedKeysInput';
import { readPrivateKey } from '../../../../tasks/common/evidence/pem';
import { isSignatureOf } from '../../../../tasks/common/evidence/publicKey';
import { readTaskInputs } from '../../../support/readTaskInputs';
import { signingKey } from '../../../support/signingKey';

/** A chain of two. */
const certificates =
  '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUbWFkZSB1cA==\nAQAB\n-----END CERTIFICATE-----\n'.repeat(2);

describe('What is signed, and by which keys', () => {
  it('encodes type and text as DSSE does', () => {
    // The example of dsse, protocol.md.
    const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    assert.equal(encoded.toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('writes signatures of a vault as X.509 does, whatever their first bits are', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const data = Buffer.from('text');
    // By far more than it takes to meet numbers that begin with a zero, or with a bit of one.
    for (let count = 0; count < 600; count++) {
      const raw = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      assert.ok(isSignatureOf(publicKey, data, derOf(raw)), raw.toString('hex'));
    }
    assert.deepEqual(derOf(Buffer.from('0000000180000000', 'hex')).toString('hex'), '300a02010102050080000000');
  });

  for (const kind of ['ec', 'rsa', 'ed25519'] as const) {
    it(`reads a private key of the kind ${kind} with its lines, without them, and in base64`, () => {
      const { privateKey, publicKey } = signingKey(kind);
      const forms = [
        privateKey,
        privateKey.replaceAll('\n', ' '),
        privateKey.replaceAll('\n', ''),
        privateKey.replaceAll('\n', '\\n'),
        privateKey.replaceAll('\n', '\r\n'),
        Buffer.from(privateKey).toString('base64'),
      ];
      for (const form of forms) {
        const read = readPrivateKey(form);
        assert.ok('key' in read, form.slice(0, 40));
        assert.equal(createPublicKey(read.key).export({ type: 'spki', format: 'pem' }), publicKey);
      }
    });
  }

  const unfit: Array<[string, () => string, RegExp]> = [
    ['nothing like a key', () => 'secret', /does not contain a private key in PEM/],
    ['what is too long for the name of a file', () => 'A'.repeat(700), /does not contain a private key in PEM/],
    ['a public key', () => signingKey().publicKey, /it contains a public key, which cannot sign/],
    ['a certificate', () => certificates, /a certificate, which has only the public half of a key/],
    ["one in OpenSSH's form", () => '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----', /form of OpenSSH.*openssl genpkey/], // prettier-ignore
    ['one that is cut', () => signingKey().privateKey.replace(/.{20}\n-----END/, '\n-----END'), /cut or damaged/],
    ['one with a password', () => encrypted(), /is encrypted.*openssl pkey/],
    ["one of cosign's own", () => '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nZXk=\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----', /is encrypted/], // prettier-ignore
    ['one of another curve', () => pem(generateKeyPairSync('ec', { namedCurve: 'P-384' })), /Use EC P-256/],
    ['a short one of RSA', () => pem(generateKeyPairSync('rsa', { modulusLength: 1024 })), /at least 2048 bits/],
    ['one that cannot sign', () => pem(generateKeyPairSync('x25519')), /Use EC P-256/],
  ];
  for (const [title, make, expected] of unfit) {
    it(`refuses ${title}, without a word of it`, async () => {
      const text = make();
      const { inputs, problems } = await readTaskInputs('PackageImage', readSigningKey, { signWith: 'privateKey', privateKey: text }); // prettier-ignore
      assert.equal(inputs, undefined);
      assert.match(problems.join(), expected);
      const longest = text
        .trim()
        .split('\n')
        .sort((a, b) => b.length - a.length)[0]!;
      assert.ok(!problems.join().includes(longest));
    });
  }

  it('reads keys from files, and identifiers of keys in vaults', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keys-'));
    try {
      const { privateKey, publicKey } = signingKey();
      const file = (name: string, text: string) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const own = await readTaskInputs('PackageImage', readSigningKey, { signWith: 'privateKey', privateKey: file('key.pem', privateKey) }); // prettier-ignore
      assert.deepEqual([own.inputs?.kind, own.problems], ['privateKey', []]);
      const id = 'https://V.vault.azure.net/keys/Release';
      const trustedKeys = `# ours\n${publicKey}${id}\n\n${file('key.pub', publicKey)}`;
      const trusted = await readTaskInputs('DeployACI', readTrustedKeys, { requireSignature: 'true', trustedKeys });
      assert.deepEqual(trusted.problems, []);
      assert.deepEqual(trusted.inputs!.map(({ kind }) => kind), ['publicKey', 'keyVault', 'publicKey']); // prettier-ignore
      const vault = await readTaskInputs('PackageImage', readSigningKey, {
        signWith: 'keyVault',
        keyVaultKey: `${id}/1a`,
      });
      assert.deepEqual(vault.inputs, { kind: 'keyVault', id: { vault: 'https://v.vault.azure.net', name: 'Release', version: '1a' } }); // prettier-ignore
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const wrong: Array<[string, Record<string, string>, RegExp]> = [
    ['no trusted keys', { requireSignature: 'true' }, /requireSignature needs the keys/],
    ['trusted keys that nothing asks for', { trustedKeys: signingKey().publicKey }, /no signature is checked without/],
    ['a private key', { requireSignature: 'true', trustedKeys: signingKey().privateKey }, /it contains a private key/],
    ['what is too long for a path', { requireSignature: 'true', trustedKeys: 'A'.repeat(700) }, /"A{200}" is not a public key/], // prettier-ignore
    ['a chain of certificates', { requireSignature: 'true', trustedKeys: certificates }, /certificate.*openssl x509 .*-pubkey/], // prettier-ignore
    ['a key of OpenSSH', { requireSignature: 'true', trustedKeys: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me' }, /format of OpenSSH.*ssh-keygen/], // prettier-ignore
    ['a path to nowhere', { requireSignature: 'true', trustedKeys: 'keys/none.pub' }, /"keys\/none\.pub" is not a public key/], // prettier-ignore
    [
      'a file without a key',
      { requireSignature: 'true', trustedKeys: require.resolve('./memoryRegistry') },
      /does not contain a public key/,
    ],
    ['a secret of a vault', { requireSignature: 'true', trustedKeys: 'https://v.vault.azure.net/secrets/x' }, /is not a public key/], // prettier-ignore
  ];
  for (const [title, given, expected] of wrong) {
    it(`refuses ${title}`, async () => {
      const { problems } = await readTaskInputs('DeployACI', readTrustedKeys, given);
      assert.equal(problems.length, 1, problems.join());
      assert.match(problems[0]!, expected);
    });
  }

  for (const [title, other, expected] of [
    ['a certificate', certificates, /a certificate.*openssl x509/],
    ['a key of OpenSSH', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me\n', /format of OpenSSH/],
    ['a private key', signingKey().privateKey, /a private key/],
    ['a key without its end', signingKey().publicKey.replace(/-----END.*/, ''), /or a key that is cut/],
  ] as const) {
    it(`refuses ${title} beside a public key, in the input and in a file`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'keys-'));
      try {
        const text = `${signingKey().publicKey}${other}`;
        writeFileSync(join(folder, 'keys.pub'), text);
        const inFile = await readTaskInputs('DeployACI', readTrustedKeys, { requireSignature: 'true', trustedKeys: join(folder, 'keys.pub') }); // prettier-ignore
        assert.equal(inFile.problems.length, 1, inFile.problems.join());
        assert.match(inFile.problems[0]!, expected);
        const inInput = await readTaskInputs('DeployACI', readTrustedKeys, { requireSignature: 'true', trustedKeys: text }); // prettier-ignore
        assert.notEqual(inInput.problems.length, 0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('asks for the key that the choice needs', async () => {
    for (const [signWith, input] of [
      ['keyVault', 'keyVaultKey'],
      ['privateKey', 'privateKey'],
    ] as const) {
      const { problems } = await readTaskInputs('PackageImage', readSigningKey, { signWith });
      assert.equal(problems.length, 1);
      assert.ok(problems[0]!.startsWith(`${input}: it is required`), problems[0]);
    }
    const { problems } = await readTaskInputs('PackageImage', readSigningKey, {
      signWith: 'keyVault',
      keyVaultKey: 'my-key',
    });
    assert.match(problems.join(), /"my-key" is not the identifier of a key: https:/);
    assert.deepEqual(await readTaskInputs('PackageImage', readSigningKey, {}), {
      inputs: undefined,
      problems: [],
      warnings: [],
    });
  });

  it('tells the versions of a key apart from other keys', () => {
    const id = (text: string) => parseKeyId(`https://${text}`)!;
    const key = id('v.vault.azure.net/keys/k');
    assert.ok(isVersionOf(id('v.vault.azure.net/keys/K/1'), key));
    for (const other of [
      'w.vault.azure.net/keys/k/1',
      'v.vault.azure.net/keys/kk/1',
      'v.vault.azure.net:444/keys/k/1',
    ]) {
      assert.ok(!isVersionOf(id(other), key), other);
    }
    assert.ok(!isVersionOf(id('v.vault.azure.net/keys/k/2'), id('v.vault.azure.net/keys/k/1')));
    for (const text of [
      'http://v.vault.azure.net/keys/k',
      'https://u:p@v.vault.azure.net/keys/k',
      'https://v/keys/k',
      'https://v.vault.azure.net/keys/k/1/2',
      'https://v.vault.azure.net/keys/k?x',
    ]) {
      // prettier-ignore
      assert.equal(parseKeyId(text), undefined, text);
    }
  });
});

const pem = ({ privateKey }: { privateKey: KeyObject }): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

function encrypted(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'word' }) as string;
}
