import type { ServiceEndpoint } from '../serviceEndpoint';

/** Forms in which a secret may show up in a log; each is masked too (the agent's value encoders). */
const encoders: ReadonlyArray<(secret: string) => string> = [
  (secret) => secret,
  (secret) => JSON.stringify(secret).slice(1, -1),
  (secret) => encodeURIComponent(secret),
  (secret) => secret.replaceAll('\\\\', '\\').replaceAll("\\'", "'").replaceAll('\\"', '"'),
];

/** Authorization parameters that are not secrets; every other one is masked. Source: the agent's MaskingUtil. */
const publicParameters = new Set(
  [
    'Role',
    'Scope',
    'TenantId',
    'IssuedAt',
    'ExpiresAt',
    'Audience',
    'AuthenticationType',
    'AuthorizationType',
    'AccessTokenType',
    'AccessTokenFetchingMethod',
    'UseWindowsSecurity',
    'Unsecured',
    'OAuthAccessTokenIsSupplied',
    'CompleteCallbackPayload',
    'AcceptUntrustedCertificates',
  ].map((name) => name.toLowerCase()),
);

/** The password in an address, whoever wrote it (the agent's UrlSecretPattern). */
const urlPassword = /(?<=:\/\/[^\s/?#:@"']*:)[^\s/?#@"]+(?=@)/g;

/** Replaces every known secret by `***`, in all that the agent shows or stores. One a job. */
export class SecretMasker {
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;

  /** Masks the value, its encoded forms, and the value without the blanks and quotes around it. */
  add(secret: string): void {
    const forms = [secret, secret.trim(), /^(["'`]).+\1$/s.test(secret) ? secret.slice(1, -1) : secret];
    for (const form of forms) {
      for (const encode of encoders) {
        const value = encode(form);
        if (value.trim() !== '') this.#values.add(value);
      }
    }
    this.#pattern = undefined;
  }

  /** A secret variable is masked in base64 and with escaped line ends as well (Worker.InitializeSecretMasker). */
  addVariable(value: string): void {
    if (value.trim() === '') return;
    const escaped = value.replaceAll('\r', '%0D').replaceAll('\n', '%0A');
    for (const form of [value, escaped, value.replaceAll('%', '%AZP25'), Buffer.from(value).toString('base64')]) {
      this.add(form);
    }
  }

  addEndpoint(endpoint: ServiceEndpoint): void {
    for (const [key, value] of Object.entries(endpoint.auth.parameters)) {
      if (!publicParameters.has(key.toLowerCase())) this.add(value);
    }
  }

  mask(text: string): string {
    const open = text.replace(urlPassword, '***');
    if (this.#values.size === 0) return open;
    // Longest first, so that a secret that contains another one leaves no rest.
    this.#pattern ??= new RegExp(
      [...this.#values]
        .sort((a, b) => b.length - a.length)
        .map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('|'),
      'g',
    );
    return open.replace(this.#pattern, '***');
  }

  /** Masks every text in a value that JSON can hold. */
  maskAll<T>(value: T): T {
    return JSON.parse(this.mask(JSON.stringify(value))) as T;
  }
}
