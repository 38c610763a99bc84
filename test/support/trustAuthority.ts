import { readFileSync } from 'node:fs';
import tls from 'node:tls';

/**
 * Lets this process trust an authority that was made after the process had started, beside those that it trusts already;
 * NODE_EXTRA_CA_CERTS is read only at the start. A connection that names its own authorities keeps to those.
 */
export function trustAuthority(caFile: string): void {
  const authority = readFileSync(caFile, 'utf8');
  const mutable = tls as unknown as { createSecureContext: typeof tls.createSecureContext };
  const createSecureContext = mutable.createSecureContext;
  mutable.createSecureContext = (options) => {
    const created = createSecureContext(options);
    if (!options?.ca) (created.context as { addCACert(certificate: string): void }).addCACert(authority);
    return created;
  };
}
