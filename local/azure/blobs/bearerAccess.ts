import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { localCloud } from '../context';
import type { TokenCheck, TokenIssuer } from '../entra/tokenIssuer';
import type { BlobInterceptor } from './blobEndpoint';

/** The audiences of tokens that Azure Storage takes. Source: learn.microsoft.com, "Authorize with Microsoft Entra ID". */
const audiences = (host: string): string[] => ['https://storage.azure.com', `https://${host}`];

/** Since this version of the service a client is told where to get a token. Source: learn.microsoft.com, "Authorize with Microsoft Entra ID", bearer challenge. */
const knowsChallenges = ({ headers }: IncomingMessage): boolean =>
  String(headers['x-ms-version'] ?? '') >= '2019-12-12';

/** Sources: Azure/AzureStor#119, Azure/azure-sdk-for-java#8667, MicrosoftDocs/azure-docs#11564; of a wrong signature none was found. */
const details: Record<TokenCheck, string> = {
  valid: 'Audience validation failed. Audience did not match.',
  expired: 'Lifetime validation failed. The token is expired.',
  otherTenant: 'Issuer validation failed. Issuer did not match.',
  invalid: 'Signature validation failed. Signature key not found.',
};

/**
 * Lets callers in by a token of Entra, as Azure Storage does: Azurite gets an account SAS in its place, which it can check.
 * `url` is the local cloud's, where tokens are had.
 */
export function admitTokens(url: string, tokens: TokenIssuer, account: string, accountKey: string): BlobInterceptor {
  const credential = new StorageSharedKeyCredential(account, accountKey);
  const accountSas = (): string =>
    generateAccountSASQueryParameters(
      {
        permissions: AccountSASPermissions.parse('rwdxlacup'),
        services: AccountSASServices.parse('b').toString(),
        resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
        startsOn: new Date(Date.now() - 60_000),
        expiresOn: new Date(Date.now() + 60 * 60_000),
      },
      credential,
    ).toString();

  const refuse = (request: IncomingMessage, response: ServerResponse, code: string, detail?: string): true => {
    // A challenge is for those who know of it; the others are refused as if they had signed wrongly.
    const isChallenged = knowsChallenges(request);
    const shown = isChallenged ? code : 'AuthenticationFailed';
    const message = isChallenged
      ? 'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.'
      : 'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.';
    const id = randomUUID();
    response.writeHead(isChallenged ? 401 : 403, {
      'content-type': 'application/xml',
      'x-ms-error-code': shown,
      'x-ms-request-id': id,
      ...(isChallenged && {
        'www-authenticate': `Bearer authorization_uri=${url}/${localCloud.tenantId}/oauth2/authorize resource_id=https://storage.azure.com`,
      }),
    });
    const more = detail ? `<AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail>` : '';
    response.end(
      `<?xml version="1.0" encoding="utf-8"?><Error><Code>${shown}</Code><Message>${message}\nRequestId:${id}\nTime:${new Date().toISOString()}</Message>${more}</Error>`,
    );
    return true;
  };
  return (request, response) => {
    const authorization = request.headers.authorization;
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      if (authorization !== undefined || /[?&]sig=/.test(request.url ?? '') || !knowsChallenges(request)) return false;
      return refuse(request, response, 'NoAuthenticationInformation');
    }
    const check = tokens.checkAccessToken(token);
    if (check === 'valid' && audiences(request.headers.host ?? '').includes(tokens.audienceOf(token))) {
      delete request.headers.authorization;
      delete request.headersDistinct.authorization;
      request.url = `${request.url}${request.url?.includes('?') ? '&' : '?'}${accountSas()}`;
      return false;
    }
    return refuse(request, response, 'InvalidAuthenticationInfo', details[check]);
  };
}
