import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';
import { createGroup, deleteGroup, groupUrl, serverImage, version } from './aciGroup';
import { cloudClient, type CloudClient } from './cloudClient';

describe('a program started in a running container', function () {
  this.timeout(120_000);
  let cloud: CloudClient;
  before(async () => {
    cloud = await cloudClient();
    await createGroup(cloud, 'executed', { image: await serverImage(cloud), env: { NAME: 'me' } });
  });
  after(() => deleteGroup(cloud, 'executed'));

  const execute = (command: string, container = 'main', group = 'executed') =>
    cloud.arm('POST', `${groupUrl(group)}/containers/${container}/exec?${version}`, {
      command,
      terminalSize: { rows: 24, cols: 80 },
    });

  /** Types after the password as `az container exec` does, a character a message; all that came until the end. */
  async function talk(command: string, typed: string, secret?: string): Promise<{ shown: string; code: number }> {
    const { json } = await execute(command);
    const socket = new WebSocket(json.webSocketUri as string, { ca: readFileSync(cloud.azure.caFile) });
    let shown = '';
    socket.on('message', (data) => (shown += (data as Buffer).toString()));
    socket.on('open', () => {
      socket.send(secret ?? (json.password as string));
      for (const character of typed) socket.send(character);
    });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code) => resolve({ shown, code }));
    });
  }

  it('is typed to, and shows what it writes', async () => {
    const { shown, code } = await talk('/bin/sh', 'echo $NAME-$((40+2)); echo odd >&2\rexit\r');
    assert.equal(code, 1000);
    assert.match(shown, /^echo \$NAME-\$\(\(40\+2\)\); echo odd >&2\r\n/, 'what is typed is shown');
    assert.match(shown, /me-42\r\n/);
    assert.match(shown, /odd\r\n/);
  });

  it('ends by Ctrl+D, and by Ctrl+C', async () => {
    assert.match((await talk('/bin/cat', 'once\r\u0004')).shown, /once\r\nonce\r\n/);
    assert.equal((await talk('/bin/cat', '\u0003')).code, 1000);
  });

  it('is one program without arguments, as in Azure', async () => {
    const { shown } = await talk('ls -l', '');
    assert.match(shown, /exec: "ls -l": executable file not found in \$PATH/);
  });

  it('is reached only by the password of its session, once', async () => {
    assert.equal((await talk('/bin/sh', '', 'another')).code, 1008);
    const { json } = await execute('/bin/sh');
    const wrong = (json.webSocketUri as string).replace(/[^/]+$/, 'nonesuch');
    const socket = new WebSocket(wrong, { ca: readFileSync(cloud.azure.caFile) });
    await assert.rejects(new Promise((_, reject) => socket.on('error', reject)), /404/);
  });

  it('is refused where there is no such container, or no command', async () => {
    assert.equal((await execute('/bin/sh', 'other')).json.error.code, 'ContainerNotFound');
    assert.equal((await execute('/bin/sh', 'main', 'nonesuch')).json.error.code, 'ResourceNotFound');
    assert.equal((await execute('')).json.error.code, 'InvalidRequestContent');
  });
});
