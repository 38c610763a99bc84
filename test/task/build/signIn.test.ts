import assert from 'node:assert/strict';
import { localCloud } from '../../../local/azure/context';
import type { Scheme } from '../../../local/azure/connection/serviceConnection';
import type { ServiceEndpoint } from '../../../local/serviceEndpoint';
import { runBuiltTask } from '../../support/agent';
import { localAzure } from '../../support/azure';
import { startForwardProxy } from '../../support/forwardProxy';

/** A task that must sign in and ask the resource manager something, and creates nothing. */
async function ask(
  endpoints: ServiceEndpoint[],
  options: { environment?: Record<string, string>; workspace?: string; subscription?: string; maxCost?: string },
) {
  const azure = await localAzure();
  const { workspace = 'unknown', subscription = '', maxCost = '', environment } = options;
  const result = await runBuiltTask('Train', {
    azure,
    endpoints,
    environment,
    inputs: {
      azureSubscription: localCloud.serviceConnectionId,
      subscription,
      resourceGroup: localCloud.resourceGroup,
      workspace,
      command: 'true',
      environment: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04',
      compute: 'unknown',
      maxCost,
    },
  });
  assert.equal(result.result, 'failed');
  return result.log.join('\n');
}

describe('signing in by a service connection', function () {
  this.timeout(60_000);

  const schemes: Scheme[] = [
    'WorkloadIdentityFederation',
    'ServicePrincipal',
    'ServicePrincipalCertificate',
    'ManagedServiceIdentity',
  ];
  for (const scheme of schemes) {
    it(`works by ${scheme}`, async () => {
      const azure = await localAzure();
      const log = await ask([azure.serviceConnection(scheme)], { environment: azure.environmentFor(scheme) });
      // Only who is signed in learns which workspaces there are.
      assert.match(log, /The workspace "unknown" does not exist .* workspaces there: quick-starts-ws/);
    });
  }

  it('asks for a token once, however much it asks of Azure', async () => {
    const azure = await localAzure();
    await azure.requests.clear();
    await ask([azure.serviceConnection('WorkloadIdentityFederation')], {});
    const asked = (await azure.requests.list()).map(({ url }) => url);
    assert.ok(asked.filter((url) => url.startsWith('/subscriptions/')).length > 1, asked.join('\n'));
    assert.equal(asked.filter((url) => url.includes('/oauth2/v2.0/token')).length, 1);
    // One to know whom the SDK signs in as, one for Entra.
    assert.ok(asked.filter((url) => url.includes('/oidctoken')).length <= 2, asked.join('\n'));
  });

  it("goes around the agent's proxy to this machine, as the agent does, and trusts the agent's authorities", async () => {
    const azure = await localAzure();
    const proxy = await startForwardProxy([Number(new URL(azure.url).port)]);
    try {
      const log = await ask([azure.serviceConnection('WorkloadIdentityFederation')], {
        environment: {
          AGENT_PROXYURL: proxy.url,
          AGENT_CAINFO: azure.caFile,
          NODE_EXTRA_CA_CERTS: '',
          NO_PROXY: '',
          no_proxy: '',
        },
      });
      assert.match(log, /The workspace "unknown" does not exist .* workspaces there: quick-starts-ws/);
      assert.deepEqual(proxy.asked, []);
    } finally {
      proxy.close();
    }
  });

  it('takes resource group and workspace from a connection that is scoped to a workspace', async () => {
    const azure = await localAzure();
    const scoped = azure.serviceConnection('WorkloadIdentityFederation', { scopedToWorkspace: true });
    const log = await ask([scoped], { workspace: '' });
    assert.match(log, /Input compute: the workspace quick-starts-ws has no compute "unknown"/);
  });

  it('takes the subscription of the input where the connection is scoped to a management group', async () => {
    const azure = await localAzure();
    const connection = azure.serviceConnection('WorkloadIdentityFederation', { data: { subscriptionId: '' } });
    const log = await ask([connection], { subscription: localCloud.subscriptionId });
    assert.match(log, /The workspace "unknown" does not exist .* workspaces there: quick-starts-ws/);
    assert.match(
      await ask([connection], { subscription: 'Pay as you go' }),
      /Input subscription: "Pay as you go" is not the id/,
    );
  });

  it('says what to do about a secret that Entra refuses', async () => {
    const azure = await localAzure();
    const parameters = { serviceprincipalkey: 'no-such-secret' };
    const log = await ask([azure.serviceConnection('ServicePrincipal', { parameters })], {});
    assert.match(log, /Signing in to Azure failed.*AADSTS7000215/);
    assert.match(log, /service connection/);
    assert.doesNotMatch(log, /no-such-secret/);
  });

  it('says that Azure cannot be reached, and at which address', async () => {
    const azure = await localAzure();
    const url = 'https://localhost:9/';
    const data = { environmentAuthorityUrl: url, activeDirectoryAuthority: url };
    const log = await ask([azure.serviceConnection('ServicePrincipal', { url, data })], {});
    assert.match(
      log,
      /Signing in to Azure failed: Entra could not be reached at https:\/\/localhost:9 .*proxy and firewall/,
    );
  });

  for (const [what, endpoint, message] of [
    ['is not given to the job', undefined, /was not given to this job.*authorised to use it/s],
    [
      'names no subscription',
      { data: { subscriptionId: '' } },
      /names no subscription, as its scope is a management group\. Name the subscription in the input subscription/s,
    ],
    ['lacks its secret', { parameters: { serviceprincipalkey: '' } }, /lacks its serviceprincipalkey/],
    [
      'signs in by AD FS',
      { data: { EnableAdfsAuthentication: 'true' } },
      /signs in by AD FS, which these tasks do not support/,
    ],
  ] as const) {
    it(`refuses a connection that ${what}, before any call`, async () => {
      const azure = await localAzure();
      await azure.requests.clear();
      const endpoints = endpoint ? [azure.serviceConnection('ServicePrincipal', endpoint)] : [];
      const log = await ask(endpoints, {});
      assert.match(log, message);
      assert.match(log, /Input azureSubscription/);
      assert.deepEqual(await azure.requests.list(), []);
    });
  }
});

describe("the rights of the service connection's identity", function () {
  this.timeout(60_000);

  it('are checked before any work: the missing role is named, with the command that grants it', async () => {
    const azure = await localAzure();
    const group = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}`;
    await azure.roles.limitTo([{ role: 'Reader', scope: group }]);
    try {
      await azure.requests.clear();
      const log = await ask([azure.serviceConnection('WorkloadIdentityFederation')], {
        workspace: localCloud.workspace,
      });
      assert.match(log, /lacks a role:/);
      assert.match(log, /az role assignment create --assignee-object-id .* --role "AzureML Data Scientist" --scope/);
      const asked = (await azure.requests.list()).filter(({ url }) => url.startsWith('/subscriptions'));
      assert.deepEqual(
        asked.map(({ method, status }) => [method, status]),
        [['GET', 200]],
      );
      await azure.roles.limitTo([{ role: 'AzureML Data Scientist', scope: group }]);
      const ofPrices = await ask([azure.serviceConnection('WorkloadIdentityFederation')], {
        workspace: localCloud.workspace,
        maxCost: '5',
      });
      assert.match(ofPrices, /lacks a role:\n.*Reader on the subscription .*, to read the price list, for maxCost:/);
      assert.match(ofPrices, /--role "Reader" --scope "\/subscriptions\/[0-9a-f-]+"/);
    } finally {
      await azure.roles.reset();
    }
  });
});
