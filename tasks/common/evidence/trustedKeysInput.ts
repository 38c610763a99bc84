import * as fs from 'node:fs';
import * as path from 'node:path';
import { keyIdForm, parseKeyId } from '../azure/keyVault/keyId';
import type { InputReader } from '../task/inputReader';
import { otherThanPublicKey, readPublicKeys } from './pem';
import type { TrustedKey } from './trustedKeys';

const noPublicKey = 'it does not contain a public key in PEM ("-----BEGIN PUBLIC KEY-----").';

const privateKeyIn = (text: string): string | undefined =>
  /PRIVATE KEY-----/.test(text)
    ? 'it contains a private key. Give its public half ("openssl pkey -in key.pem -pubout"), and make another key if anyone has seen this one.'
    : undefined;

/** Reads requireSignature and trustedKeys; undefined where no signature is asked for. */
export function readTrustedKeys(reader: InputReader): readonly TrustedKey[] | undefined {
  const isRequired = reader.flag('requireSignature');
  const text = reader.text('trustedKeys');
  if (!isRequired) {
    if (text !== undefined) {
      reader.problem('trustedKeys', 'no signature is checked without requireSignature. Set that to true, or leave this empty.'); // prettier-ignore
    }
    return undefined;
  }
  if (text === undefined) {
    reader.problem('trustedKeys', 'requireSignature needs the keys whose signatures count: public keys in PEM or identifiers of keys in a vault.'); // prettier-ignore
    return [];
  }
  const privateKey = privateKeyIn(text);
  if (privateKey) {
    reader.secretText('trustedKeys');
    reader.problem('trustedKeys', privateKey);
    return [];
  }
  const others = otherThanPublicKey(text);
  if (others) {
    reader.problem('trustedKeys', others);
    return [];
  }
  return trustedKeysIn(text, reader);
}

function trustedKeysIn(text: string, reader: InputReader): TrustedKey[] {
  const { keys, rest } = readPublicKeys(text);
  const trusted: TrustedKey[] = [];
  for (const each of keys) {
    if ('key' in each) trusted.push({ kind: 'publicKey', key: each.key });
    else reader.problem('trustedKeys', each.problem);
  }
  for (const line of rest.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const id = parseKeyId(line);
    if (id) trusted.push({ kind: 'keyVault', id });
    else trusted.push(...trustedKeysOfFile(line, reader));
  }
  return trusted;
}

function trustedKeysOfFile(name: string, reader: InputReader): TrustedKey[] {
  const file = path.resolve(reader.workDirectory, name);
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) {
    reader.problem('trustedKeys', `"${name.slice(0, 200)}" is not a public key in PEM, the path of a file with one, or the identifier of a key (${keyIdForm}).`); // prettier-ignore
    return [];
  }
  const text = reader.textOf(file, 'trustedKeys', 64 * 1024) ?? '';
  const { keys, rest } = readPublicKeys(text);
  const unread = /-----BEGIN/.test(rest) ? 'it contains something else in PEM beside its public keys, or a key that is cut.' : undefined; // prettier-ignore
  const missing = keys.length === 0 ? noPublicKey : unread;
  const problem = privateKeyIn(text) ?? otherThanPublicKey(text) ?? missing;
  if (problem) {
    // Whoever wrote it beside a key would believe that it counts too.
    reader.problem('trustedKeys', `${file}: ${problem}`);
    return [];
  }
  return keys.flatMap((each): TrustedKey[] => {
    if ('key' in each) return [{ kind: 'publicKey', key: each.key }];
    reader.problem('trustedKeys', `${file}: ${each.problem}`);
    return [];
  });
}
