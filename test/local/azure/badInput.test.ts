import assert from 'node:assert/strict';
import { localCloud } from '../../../local/azure/context';
import { cloudClient, groupPath, type Answer, type CloudClient } from '../containers/cloudClient';

const subscription = `/subscriptions/${localCloud.subscriptionId}`;
const workspace = `${groupPath}/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
const registries = `${groupPath}/Microsoft.ContainerRegistry/registries`;
const groups = `${groupPath}/Microsoft.ContainerInstance/containerGroups`;

/** Of ARM and ML's data planes the code, of a registry the first one's, of storage the one of its XML. */
const codeOf = ({ json, text }: Answer): string =>
  (json?.error?.code ?? json?.errors?.[0]?.code ?? /<Code>(\w+)</.exec(text)?.[1] ?? '') as string;

describe('bad input to local Azure', function () {
  this.timeout(60_000);
  let cloud: CloudClient;
  /** By what is wrong with it. */
  const tokens: Record<string, string> = {};

  const tokenFor = async (scope: string): Promise<string> => {
    const { parameters } = cloud.azure.serviceConnection('ServicePrincipal').auth;
    const form = { grant_type: 'client_credentials', client_id: parameters.serviceprincipalid ?? '', client_secret: parameters.serviceprincipalkey ?? '', scope }; // prettier-ignore
    const { json } = await cloud.send('POST', `${cloud.azure.url}/${localCloud.tenantId}/oauth2/v2.0/token`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    return json.access_token as string;
  };

  before(async () => {
    cloud = await cloudClient();
    const management = 'https://management.azure.com/.default';
    tokens.storage = await tokenFor('https://storage.azure.com/.default');
    tokens.management = await tokenFor(management);
    await cloud.azure.faults.named('entra.token', { detail: { expiresInSeconds: -1 } });
    tokens.expired = await tokenFor(management);
    const [header, claims = '', signature] = tokens.management.split('.');
    const other = { ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), tid: 'another-tenant' };
    tokens.otherTenant = [header, Buffer.from(JSON.stringify(other)).toString('base64url'), signature].join('.');
    tokens.forged = [header, claims, 'c2lnbmF0dXJl'].join('.');
  });

  const versions: Array<[what: string, path: string, refusal: string, words: RegExp]> = [
    ['no api-version', `${registries}/a`, '400 MissingApiVersionParameter', /^The api-version query parameter \(\?api-version=\) is required for all requests\.$/], // prettier-ignore
    ['an older one of a resource group', `${subscription}/resourceGroups?api-version=2010-01-01`, '400 InvalidApiVersionParameter', /^The api-version '2010-01-01' is invalid\. The supported versions are '2026-03-01,2025-04-01,.*'\.$/], // prettier-ignore
    ['a newer one of a subscription', `${subscription}?api-version=2099-01-01`, '400 InvalidApiVersionParameter', /^The api-version '2099-01-01' is invalid/], // prettier-ignore
    ['one that is not a date', `${subscription}/resourceGroups?api-version=latest`, '400 InvalidApiVersionParameter', /^The api-version 'latest' is invalid/], // prettier-ignore
    ['an older one of a registry', `${registries}/a?api-version=2010-01-01`, '400 NoRegisteredProviderFound', /^No registered resource provider found for location 'eastus' and API version '2010-01-01' for type 'registries'\. The supported api-versions are '2019-04-01, .*'\. The supported locations are 'eastus, .*'\.$/], // prettier-ignore
    ['a newer one of a container group', `${groups}/a?api-version=2099-01-01`, '400 NoRegisteredProviderFound', /API version '2099-01-01' for type 'containerGroups'/], // prettier-ignore
    ['a newer one of a job', `${workspace}/jobs/a?api-version=2099-01-01`, '400 NoRegisteredProviderFound', /for type 'workspaces\/jobs'/], // prettier-ignore
    ['a newer one of a role assignment', `${registries}/a/providers/Microsoft.Resources/deployments?api-version=2099-01-01`, '404 InvalidResourceType|400 NoRegisteredProviderFound', /deployments/], // prettier-ignore
    ['an unknown provider', `${groupPath}/Microsoft.Nonesuch/things/a?api-version=2024-04-01`, '404 InvalidResourceNamespace', /^The resource namespace 'Microsoft\.Nonesuch' is invalid\./], // prettier-ignore
    ['an unknown provider without an api-version', `${groupPath}/Microsoft.Nonesuch/things/a`, '404 InvalidResourceNamespace', /Nonesuch/], // prettier-ignore
    ['an unknown type', `${workspace}/nonesuch/a?api-version=2024-04-01`, '404 InvalidResourceType', /^The resource type 'workspaces\/nonesuch' could not be found in the namespace 'Microsoft\.MachineLearningServices' for api version '2024-04-01'\./], // prettier-ignore
    ['an unknown type of a registry', `${registries}/a/nonesuch/b?api-version=2023-07-01`, '404 InvalidResourceType', /'registries\/nonesuch'/], // prettier-ignore
    ['another subscription', '/subscriptions/72000000-0000-4000-8000-00000000000f/resourceGroups?api-version=2021-04-01', '404 SubscriptionNotFound', /^The subscription '72.*0f' could not be found\.$/], // prettier-ignore
    ['an unknown resource group', `${subscription}/resourceGroups/nonesuch/resources?api-version=2021-04-01`, '404 ResourceGroupNotFound', /^Resource group 'nonesuch' could not be found\.$/], // prettier-ignore
    ['an unknown resource', `${registries}/nonesuch?api-version=2023-07-01`, '404 ResourceNotFound', /^The Resource 'Microsoft\.ContainerRegistry\/registries\/nonesuch' under resource group '.*' was not found/], // prettier-ignore
  ];
  for (const [what, path, refusal, words] of versions) {
    it(`of the resource manager: ${what}`, async () => {
      const answer = await cloud.arm('GET', path);
      assert.match(`${answer.status} ${codeOf(answer)}`, new RegExp(`^(${refusal})$`));
      assert.match(answer.json.error.message as string, words);
    });
  }

  const wrongTokens: Array<[header: string | undefined, code: string, words: RegExp]> = [
    [undefined, 'AuthenticationFailed', /^Authentication failed\. The 'Authorization' header is missing\.$/],
    ['Basic YTpi', 'AuthenticationFailedInvalidHeader', /^Authentication failed\. The 'Authorization' header is provided in an invalid format\.$/], // prettier-ignore
    ['Bearer nonsense', 'InvalidAuthenticationToken', /^The access token is invalid\.$/],
    ['forged', 'InvalidAuthenticationToken', /^The access token is invalid\.$/],
    ['expired', 'ExpiredAuthenticationToken', /^The access token expiry UTC time '\d+\/\d+\/\d{4} \d+:\d\d:\d\d [AP]M' is earlier than current UTC time '\d+\/\d+\/\d{4} \d+:\d\d:\d\d [AP]M'\.$/], // prettier-ignore
    ['storage', 'InvalidAuthenticationTokenAudience', /^The access token has been obtained for wrong audience or resource 'https:\/\/storage\.azure\.com'\. It should exactly match with one of the allowed audiences 'https:\/\/management\.core\.windows\.net\/','https:\/\/management\.core\.windows\.net','https:\/\/management\.azure\.com\/','https:\/\/management\.azure\.com'\.$/], // prettier-ignore
    ['otherTenant', 'InvalidAuthenticationTokenTenant', /^The access token is from the wrong issuer 'https:\/\/sts\.windows\.net\/another-tenant\/'\. It must match the tenant 'https:\/\/sts\.windows\.net\/[^/]+\/' associated with this subscription\./], // prettier-ignore
  ];
  const headerOf = (named: string | undefined): Record<string, string> =>
    named === undefined ? {} : { authorization: tokens[named] ? `Bearer ${tokens[named]}` : named };

  for (const [named, code, words] of wrongTokens) {
    it(`of the resource manager: ${code} for ${named ?? 'no token'}`, async () => {
      for (const [method, path] of [['GET', `${subscription}/resourceGroups?api-version=2021-04-01`], ['PUT', `${workspace}/jobs/a?api-version=2024-04-01`], ['GET', '/subscriptions?api-version=2022-12-01']]) {
        const answer = await cloud.send(method!, `${cloud.azure.url}${path}`, { headers: headerOf(named) });
        assert.deepEqual([answer.status, codeOf(answer)], [401, code]);
        assert.match(answer.json.error.message as string, words);
        assert.match(String(answer.headers['www-authenticate']), /^Bearer authorization_uri="https:.*", error="invalid_(token|request)"/); // prettier-ignore
      } // prettier-ignore
    });

    it(`of the data planes of Azure ML: ${named ?? 'no token'}`, async () => {
      for (const plane of ['history', 'artifact']) {
        const path = `/${plane}/v1.0${workspace}/runs/a/details`;
        const answer = await cloud.send('GET', `${cloud.azure.url}${path}`, { headers: headerOf(named) });
        assert.deepEqual([answer.status, codeOf(answer)], [401, 'UserError'], answer.text);
        assert.equal(answer.json.error.innerError.code, 'AuthorizationError');
        if (!named) assert.equal(answer.json.error.message, 'Bearer token not provided.');
        assert.ok(answer.json.correlation.request && answer.json.componentName, answer.text);
      }
      const mlflow = `${cloud.azure.url}/mlflow/v1.0${workspace}/api/2.0/mlflow/runs/get?run_id=a`;
      assert.equal((await cloud.send('GET', mlflow, { headers: headerOf(named) })).status, 401);
    });

    it(`of a registry: ${named ?? 'no token'}`, async () => {
      const server = `https://${cloud.loginServer}`;
      const { status, json, headers } = await cloud.send('GET', `${server}/v2/a/manifests/1`, { headers: headerOf(named) }); // prettier-ignore
      assert.deepEqual([status, json.errors[0].code], [401, 'UNAUTHORIZED']);
      assert.match(json.errors[0].message as string, /^authentication required, visit https:\/\/aka\.ms\/acr\/authorization/); // prettier-ignore
      const challenge = String(headers['www-authenticate']);
      assert.ok(challenge.startsWith(`Bearer realm="${server}/oauth2/token",service="${cloud.loginServer}",scope="repository:a:pull"`)); // prettier-ignore
      const form = { grant_type: 'access_token', service: cloud.loginServer, access_token: tokens[named ?? ''] ?? '' };
      const exchanged = await cloud.send('POST', `${server}/oauth2/exchange`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      });
      assert.deepEqual([exchanged.status, codeOf(exchanged)], [401, 'UNAUTHORIZED']);
    });
  }

  const ofStorage: Array<[named: string | undefined, code: string, detail: string]> = [
    [undefined, 'NoAuthenticationInformation', ''],
    ['management', 'InvalidAuthenticationInfo', 'Audience validation failed. Audience did not match.'],
    ['expired', 'InvalidAuthenticationInfo', 'Lifetime validation failed. The token is expired.'],
    ['otherTenant', 'InvalidAuthenticationInfo', 'Issuer validation failed. Issuer did not match.'],
    ['forged', 'InvalidAuthenticationInfo', 'Signature validation failed.'],
  ];
  for (const [named, code, detail] of ofStorage) {
    it(`of storage: ${named ?? 'no token'}`, async () => {
      const url = `${cloud.azure.blobUrl}/azureml/nonesuch`;
      const ask = (version: string) => cloud.send('GET', url, { headers: { 'x-ms-version': version, ...headerOf(named) } }); // prettier-ignore
      const answer = await ask('2021-12-02');
      assert.deepEqual([answer.status, codeOf(answer), answer.headers['x-ms-error-code']], [401, code, code]);
      assert.match(answer.text, /<Message>Server failed to authenticate the request\. Please refer to the information in the www-authenticate header\.\nRequestId:/); // prettier-ignore
      assert.ok(answer.text.includes(detail));
      assert.match(String(answer.headers['www-authenticate']), /^Bearer authorization_uri=https:/);
      if (!named) return;
      const old = await ask('2018-11-09');
      assert.deepEqual([old.status, codeOf(old), old.text.includes(detail)], [403, 'AuthenticationFailed', true]);
    });
  }
});
