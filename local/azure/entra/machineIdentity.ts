import { localCloud, type LocalAzureContext } from '../context';
import { tokenLifetime } from './directory';
import type { TokenIssuer } from './tokenIssuer';

/** What the metadata service refuses, in its words. */
export class RefusedToken extends Error {}

interface TokenQuestion {
  readonly resource?: string;
  readonly clientId?: string;
  /** The header of that name, which no page in a browser can send. */
  readonly metadata?: unknown;
}

/** The identity of the virtual machine that this machine stands for. */
export class MachineIdentity {
  constructor(
    private readonly context: LocalAzureContext,
    private readonly tokens: TokenIssuer,
  ) {}

  /** @throws RefusedToken */
  token({ resource, clientId, metadata }: TokenQuestion) {
    if (metadata !== 'true') throw new RefusedToken('Required metadata header not specified');
    if (!resource) throw new RefusedToken('Required query parameter "resource" missing');
    if (clientId && clientId !== localCloud.clientId) throw new RefusedToken('Identity not found');
    const lifetime = tokenLifetime(this.context);
    return {
      access_token: this.tokens.accessToken(resource.replace(/\/$/, ''), localCloud.clientId, lifetime),
      client_id: localCloud.clientId,
      expires_in: String(lifetime),
      expires_on: String(Math.floor(Date.now() / 1000) + lifetime),
      resource,
      token_type: 'Bearer',
    };
  }
}
