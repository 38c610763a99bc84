import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { RegistrySignIn } from '../../../tasks/common/azure/registry/registryAuthorization';
import { RegistryContents } from '../../../tasks/common/azure/registry/containerRegistryContents';
import { AzureSession } from '../../../tasks/common/azure/http/session';
import type { TaskLog } from '../../../tasks/common/log';
import { parseImageName } from '../../../tasks/common/imageName';
import { pinBaseImage } from '../../../tasks/PackageImage/plan/baseImage';
import { Secret } from '../../../tasks/common/secret';
import { serviceConnection } from '../../support/serviceConnection';

const digest = `sha256:${'c'.repeat(64)}`;
const session = new AzureSession(serviceConnection);
const signal = new AbortController().signal;

describe('the base image', () => {
  let info: sinon.SinonStub;
  let asked: sinon.SinonStub;
  beforeEach(() => {
    info = sinon.stub();
    asked = sinon.stub(RegistryContents.prototype, 'digest').resolves(digest);
  });
  afterEach(() => sinon.restore());
  const login = { server: 'private.example.net', userName: 'u', password: new Secret('p') };
  const pin = (reference: string) =>
    pinBaseImage(reference, session, 'acr.example.net', login, { info } as unknown as TaskLog, signal);
  const signIn = () => (asked.firstCall.thisValue as { signIn: RegistrySignIn }).signIn;

  it('is pinned to the digest that its tag has now', async () => {
    assert.equal(await pin('mcr.example.net/azureml/base:5'), `mcr.example.net/azureml/base:5@${digest}`);
    assert.deepEqual(asked.firstCall.args.slice(0, 2), ['azureml/base', '5']);
    assert.deepEqual(signIn(), { kind: 'anonymous' });
  });

  it('without a tag is latest, and a short name is one of Docker Hub', async () => {
    await pin('python');
    assert.deepEqual(asked.firstCall.args.slice(0, 2), ['library/python', 'latest']);
    assert.equal((asked.firstCall.thisValue as { host: string }).host, 'registry-1.docker.io');
  });

  it('that has a digest is asked for by nobody', async () => {
    assert.equal(await pin(`a.example.net/b@${digest}`), `a.example.net/b@${digest}`);
    sinon.assert.notCalled(asked);
  });

  it('is read from the own registry by Entra, from the private one by its password', async () => {
    await pin('ACR.example.net/base:1');
    assert.deepEqual(signIn(), { kind: 'entra' });
    asked.resetHistory();
    await pin('private.example.net/base:1');
    assert.deepEqual(signIn(), { kind: 'password', userName: 'u', password: login.password });
  });

  it('that does not exist is refused', async () => {
    asked.resolves(undefined);
    await assert.rejects(pin('a.example.net/b:1'), /Input baseImage: the image a\.example\.net\/b:1 does not exist/);
  });

  it('that is private is refused with the way to sign in', async () => {
    asked.rejects(new AzureFailure('no', undefined, 401, 'UNAUTHORIZED', 'authentication required', undefined));
    await assert.rejects(pin('a.example.net/b:1'), /does not serve.*authentication required.*baseImageConnection/);
    await assert.rejects(pin('private.example.net/b:1'), /Check the credentials/);
  });

  it('whose registry the agent cannot reach stays as it is, and that is said', async () => {
    asked.rejects(new AzureFailure('no way', undefined, undefined, 'ENOTFOUND', 'getaddrinfo ENOTFOUND', undefined));
    assert.equal(await pin('a.example.net/b:1'), 'a.example.net/b:1');
    assert.match(String(info.firstCall.args[0]), /is not pinned to a digest.*ENOTFOUND/);
  });

  for (const registry of ['acr.example.net', 'other.example.net']) {
    it(`that the rules of the network of ${registry} keep only from the agent stays as it is`, async () => {
      const message =
        "client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.";
      asked.rejects(new AzureFailure('no', undefined, 403, 'DENIED', message, undefined));
      assert.equal(await pin(`${registry}/base:1`), `${registry}/base:1`);
      assert.match(String(info.firstCall.args[0]), /is not pinned to a digest.*not allowed access/);
    });
  }
});

describe('image references', () => {
  for (const [text, expected] of [
    ['python:3.11', ['docker.io', 'library/python', '3.11', undefined]],
    ['team/app', ['docker.io', 'team/app', undefined, undefined]],
    ['localhost:5000/a/b:1', ['localhost:5000', 'a/b', '1', undefined]],
    [`r.example.net/a:1@${digest}`, ['r.example.net', 'a', '1', digest]],
  ] as const) {
    it(`reads ${text}`, () => {
      const name = parseImageName(text);
      assert.deepEqual([name?.registry, name?.repository, name?.tag, name?.digest], expected);
    });
  }

  it('reads an address as a registry', () => {
    assert.equal(parseImageName('[::1]:5000/a:1')?.registry, '[::1]:5000');
    assert.equal(parseImageName('192.0.2.1:5000/a')?.registry, '192.0.2.1:5000');
  });

  const noHosts = ['$(touch${IFS}pwned).io', '`a`.io', 'a.io;b', 'a.io"', "a.io'b", 'a.io|b', 'a&b.io', 'r.io:port', '[$(a)]:1'].map((host) => `${host}/a@${digest}`); // prettier-ignore
  for (const text of [
    '',
    'Upper/case',
    'a b',
    'x@sha256:12',
    'https://r.example.net/a',
    'a//b',
    '$(base)',
    ...noHosts,
  ]) {
    it(`refuses "${text}"`, () => assert.equal(parseImageName(text), undefined));
  }
});
