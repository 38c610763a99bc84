import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const serverAddresses = ['127.0.0.1', '::1'];
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;

/** A self-signed certificate with its RSA key, PEM, as a service principal of the scheme "certificate" holds it. */
export async function createPrincipalCertificate(): Promise<{ certificate: string; key: string }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Local Azure service principal',
      notBefore: new Date(Date.now() - day),
      notAfter: new Date(Date.now() + 3650 * day),
      signingAlgorithm: algorithm,
      keys,
    },
    webcrypto,
  );
  return { certificate: certificate.toString('pem'), key: await pem(keys.privateKey) };
}

/**
 * An authority of its own and a certificate of the server by it, as PEM files.
 * @param file gives the path of `server.key`, `server.pem` and `ca.pem`
 * @param serverNames DNS names, wildcards of one label among them
 */
export async function createServerCertificate(file: (name: string) => string, serverNames: string[]): Promise<void> {
  const crypto = webcrypto;
  const caKeys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const validity = (days: number) => ({
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + days * day),
  });
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Local Azure certificate authority',
      ...validity(3650),
      signingAlgorithm: keyAlgorithm,
      keys: caKeys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const serverKeys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const server = await x509.X509CertificateGenerator.create(
    {
      subject: 'CN=localhost',
      issuer: ca.subject,
      ...validity(398),
      signingAlgorithm: keyAlgorithm,
      publicKey: serverKeys.publicKey,
      signingKey: caKeys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...serverNames.map((value) => ({ type: 'dns' as const, value })),
          ...serverAddresses.map((value) => ({ type: 'ip' as const, value })),
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  // The authority's private key is not kept: nothing else shall ever be signed in its name.
  writeFileSync(file('server.key'), await pem(serverKeys.privateKey), { mode: 0o600 });
  writeFileSync(file('server.pem'), server.toString('pem'));
  writeFileSync(file('ca.pem'), ca.toString('pem'));
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY') + '\n';
}
