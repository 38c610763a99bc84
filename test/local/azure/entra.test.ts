import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import {
  AzurePipelinesCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure/index';
import { localAzure } from '../../support/azure';

const scope = 'https://management.azure.com/.default';

describe('Entra in local Azure', function () {
  this.timeout(300_000);
  let azure: LocalAzure;
  let options: object;

  before(async () => {
    azure = await localAzure();
    const ca = readFileSync(azure.caFile, 'utf8');
    options = {
      authorityHost: azure.url,
      disableInstanceDiscovery: true,
      tlsOptions: { ca },
      retryOptions: { maxRetries: 0 },
    };
  });

  afterEach(() => azure.faults.clear());

  /** The status of a request to the resource manager with the token. */
  async function statusWith(token: string | undefined): Promise<{ status: number; challenge: unknown }> {
    const dispatcher = new Agent({ connect: { ca: readFileSync(azure.caFile) } });
    const { statusCode, headers, body } = await request(`${azure.url}/subscriptions?api-version=2022-12-01`, {
      dispatcher,
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    await body.dump();
    await dispatcher.close();
    return { status: statusCode, challenge: headers['www-authenticate'] };
  }

  const credentials: Record<string, () => TokenCredential> = {
    WorkloadIdentityFederation: () => {
      const connection = azure.serviceConnection('WorkloadIdentityFederation');
      process.env.SYSTEM_OIDCREQUESTURI = azure.oidcRequestUri;
      const { tenantid = '', serviceprincipalid = '' } = connection.auth.parameters;
      return new AzurePipelinesCredential(
        tenantid,
        serviceprincipalid,
        connection.id,
        azure.systemAccessToken,
        options,
      );
    },
    ServicePrincipal: () => {
      const {
        tenantid = '',
        serviceprincipalid = '',
        serviceprincipalkey = '',
      } = azure.serviceConnection('ServicePrincipal').auth.parameters;
      return new ClientSecretCredential(tenantid, serviceprincipalid, serviceprincipalkey, options);
    },
    ServicePrincipalCertificate: () => {
      const { parameters } = azure.serviceConnection('ServicePrincipalCertificate').auth;
      const certificate = { certificate: parameters.servicePrincipalCertificate ?? '' };
      return new ClientCertificateCredential(
        parameters.tenantid ?? '',
        parameters.serviceprincipalid ?? '',
        certificate,
        options,
      );
    },
    ManagedServiceIdentity: () => {
      Object.assign(process.env, {
        AZURE_POD_IDENTITY_AUTHORITY_HOST:
          azure.environmentFor('ManagedServiceIdentity').AZURE_POD_IDENTITY_AUTHORITY_HOST,
      });
      return new ManagedIdentityCredential();
    },
  };
  const { SYSTEM_OIDCREQUESTURI: uri, AZURE_POD_IDENTITY_AUTHORITY_HOST: host } = process.env;
  after(() => {
    for (const [name, value] of Object.entries({
      SYSTEM_OIDCREQUESTURI: uri,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: host,
    })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  for (const [scheme, credential] of Object.entries(credentials)) {
    it(`gives a ${scheme} a token that the resource manager accepts`, async () => {
      const token = await credential().getToken(scope);
      assert.equal((await statusWith(token?.token)).status, 200);
    });
  }

  it('refuses a wrong secret and an expired one as Entra does', async () => {
    const wrong = new ClientSecretCredential(localCloud.tenantId, localCloud.clientId, 'wrong', options);
    await assert.rejects(wrong.getToken(scope), /AADSTS7000215/);
    await azure.faults.named('entra.secretExpired', { times: 9 });
    await assert.rejects(async () => credentials.ServicePrincipal?.().getToken(scope), /AADSTS7000222/);
  });

  it('refuses an unknown tenant and an unknown application', async () => {
    const other = '72000000-0000-4000-8000-0000000000ff';
    await assert.rejects(new ClientSecretCredential(other, localCloud.clientId, 'x', options).getToken(scope));
    await assert.rejects(
      new ClientSecretCredential(localCloud.tenantId, other, 'x', options).getToken(scope),
      /AADSTS700016/,
    );
  });

  it('lets no request pass without a token, with an expired one, of another issuer or for another service', async () => {
    const none = await statusWith(undefined);
    assert.equal(none.status, 401);
    assert.match(String(none.challenge), /^Bearer authorization_uri=/);
    await azure.faults.named('entra.token', { detail: { expiresInSeconds: -1 } });
    const expired = await credentials.ServicePrincipal?.().getToken(scope);
    const refused = await statusWith(expired?.token);
    assert.equal(refused.status, 401);
    assert.match(String(refused.challenge), /expiry/);
    const valid = await credentials.ServicePrincipal?.().getToken(scope);
    const [header, claims] = (valid?.token ?? '').split('.');
    const storage = await credentials.ServicePrincipal?.().getToken('https://storage.azure.com/.default');
    assert.equal((await statusWith(storage?.token)).status, 401);
    assert.equal((await statusWith(`${header}.${claims}.c2lnbmF0dXJl`)).status, 401);
  });
});
