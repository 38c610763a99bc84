import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { RegistryRequests } from '../../../tasks/common/azure/registry/registryRequests';
import sinon from 'sinon';
import { AzureSession } from '../../../tasks/common/azure/http/session';
import { Secret } from '../../../tasks/common/secret';
import { neededRoles } from '../../../tasks/TestEndpoint/neededRoles';
import { openServices } from '../../../tasks/TestEndpoint/services';
import { exampleRecord } from '../common/modelCard/exampleRecord';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';

const { signal } = new AbortController();
const digest = `sha256:${'d'.repeat(64)}`;

describe('Test-Endpoint: the registry of the image outside Azure', () => {
  afterEach(() => sinon.restore());

  const open = (registry: string, server: string) => {
    const imageConnection = { server, userName: 'reader', password: new Secret('word') };
    const { context } = taskContext('.', { azure: () => sinon.createStubInstance(AzureSession) });
    const services = openServices({ connection: serviceConnection, imageConnection, requestTimeoutMs: 1000 }, context); // prettier-ignore
    return services.azure!.registry({ registry, registryId: '/subscriptions/s/registries/r' });
  };

  it('is read by the user and password of its service connection, and Azure is not asked', async () => {
    const asked: Array<{ url: string; authorization?: string }> = [];
    sinon.stub(RegistryRequests.prototype, 'send').callsFake(((
      url: string,
      { headers = {} }: { headers?: Record<string, string> },
    ) => {
      asked.push({ url, authorization: headers.authorization });
      const isSignedIn = headers.authorization !== undefined;
      const all = new Map(Object.entries(isSignedIn ? {} : { 'www-authenticate': 'Basic realm="r"' }));
      return Promise.resolve({ status: isSignedIn ? 200 : 401, headers: { get: (name: string) => all.get(name) }, bodyAsText: '{}' }); // prettier-ignore
    }) as never);
    for (const [registry, host] of [['registry.example.com:5000'], ['docker.io', 'registry-1.docker.io']] as const) {
      asked.length = 0;
      await (await open(registry, registry)).manifest('team/model', digest, signal);
      assert.equal(asked.at(-1)!.url, `https://${host ?? registry}/v2/team/model/manifests/${digest}`);
      assert.equal(asked.at(-1)!.authorization, `Basic ${Buffer.from('reader:word').toString('base64')}`);
    }
  });

  it('gets no password that is for another', () =>
    assert.rejects(open('evil.example.net', 'registry.example.com'), /imageConnection: it is of the registry registry\.example\.com, and the image is in evil\.example\.net/)); // prettier-ignore

  it('may be written to later, and read where nothing is verified, where a deployment may have to be rolled back', () => {
    const record = exampleRecord({ image: { registryId: '/subscriptions/s/registries/r' } });
    const registryScope = () => ({ find: sinon.stub(), called: 'r', command: 'c' });
    const signingKey = { kind: 'privateKey', key: generateKeyPairSync('ed25519').privateKey } as const;
    const canWait = (rollbackOnFailure: boolean, trustedKeys?: []) => {
      const inputs = { promoteToChampion: false, rollbackOnFailure, signingKey, trustedKeys };
      const roles = neededRoles(inputs, record, { workspaceId: () => '/w', registryScope }, undefined);
      return roles.map((each) => [each.role, each.canWait ?? false]);
    };
    const first = ['Azure Container Instances Contributor', false];
    assert.deepEqual(canWait(true), [first, ['Reader', true], ['AcrPush', true]]);
    assert.deepEqual(canWait(true, []), [first, ['Reader', false], ['AcrPush', true]]);
    assert.ok(canWait(false).every(([, waits]) => waits === false));
  });

  it('takes no role in Azure', () => {
    const record = exampleRecord({ image: { registryId: '/subscriptions/s/registries/r' } });
    const inputs = { promoteToChampion: false, rollbackOnFailure: false, scoringUri: new URL('http://e'), trustedKeys: [] }; // prettier-ignore
    const workspaceId = () => '/w';
    const registryScope = () => ({ find: sinon.stub(), called: 'r', command: 'c' });
    assert.equal(neededRoles(inputs, record, { workspaceId, registryScope }, undefined).length, 1);
    const imageConnection = { server: 'registry.example.com', userName: 'reader', password: new Secret('word') };
    assert.deepEqual(
      neededRoles({ ...inputs, imageConnection }, record, { workspaceId, registryScope }, undefined),
      [],
    );
  });
});
