import assert from 'node:assert/strict';
import { azureFailure, isAzureFailure, type AzureFailure } from '../../../../tasks/common/azure/http/azureFailure';
import { TaskFailure } from '../../../../tasks/common/taskFailure';

const rest = (statusCode: number, code: string, message: string) =>
  Object.assign(new Error('raw'), { name: 'RestError', statusCode, details: { error: { code, message } } });

describe('azureFailure', () => {
  it('says what was asked, what Azure answered, and what to do', () => {
    const failure = azureFailure(
      rest(403, 'AuthorizationFailed', 'No permission for x.'),
      'GET https://a/b',
    ) as AzureFailure;
    assert.match(
      failure.message,
      /^Azure answered 403 AuthorizationFailed to GET https:\/\/a\/b: No permission for x\. Give the service/,
    );
    assert.equal(failure.status, 403);
    assert.ok(isAzureFailure(failure, 403));
    assert.ok(!isAzureFailure(failure, 404));
  });

  it('knows an expired secret by its code', () => {
    const error = Object.assign(new Error('AADSTS7000222: The provided client secret keys are expired.'), {
      name: 'AuthenticationError',
      statusCode: 401,
      errorResponse: { error: 'invalid_client', errorDescription: 'AADSTS7000222: expired' },
    });
    assert.match(
      azureFailure(error, 'x').message,
      /^Signing in to Azure failed: AADSTS7000222.*secret has expired: renew it/,
    );
  });

  it('tells an unreachable Azure from a refusal', () => {
    const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      name: 'RestError',
      code: 'ECONNREFUSED',
    });
    assert.match(azureFailure(error, 'GET x').message, /could not be reached \(GET x\).*proxy and firewall/);
  });

  it('leaves alone what is not from Azure', () => {
    const bug = new TypeError('undefined is not a function');
    assert.equal(azureFailure(bug, 'x'), bug);
    const own = new TaskFailure('Known.');
    assert.equal(azureFailure(own, 'x'), own);
  });
});
