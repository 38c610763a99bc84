import assert from 'node:assert/strict';
import type { TLSSocket } from 'node:tls';
import { createPipelineRequest } from '@azure/core-rest-pipeline';
import { createPrincipalCertificate } from '../../../../local/azure/certificates/certificateAuthority';
import { AzureDevOps } from '../../../../tasks/common/hosts/azureDevOps';
import { BlobTransfer } from '../../../../tasks/common/azure/storage/blobTransfer';
import { healthRequest } from '../../../../tasks/common/azure/containerGroups/healthRequest';
import { RegistryContents } from '../../../../tasks/common/azure/registry/containerRegistryContents';
import { Workspace } from '../../../../tasks/common/azure/ml/workspace';
import type { NetworkSettings } from '../../../../tasks/common/azure/http/network';
import { createSender } from '../../../../tasks/common/azure/http/pipeline';
import type { ServiceConnection } from '../../../../tasks/common/azure/http/serviceConnection';
import { AzureSession } from '../../../../tasks/common/azure/http/session';
import { startForwardProxy, type ForwardProxy } from '../../../support/forwardProxy';
import { startSecureServer } from '../../../support/secureServer';
import { Secret } from '../../../../tasks/common/secret';

describe("the agent's proxy together with its certificates", () => {
  let server: Awaited<ReturnType<typeof startSecureServer>>;
  let proxy: ForwardProxy;
  let principal: Awaited<ReturnType<typeof createPrincipalCertificate>>;
  let network: NetworkSettings;
  /** The certificates that clients have shown, by their subjects. */
  const shown: Array<string | undefined> = [];
  const signal = new AbortController().signal;

  before(async function () {
    // The SDK goes around any proxy to what stands there, and reads it but once.
    if ((process.env.NO_PROXY ?? process.env.no_proxy)?.includes('127.0.0.1')) this.skip();
    principal = await createPrincipalCertificate();
    const options = { requestCert: true, rejectUnauthorized: false, ca: principal.certificate };
    server = await startSecureServer((request, response) => {
      shown.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN as string);
      const { pathname } = new URL(request.url!, 'http://any');
      const origin = `https://${request.headers.host}/tenant`;
      const body = pathname.endsWith('/.well-known/openid-configuration')
        ? {
            issuer: `${origin}/v2.0`,
            authorization_endpoint: `${origin}/authorize`,
            token_endpoint: `${origin}/token`,
            jwks_uri: `${origin}/keys`,
          }
        : pathname.endsWith('/token')
          ? { token_type: 'Bearer', access_token: 'token', expires_in: 3600 }
          : { name: 'well' };
      response.setHeader('content-type', 'application/json');
      response.setHeader('docker-content-digest', 'sha256:1');
      response.end(JSON.stringify(body));
    }, options);
    proxy = await startForwardProxy([server.port]);
    network = {
      certificateAuthorities: server.certificateAuthorities,
      clientCertificate: { cert: principal.certificate, key: new Secret(principal.key) },
      proxy: { url: proxy.url, bypass: [] },
    };
  });
  after(() => {
    server?.close();
    proxy?.close();
  });
  beforeEach(() => {
    proxy.asked.length = 0;
    shown.length = 0;
  });

  const open = () =>
    new AzureSession(
      {
        resourceManagerUrl: server.urlByProxy,
        authorityUrl: server.urlByProxy,
        audience: 'https://management.example',
        tenantId: 'tenant',
        subscriptionId: 'subscription',
        authentication: { scheme: 'ServicePrincipalKey', clientId: 'client', clientSecret: new Secret('not-a-secret') },
      } as unknown as ServiceConnection,
      network,
    );
  const calls: Record<string, () => Promise<unknown>> = {
    'the resource manager': async () => (await open().request<{ name: string }>({ url: '/x' })).body.name,
    "Azure's own client": async () =>
      new Workspace(open(), 'group', 'workspace').ask(
        async ({ workspaces }, place, options) => (await workspaces.get(...place, options)).name,
      ),
    Entra: async () => (await open().token()).token.replace('token', 'well'),
    'a registry': async () =>
      (
        await new RegistryContents(open(), new URL(server.urlByProxy).host, { kind: 'anonymous' }).digest(
          'a',
          '1',
          signal,
        )
      )?.replace('sha256:1', 'well'),
    'a blob': async () =>
      (
        JSON.parse((await new BlobTransfer(open()).readRange(server.urlByProxy, 0, 99, signal))!.bytes.toString()) as {
          name: string;
        }
      ).name,
    'Azure DevOps': async () =>
      (
        await new AzureDevOps(`${server.urlByProxy}/o/p/`, new Secret('token'), network).request<{ name: string }>({
          method: 'GET',
          path: 'x',
        })
      ).name,
    'a health check': async () => {
      const answer = await healthRequest(open())(server.urlByProxy);
      return 'status' in answer && answer.status === 200 ? 'well' : JSON.stringify(answer);
    },
  };
  for (const [what, call] of Object.entries(calls)) {
    it(`trusts ${what} by the authorities of the agent, and shows it the agent's own certificate`, async () => {
      assert.equal(await call(), 'well');
      assert.ok(proxy.asked.includes(`CONNECT ${new URL(server.urlByProxy).host}`));
      assert.ok(proxy.asked.length >= shown.length, 'nothing goes around the proxy');
      assert.deepEqual([...new Set(shown)], ['Local Azure service principal']);
    });
  }

  it('trusts nobody else', async () => {
    const other = await startSecureServer((_request, response) => response.end());
    try {
      network = { ...network, certificateAuthorities: other.certificateAuthorities };
      assert.match(
        JSON.stringify(await healthRequest(open())(server.urlByProxy)),
        /UNABLE_TO_VERIFY|SELF_SIGNED|unable to/i,
      );
    } finally {
      network = { ...network, certificateAuthorities: server.certificateAuthorities };
      other.close();
    }
  });
});

it("clients of one network use each other's connections, with the authorities of the agent too", async () => {
  const ports = new Set<number | undefined>();
  const server = await startSecureServer((request, response) => {
    ports.add(request.socket.remotePort);
    response.end();
  });
  try {
    for (const client of [1, 2]) {
      const send = await createSender(server.network);
      const { status } = await send(createPipelineRequest({ url: `${server.url}/${client}` }));
      assert.equal(status, 200);
    }
    assert.equal(ports.size, 1);
  } finally {
    server.close();
  }
});

it('no client shows what a refusal repeats of its own permission', async () => {
  const permission = { token: 'token-of-this-run', signature: 'signature-of-this-url' };
  const server = await startSecureServer((_request, response) => {
    response.writeHead(403, { 'content-type': 'text/plain' }).end(Object.values(permission).join(' and '));
  });
  try {
    const send = await createSender(server.network);
    const request = createPipelineRequest({ url: `${server.url}/x?sig=${permission.signature}` });
    request.headers.set('authorization', `Bearer ${permission.token}`);
    assert.equal((await send(request)).bodyAsText, '*** and ***');
  } finally {
    server.close();
  }
});
