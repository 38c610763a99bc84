import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { randomUUID } from 'node:crypto';
import { localCloud } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';
import type { BlobInterceptor } from './blobEndpoint';

/** The audiences of tokens that Azure Storage takes. Source: learn.microsoft.com, "Authorize with Microsoft Entra ID". */
const audiences = (host: string): string[] => ['https://storage.azure.com', `https://${host}`];

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

  return (request, response) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return false;
    const isValid = tokens.checkAccessToken(token) === 'valid';
    if (isValid && audiences(request.headers.host ?? '').includes(tokens.audienceOf(token))) {
      delete request.headers.authorization;
      delete request.headersDistinct.authorization;
      request.url = `${request.url}${request.url?.includes('?') ? '&' : '?'}${accountSas()}`;
      return false;
    }
    const [code, message] = isValid
      ? ['InvalidAuthenticationInfo', 'Audience validation failed. Audience did not match.']
      : [
          'InvalidAuthenticationInfo',
          'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
        ];
    const id = randomUUID();
    response.writeHead(401, {
      'content-type': 'application/xml',
      'x-ms-error-code': code,
      'x-ms-request-id': id,
      'www-authenticate': `Bearer authorization_uri=${url}/${localCloud.tenantId}/oauth2/authorize resource_id=https://storage.azure.com`,
    });
    response.end(
      `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}\nRequestId:${id}\nTime:${new Date().toISOString()}</Message></Error>`,
    );
    return true;
  };
}
