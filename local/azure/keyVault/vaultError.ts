/** An error in the form of Key Vault's data plane. */
export class VaultError extends Error {
  readonly headers: Record<string, string>;

  /** @param inner Azure's code of the reason, where the outer one does not tell it */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    private readonly inner?: string,
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.headers = headers;
  }

  body() {
    const { code, message, inner } = this;
    return { error: { code, message, ...(inner && { innererror: { code: inner } }) } };
  }
}

export const badParameter = (message: string): VaultError => new VaultError(400, 'BadParameter', message);
export const forbidden = (message: string, inner: string): VaultError =>
  new VaultError(403, 'Forbidden', message, inner);
