import type { FastifyRequest } from 'fastify';
import { ArmError, localCloud } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';

/** The resources whose tokens the resource manager and the data planes of Azure ML take, as the real ones do. */
const audiences = ['https://management.azure.com', 'https://management.core.windows.net', 'https://ml.azure.com'];

/** Throws what Azure answers to a request without a valid token of the local cloud's Entra. */
export function checkAuthorization(request: FastifyRequest, url: string, tokens: TokenIssuer): void {
  const refuse = (code: string, message: string, error: string): never => {
    throw new ArmError(401, code, message, [], {
      'www-authenticate': `Bearer authorization_uri="${url}/${localCloud.tenantId}", error="${error}", error_description="${message}"`,
    });
  };
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!token) {
    return refuse(
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing or invalid.",
      'invalid_request',
    );
  }
  switch (tokens.checkAccessToken(token)) {
    case 'valid': {
      const audience = tokens.audienceOf(token);
      // A cloud of its own has its own resource manager's URL as audience, too.
      if ([...audiences, url].includes(audience)) return;
      return refuse(
        'InvalidAuthenticationTokenAudience',
        `The access token has been obtained for wrong audience or resource '${audience}'.`,
        'invalid_token',
      );
    }
    case 'expired':
      return refuse(
        'ExpiredAuthenticationToken',
        `The access token expiry UTC time is earlier than current UTC time '${new Date().toISOString()}'.`,
        'invalid_token',
      );
    case 'invalid':
      return refuse('InvalidAuthenticationToken', 'The access token is invalid.', 'invalid_token');
  }
}
