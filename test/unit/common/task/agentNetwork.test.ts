import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as TaskLib from 'azure-pipelines-task-lib/task';
import sinon from 'sinon';
import { readNetworkSettings } from '../../../../tasks/common/task/agentNetwork';
import { TaskFailure } from '../../../../tasks/common/taskFailure';

const tl = createRequire(__filename)('azure-pipelines-task-lib/task') as typeof TaskLib;

describe('the network that the agent was set up with', () => {
  let folder: string;
  let hidden: string[];
  const file = (name: string) => path.join(folder, name);
  const configured = (proxy: object | null, certificates: object | null) => {
    sinon.stub(tl, 'getHttpProxyConfiguration').returns(proxy as never);
    sinon.stub(tl, 'getHttpCertConfiguration').returns(certificates);
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'network-'));
    hidden = [];
    sinon.stub(tl, 'setSecret').callsFake((value) => void hidden.push(value));
  });
  afterEach(() => {
    sinon.restore();
    rmSync(folder, { recursive: true });
  });

  it('may be plain', () => {
    configured(null, null);
    const { proxy, certificateAuthorities, clientCertificate } = readNetworkSettings();
    assert.deepEqual([proxy, certificateAuthorities, clientCertificate, hidden], [undefined, undefined, undefined, []]);
  });

  it('has secrets of a proxy and of a client certificate, which are registered', () => {
    for (const name of ['ca', 'cert']) writeFileSync(file(name), name);
    writeFileSync(file('key'), '-----BEGIN PRIVATE KEY-----\nkey-line-one\nkey-line-two\n-----END PRIVATE KEY-----');
    configured(
      {
        proxyUrl: 'http://proxy:8080',
        proxyUsername: 'user',
        proxyPassword: 'proxy-word',
        proxyBypassHosts: ['^local'],
      },
      { caFile: file('ca'), certFile: file('cert'), keyFile: file('key'), passphrase: 'pass-phrase' },
    );
    const { proxy, certificateAuthorities, clientCertificate } = readNetworkSettings();
    assert.deepEqual([proxy?.url, proxy?.password?.reveal()], ['http://proxy:8080', 'proxy-word']);
    assert.deepEqual([certificateAuthorities, clientCertificate?.cert], ['ca', 'cert']);
    assert.match(clientCertificate!.key.reveal(), /key-line-one/);
    assert.deepEqual(hidden.sort(), ['key-line-one', 'key-line-two', 'pass-phrase', 'proxy-word']);
  });

  it('leaves out what is not a regular expression among the hosts to bypass, and says so', () => {
    const warning = sinon.stub(tl, 'warning');
    configured({ proxyUrl: 'http://proxy:8080', proxyBypassHosts: ['(', '^local'] }, null);
    assert.deepEqual(readNetworkSettings().proxy?.bypass, [/^local/i]);
    assert.match(warning.firstCall.args[0], /not a regular expression and is ignored: \($/);
  });

  for (const [missing, what] of [
    ['ca', 'certificate authorities'],
    ['cert', 'client certificate'],
    ['key', 'private key of the client certificate'],
  ] as const) {
    it(`fails by what a user can mend where the file of the ${what} is not there`, () => {
      for (const name of ['ca', 'cert', 'key']) if (name !== missing) writeFileSync(file(name), name);
      configured(null, { caFile: file('ca'), certFile: file('cert'), keyFile: file('key') });
      assert.throws(readNetworkSettings, (error: Error) => {
        assert.ok(error instanceof TaskFailure);
        assert.match(
          error.message,
          new RegExp(`^The file of the agent's ${what} cannot be read: ENOENT.*configure the agent`),
        );
        return true;
      });
    });
  }
});
