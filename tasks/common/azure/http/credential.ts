import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { NetworkSettings } from './network';
import { clientOptions } from './pipeline';
import type { ServiceConnection } from './serviceConnection';
import { messageOf } from '../../messageOf';

/** Authorities that answer Microsoft's instance discovery; at any other (Azure Stack, a private cloud) it would ask the public cloud in vain. */
const microsoftAuthorities =
  /^https:\/\/login\.(microsoftonline\.com|microsoftonline\.us|chinacloudapi\.cn|windows\.net)$/i;

export interface RenewableCredential extends TokenCredential {
  /** Forgets every token: the next one is asked of Entra. */
  renew(): void;
}

/** A token that ends sooner is not used any more. MSAL draws the line at the same place. */
const leastLife = 5 * 60_000;

/**
 * The one credential of a task run. It fetches a fresh federated token whenever Entra wants one, so that it outlives the
 * ten minutes of a pipeline's ID token for as long as the job itself runs. It keeps each token itself, as the SDK asks for a
 * federated token each time before it finds that it has a token of Entra yet: two requests where one would do.
 */
export async function createCredential(
  connection: ServiceConnection,
  network: NetworkSettings,
): Promise<RenewableCredential> {
  let credential = await credentialOf(connection, network);
  let renewing: Promise<TokenCredential> | undefined;
  let kept = new Map<string, AccessToken>();
  return {
    renew() {
      renewing ??= credentialOf(connection, network);
      kept = new Map();
    },
    async getToken(scopes, options = {}) {
      const tokens = kept;
      const kind = keptAs(scopes, options);
      const known = kind && tokens.get(kind);
      if (known && known.expiresOnTimestamp - Date.now() > leastLife) return known;
      if (renewing) {
        credential = await renewing;
        renewing = undefined;
      }
      try {
        const token = await credential.getToken(scopes, options);
        if (kind && token) tokens.set(kind, token);
        return token;
      } catch (error) {
        // MSAL says only this, and not of whom.
        if (!/endpoints_resolution_error|network_error/.test(messageOf(error))) throw error;
        const message = `Entra could not be reached at ${connection.authorityUrl} (${messageOf(error)})`;
        throw Object.assign(new Error(message, { cause: error }), { name: 'AuthenticationError', code: 'Unreachable' });
      }
    },
  };
}

/** @returns undefined of what Entra must be asked for each time: it has refused the claims of the token before */
function keptAs(scopes: string | string[], { claims, tenantId, enableCae }: GetTokenOptions): string | undefined {
  return claims === undefined ? JSON.stringify([scopes, tenantId, enableCae]) : undefined;
}

async function credentialOf(connection: ServiceConnection, network: NetworkSettings): Promise<TokenCredential> {
  const identity = await import('@azure/identity');
  const { authentication, tenantId } = connection;
  const options = {
    authorityHost: connection.authorityUrl,
    disableInstanceDiscovery: !microsoftAuthorities.test(connection.authorityUrl),
    ...clientOptions(network, { fetchesTokens: true }),
  };
  switch (authentication.scheme) {
    case 'WorkloadIdentityFederation':
      return new identity.AzurePipelinesCredential(
        tenantId,
        authentication.clientId,
        connection.id,
        authentication.systemAccessToken().reveal(),
        options,
      );
    case 'ServicePrincipalKey':
      return new identity.ClientSecretCredential(
        tenantId,
        authentication.clientId,
        authentication.clientSecret.reveal(),
        options,
      );
    case 'ServicePrincipalCertificate':
      return new identity.ClientCertificateCredential(
        tenantId,
        authentication.clientId,
        { certificate: authentication.certificatePem.reveal() },
        options,
      );
    case 'ManagedIdentity': {
      // The machine's own service gives its tokens: no proxy leads there, and the SDK knows how it says that it is not up yet.
      const { httpClient } = clientOptions({}, { mostTries: 1 });
      return new identity.ManagedIdentityCredential({
        ...(authentication.clientId && { clientId: authentication.clientId }),
        httpClient,
      });
    }
  }
}
