import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type * as TaskLib from 'azure-pipelines-task-lib/task';
import sinon from 'sinon';
import { readDockerRegistryConnection } from '../../../../tasks/common/task/agentDockerRegistry';
import { readGitHubConnection } from '../../../../tasks/common/task/agentGitHub';
import { readServiceConnection } from '../../../../tasks/common/task/agentServiceConnection';
import { registerSecret } from '../../../../tasks/common/task/registerSecret';
import { Secret } from '../../../../tasks/common/secret';

const tl = createRequire(__filename)('azure-pipelines-task-lib/task') as typeof TaskLib;

describe('a service connection', () => {
  let hidden: string[];
  let endpoint: { url?: string; scheme: string; authorization: Record<string, string>; data: Record<string, string> };
  beforeEach(() => {
    hidden = [];
    endpoint = {
      url: 'https://management.azure.com/',
      scheme: 'ServicePrincipal',
      authorization: { tenantid: 'tenant-1', serviceprincipalid: 'client-1', serviceprincipalkey: 'the-secret-1' },
      data: { subscriptionid: 'subscription-1' },
    };
    sinon.stub(tl, 'setSecret').callsFake((value) => void hidden.push(value));
    sinon.stub(tl, 'getEndpointUrl').callsFake(() => endpoint.url);
    sinon.stub(tl, 'getEndpointAuthorizationScheme').callsFake(() => endpoint.scheme);
    sinon.stub(tl, 'getEndpointAuthorizationParameter').callsFake((_, key) => endpoint.authorization[key]);
    sinon.stub(tl, 'getEndpointAuthorizationParameterRequired').callsFake((id, key) => `${key} of ${id}`);
    sinon.stub(tl, 'getEndpointDataParameter').callsFake((_, key) => endpoint.data[key]);
  });
  afterEach(() => sinon.restore());
  const read = (subscription?: string) => readServiceConnection('c', subscription);

  it('by a key registers it before anything can be said of it', () => {
    const { authentication, tenantId, subscriptionId, resourceManagerUrl, authorityUrl, audience, defaults } = read();
    assert.ok(authentication.scheme === 'ServicePrincipalKey');
    assert.deepEqual([authentication.clientId, authentication.clientSecret.reveal()], ['client-1', 'the-secret-1']);
    assert.deepEqual(hidden, ['the-secret-1']);
    assert.deepEqual(
      [tenantId, subscriptionId, resourceManagerUrl, authorityUrl, audience, defaults],
      [
        'tenant-1',
        'subscription-1',
        'https://management.azure.com',
        'https://login.microsoftonline.com',
        'https://management.azure.com',
        { resourceGroup: undefined, workspace: undefined },
      ],
    );
    endpoint.scheme = '';
    assert.equal(read().authentication.scheme, 'ServicePrincipalKey');
  });

  it('by a certificate registers each of its lines', () => {
    endpoint.authorization = {
      tenantid: 'tenant-1',
      serviceprincipalid: 'client-1',
      authenticationType: 'spnCertificate',
      servicePrincipalCertificate: '-----BEGIN PRIVATE KEY-----\nfirst-line\nsecond-line\n-----END PRIVATE KEY-----',
    };
    const { authentication } = read();
    assert.ok(authentication.scheme === 'ServicePrincipalCertificate');
    assert.equal(authentication.clientId, 'client-1');
    assert.match(authentication.certificatePem.reveal(), /first-line/);
    assert.deepEqual(hidden, ['first-line', 'second-line']);
  });

  it('by federation asks for the token when it is needed, and keeps none', () => {
    endpoint.scheme = 'WorkloadIdentityFederation';
    const { authentication } = read();
    assert.ok(authentication.scheme === 'WorkloadIdentityFederation');
    assert.equal(authentication.clientId, 'client-1');
    assert.equal(authentication.systemAccessToken().reveal(), 'AccessToken of SYSTEMVSSCONNECTION');
    assert.deepEqual(hidden, []);
  });

  it('by a managed identity needs no tenant, and may name one of several identities', () => {
    endpoint = { ...endpoint, scheme: 'ManagedServiceIdentity', authorization: {} };
    assert.deepEqual(read().authentication, { scheme: 'ManagedIdentity', clientId: undefined });
    endpoint.data.msiclientId = 'identity-1';
    assert.deepEqual(read().authentication, { scheme: 'ManagedIdentity', clientId: 'identity-1' });
  });

  it('says where Azure is: another cloud, Azure Stack, a scope', () => {
    endpoint.data = { ...endpoint.data, environmentAuthorityUrl: 'https://login.other//', resourceGroupName: 'rg', mlWorkspaceName: 'w' }; // prettier-ignore
    assert.equal(read().authorityUrl, 'https://login.other');
    assert.deepEqual(read().defaults, { resourceGroup: 'rg', workspace: 'w' });
    endpoint.data.activeDirectoryAuthority = 'https://login.first';
    assert.equal(read().authorityUrl, 'https://login.first');
    endpoint.data.activeDirectoryServiceEndpointResourceId = 'https://audience/';
    assert.equal(read().audience, 'https://management.azure.com');
    endpoint.data.environment = 'AzureStack';
    assert.equal(read().audience, 'https://audience');
    assert.equal(read('subscription-2').subscriptionId, 'subscription-2');
  });

  const wrong: Array<[what: string, change: () => void, message: RegExp]> = [
    ['was not given to the job', () => (endpoint.url = undefined), /was not given to this job\. Check that it exists in this project and that this pipeline is authorised/], // prettier-ignore
    ['signs in by AD FS', () => (endpoint.data.EnableAdfsAuthentication = 'True'), /signs in by AD FS, which these tasks do not support/], // prettier-ignore
    ['names no subscription', () => delete endpoint.data.subscriptionid, /names no subscription, as its scope is a management group\. Name the subscription in the input subscription/], // prettier-ignore
    ['has no tenant', () => delete endpoint.authorization.tenantid, /lacks its tenantid\. Save it again/],
    ['has no client', () => delete endpoint.authorization.serviceprincipalid, /lacks its serviceprincipalid/],
    ['has no key', () => delete endpoint.authorization.serviceprincipalkey, /lacks its serviceprincipalkey/],
    ['is of another kind', () => (endpoint.scheme = 'UserNamePassword'), /signs in by usernamepassword, which cannot reach Azure Resource Manager\. Use workload identity federation/], // prettier-ignore
  ];
  for (const [what, change, message] of wrong) {
    it(`is refused where it ${what}`, () => {
      change();
      assert.throws(() => read(), message);
    });
  }

  describe('to a Docker registry', () => {
    beforeEach(() => {
      endpoint = { ...endpoint, authorization: { registry: 'https://R.example.net/v1/', username: 'u', password: 'password-1' } }; // prettier-ignore
    });
    const registry = () => readDockerRegistryConnection('d');

    it('registers its password, and is told by its host', () => {
      const { server, userName, password } = registry();
      assert.deepEqual([server, userName, password.reveal()], ['r.example.net', 'u', 'password-1']);
      assert.deepEqual(hidden, ['password-1']);
      endpoint.authorization.registry = 'https://index.docker.io/v1/';
      assert.equal(registry().server, 'docker.io');
      endpoint.authorization.registry = '';
      endpoint.authorization.loginServer = 'acr.example.net';
      assert.equal(registry().server, 'acr.example.net');
      delete endpoint.authorization.loginServer;
      assert.equal(registry().server, 'management.azure.com');
    });

    for (const missing of ['username', 'password']) {
      it(`is refused without its ${missing}`, () => {
        delete endpoint.authorization[missing];
        assert.throws(registry, /has no user name and password\. Choose one of the kind "Others" or "Docker Hub"/);
      });
    }
    it('is refused without its address', () => {
      endpoint.url = undefined;
      delete endpoint.authorization.registry;
      assert.throws(registry, /has no user name and password/);
    });
  });

  it('to GitHub registers its token, and is refused without one', () => {
    endpoint = { scheme: 'PersonalAccessToken', authorization: { accessToken: 'token-of-github' }, data: {} };
    const { url, token } = readGitHubConnection('g');
    assert.deepEqual([url, token.reveal(), hidden], ['https://github.com', 'token-of-github', ['token-of-github']]);
    endpoint = { url: 'https://github.example/', scheme: 'InstallationToken', authorization: {}, data: {} };
    assert.throws(() => readGitHubConnection('g'), /has no token\. Choose one that was made by OAuth/);
  });

  it('has each secret registered line by line, and nothing that is in every text', () => {
    registerSecret(new Secret('abcdef\r\n  ghijkl  \rshort\n-----BEGIN X-----\nabcdef'));
    assert.deepEqual(hidden, ['abcdef', 'ghijkl']);
  });
});
