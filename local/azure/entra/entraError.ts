import { randomUUID } from 'node:crypto';

/** An error of the token endpoint, in Entra's shape. The first line of the message names the code. */
export class EntraError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly code: number,
    message: string,
  ) {
    super(`AADSTS${code}: ${message}`);
  }

  body() {
    const ids = { trace_id: randomUUID(), correlation_id: randomUUID() };
    return {
      error: this.error,
      error_description: `${this.message} Trace ID: ${ids.trace_id} Correlation ID: ${ids.correlation_id}`,
      error_codes: [this.code],
      timestamp: new Date().toISOString(),
      ...ids,
    };
  }
}
