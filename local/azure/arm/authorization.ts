import { ArmError, localCloud } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';
import { MlError } from '../machineLearning/mlError';

/** The resources whose tokens the resource manager takes, as it lists them. */
const ofResourceManager = ['https://management.core.windows.net', 'https://management.azure.com'];
/** The data planes of Azure ML take one more. */
const audiences = [...ofResourceManager, 'https://ml.azure.com'];

/**
 * Throws what Azure Resource Manager answers to a request without a valid token of the local cloud's Entra.
 * Sources of the codes and their words: azure-sdk-for-net#4103 (no header), azure-sdk-for-python#4124 (not a bearer's),
 * azure-powershell#27882 (not a token), microsoft/foundry-dev-tools#461 (expired), Azure/LogicAppsUX#9068 (another tenant's),
 * JetBrains/azure-tools-for-intellij#16 (for another service).
 */
export function checkAuthorization(header: string | undefined, url: string, tokens: TokenIssuer): void {
  const refuse = (code: string, message: string, error: string): never => {
    throw new ArmError(401, code, message, [], {
      'www-authenticate': `Bearer authorization_uri="${url}/${localCloud.tenantId}", error="${error}", error_description="${message}"`,
    });
  };
  if (!header) {
    const message = "Authentication failed. The 'Authorization' header is missing.";
    return refuse('AuthenticationFailed', message, 'invalid_request');
  }
  const token = /^Bearer (.+)$/i.exec(header)?.[1];
  if (!token) {
    const message = "Authentication failed. The 'Authorization' header is provided in an invalid format.";
    return refuse('AuthenticationFailedInvalidHeader', message, 'invalid_request');
  }
  switch (tokens.checkAccessToken(token)) {
    case 'valid': {
      const audience = tokens.audienceOf(token);
      // A cloud of its own has its own resource manager's URL as audience, too.
      if ([...audiences, url].includes(audience)) return;
      const allowed = ofResourceManager.flatMap((each) => [`'${each}/'`, `'${each}'`]).join(',');
      const message = `The access token has been obtained for wrong audience or resource '${audience}'. It should exactly match with one of the allowed audiences ${allowed}.`;
      return refuse('InvalidAuthenticationTokenAudience', message, 'invalid_token');
    }
    case 'expired': {
      const message = `The access token expiry UTC time '${timeText(tokens.expiryOf(token))}' is earlier than current UTC time '${timeText(new Date())}'.`;
      return refuse('ExpiredAuthenticationToken', message, 'invalid_token');
    }
    case 'otherTenant': {
      const [wrong, right] = [tokens.tenantOf(token), localCloud.tenantId];
      const message = `The access token is from the wrong issuer 'https://sts.windows.net/${wrong}/'. It must match the tenant 'https://sts.windows.net/${right}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${right}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later.`;
      return refuse('InvalidAuthenticationTokenTenant', message, 'invalid_token');
    }
    case 'invalid':
      return refuse('InvalidAuthenticationToken', 'The access token is invalid.', 'invalid_token');
  }
}

/**
 * As `checkAuthorization`, by the data planes of Azure ML. What they say where there is no token is known (azureml-examples#972);
 * of what they say to a wrong one nothing was found but the form.
 */
export function checkDataPlaneAuthorization(header: string | undefined, url: string, tokens: TokenIssuer): void {
  try {
    checkAuthorization(header, url, tokens);
  } catch (error) {
    const refused = error as ArmError;
    const message = header ? refused.message : 'Bearer token not provided.';
    throw Object.assign(new MlError(401, message, 'AuthorizationError'), { headers: refused.headers });
  }
}

/** As .NET writes it in the United States. */
function timeText(time: Date): string {
  return time
    .toLocaleString('en-US', { timeZone: 'UTC' })
    .replace(',', '')
    .replace(/\u202f/g, ' ');
}
