import assert from 'node:assert/strict';
import type { AzureRequest, AzureSession } from '../../../tasks/common/azure/http/session';
import type { Inputs } from '../../../tasks/DeployACI/inputs';
import { openServices } from '../../../tasks/DeployACI/services';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';
import { deployInputs } from './deployInputs';

const within = (path: string) => `/subscriptions/s/resourceGroups/rg/providers/${path}`;
const registryId = within('Microsoft.ContainerRegistry/registries/r');
const identity = within('Microsoft.ManagedIdentity/userAssignedIdentities/puller');

describe('Deploy-ACI: what it reads and changes in Azure', () => {
  const { signal } = new AbortController();

  function open(more: Partial<AzureSession> = {}) {
    const asked: string[] = [];
    const request = async ({ method = 'GET', url }: AzureRequest) => {
      asked.push(`${method} ${url}`);
      const { body } = answers.find(({ of }) => url.endsWith(of)) ?? { body: {} };
      return { status: 200, headers: {}, body };
    };
    const session = { connection: serviceConnection, request, ...more } as unknown as AzureSession;
    const connections: unknown[] = [];
    const azure = (connection: unknown) => {
      connections.push(connection);
      return session;
    };
    const { context } = taskContext('.', { azure });
    return {
      services: openServices({ connection: serviceConnection, resourceGroup: 'rg' }, context),
      asked,
      connections,
    };
  }
  const answers = [
    { of: '/userAssignedIdentities', body: { value: [{ id: identity }] } },
    {
      of: '/registries',
      body: { value: [{ id: registryId, name: 'r', properties: { loginServer: 'r.azurecr.io' } }] },
    },
    { of: '/registries/r', body: { id: registryId, name: 'r', properties: { loginServer: 'r.azurecr.io' } } },
    { of: '/listCredentials', body: { username: 'admin', passwords: [{ value: 'admin-password' }] } },
    { of: '/workspaces/logs', body: { properties: { customerId: 'guid' } } },
    { of: '/sharedKeys', body: { primarySharedKey: 'workspace-key' } },
    { of: '/listKeys', body: { keys: [{ value: 'account-key' }] } },
    { of: '/permissions', body: { value: [{ actions: ['Microsoft.ContainerInstance/*'] }] } },
  ];

  it('is of one session and one resource group', () => {
    const { services, connections } = open();
    assert.deepEqual(connections, [serviceConnection]);
    assert.equal(services.groups.id('estimator'), within('Microsoft.ContainerInstance/containerGroups/estimator'));
  });

  it('is the identity that pulls, the only one of the resource group unless it is named', async () => {
    const { services } = open();
    assert.equal(await services.identity(undefined, signal), identity);
    assert.equal(await services.identity('other', signal), identity.replace(/puller$/, 'other'));
  });

  it("is the password of the admin user, once Azure has said that the registry is the image's", async () => {
    const { services, asked } = open();
    const { username, password } = await services.adminUser({ registry: 'r.azurecr.io', registryId }, signal);
    assert.deepEqual([username, password.reveal()], ['admin', 'admin-password']);
    assert.deepEqual(asked, [`GET ${registryId}`, `POST ${registryId}/listCredentials`]);
    await assert.rejects(services.adminUser({ registry: 'other.example', registryId }, signal));
    assert.ok(!asked.slice(2).some((each) => each.includes('listCredentials')), asked.join('\n'));
  });

  it('are the keys of the logs and of the share, in the same resource group', async () => {
    const { services, asked } = open();
    const { workspaceId, workspaceKey } = await services.logAnalytics('logs', signal);
    assert.deepEqual([workspaceId, workspaceKey.reveal()], ['guid', 'workspace-key']);
    const { account, share, accountKey } = await services.fileShare('account/certificates', signal);
    assert.deepEqual([account, share, accountKey.reveal()], ['account', 'certificates', 'account-key']);
    assert.deepEqual(
      asked.map((each) => each.includes('/resourceGroups/rg/')),
      asked.map(() => true),
    );
  });

  it('is not begun without the roles', async () => {
    const { services } = open({ token: async () => ({ token: 'a.b.c', expiresOnTimestamp: 0 }) });
    const release = { image: 'r.azurecr.io/m:1', registry: 'r.azurecr.io', port: 1, readinessPath: '/', scoringPath: '/' }; // prettier-ignore
    const check = (registryAuthentication: Inputs['registryAuthentication']) =>
      services.requireRights(deployInputs({ registryAuthentication }), release, services.groups.id('estimator'));
    await check({ kind: 'none' });
    await assert.rejects(check({ kind: 'managedIdentity' }), /Managed Identity Operator on the identity puller/);
    await assert.rejects(check({ kind: 'adminUser' }), /lacks a role:.*Contributor on the registry r,/s);
  });

  it('is read from the registry where evidence is wanted, but not of a tag', async () => {
    const { services } = open();
    const release = {
      image: 'r.azurecr.io/m:1',
      registry: 'r.azurecr.io',
      port: 1,
      readinessPath: '/',
      scoringPath: '/',
    };
    const inputs = { registryAuthentication: { kind: 'none' }, requireApproval: true, trustedKeys: [] } as const;
    await assert.rejects(services.requireEvidence(inputs, release), /has no digest/);
  });
});
