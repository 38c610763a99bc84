import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { algorithmOf, keyKinds } from './publicKey';

/** A key, or what is wrong with the text: a sentence without a word of it, which follows "Input privateKey: ". */
export type ReadKey = { readonly key: KeyObject } | { readonly problem: string };

/**
 * Reads a private key in PEM, also one whose line ends were lost, as the page for secret variables loses them, or that is in
 * base64 as a whole.
 */
export function readPrivateKey(text: string): ReadKey {
  const pem = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('latin1');
  const block = /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----([^]*?)-----END \1-----/.exec(pem);
  if (!block) return { problem: otherThanPrivateKey(pem) };
  const [, label = '', content = ''] = block;
  if (/ENCRYPTED/.test(label + content)) {
    return {
      problem:
        'the key is encrypted, by a password that the task does not have. Decrypt it ("openssl pkey -in key.pem -out plain.pem"; one of cosign\'s is not in PEM\'s own form: make another), and keep it as a secret.',
    };
  }
  if (/OPENSSH/.test(label)) {
    return { problem: 'the key is in the form of OpenSSH. Make one in PEM: "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem".' }; // prettier-ignore
  }
  return readKey(() => createPrivateKey(pemOf(label, content)), 'private');
}

/** What stands in the place of a public key, where it is something known: a sentence that says how to get the key. */
export function otherThanPublicKey(text: string): string | undefined {
  if (certificate.test(text)) {
    return 'it contains a certificate, but only the key is checked, not who issued the certificate or when it expires. Give the key in the certificate: "openssl x509 -in certificate.pem -pubkey -noout".';
  }
  if (/^(ssh-|ecdsa-sha2-|sk-)[\w@.-]+ AAAA/m.test(text)) {
    return 'it contains a key in the format of OpenSSH. Give it in PEM: "ssh-keygen -e -m PKCS8 -f key.pub".';
  }
  return undefined;
}

const certificate = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/;

function otherThanPrivateKey(pem: string): string {
  if (certificate.test(pem)) return 'it contains a certificate, which has only the public half of a key. Give the private key in PEM.'; // prettier-ignore
  if (/-----BEGIN ([A-Z]+ )*PUBLIC KEY-----/.test(pem)) return 'it contains a public key, which cannot sign. Give the private key in PEM.'; // prettier-ignore
  return 'it does not contain a private key in PEM ("-----BEGIN PRIVATE KEY-----").';
}

/** The public keys in a text, one after another. */
export function readPublicKeys(text: string): { readonly keys: readonly ReadKey[]; readonly rest: string } {
  const keys: ReadKey[] = [];
  const rest = text.replace(
    /-----BEGIN ((?:[A-Z]+ )*PUBLIC KEY)-----([^]*?)-----END \1-----/g,
    (_all, label: string, content: string) => {
      keys.push(readKey(() => createPublicKey(pemOf(label, content)), 'public'));
      return '\n';
    },
  );
  return { keys, rest };
}

function readKey(read: () => KeyObject, kind: 'private' | 'public'): ReadKey {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // What OpenSSL says helps nobody, and may hold a part of the text.
    return { problem: `the ${kind} key cannot be read: it is cut or damaged.` };
  }
  if (algorithmOf(key)) return { key };
  return { problem: `the ${kind} key is of a kind that cosign does not take without more ado. Use ${keyKinds}.` };
}

function pemOf(label: string, content: string): string {
  const lines = content.replace(/\\[rn]|\s/g, '').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
