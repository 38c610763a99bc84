import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectLocalAzure } from '../../../local/azure/index';
import { buildImage, getRun, schedule, upload } from './acrBuild';
import { fetchText, groupBody, putGroup, serverImage, waitForGroup } from './aciGroup';
import { connectClient, type CloudClient } from './cloudClient';

const root = join(__dirname, '..', '..', '..');

describe('containers across a restart of local Azure', function () {
  // Two starts, on a machine that may do much else.
  this.timeout(180_000);
  const stateDir = mkdtempSync(join(tmpdir(), 'local-azure-restart-'));
  let child: ChildProcess | undefined;
  let output = '';

  after(async () => {
    await stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  async function stop(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async function start(): Promise<CloudClient> {
    const main = ['--import', 'tsx', join(root, 'local', 'azure', 'main.ts'), '--state', stateDir];
    child = spawn(process.execPath, [...main, '--cache', join(root, '.local', 'cache'), '--port', '0'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    for (;;) {
      const azure = connectLocalAzure(stateDir);
      if (azure) return connectClient(azure);
      assert.equal(child.exitCode, null, output);
      await sleep(50);
    }
  }

  it('brings groups up again after it was killed, ends what it left behind, and gives up its builds', async () => {
    const first = await start();
    const image = await serverImage(first);
    const put = await putGroup(first, 'kept', await groupBody(first, { image, env: { NAME: 'kept' } }));
    assert.equal(put.status, 201, put.text);
    const { ipAddress } = (await waitForGroup(
      first,
      'kept',
      ({ provisioningState }) => provisioningState === 'Succeeded',
    )) as never as { ipAddress: { ip: string } };
    await fetchText(first, `http://${ipAddress.ip}:8080/`);
    const sourceLocation = await upload(first, { Dockerfile: 'FROM python:3.11\nRUN sleep 300\n' });
    const { runId } = (await schedule(first, { sourceLocation })).json.properties;
    while ((await getRun(first, runId as string)).json.properties.status !== 'Running') await sleep(50);
    child?.kill('SIGKILL');
    await once(child as ChildProcess, 'exit');

    output = '';
    const second = await start();
    const group = (await waitForGroup(
      second,
      'kept',
      ({ provisioningState, instanceView }) => provisioningState === 'Succeeded' && instanceView.state === 'Running',
    )) as never as { ipAddress: { ip: string } };
    assert.match(output, /Ending container kept-[0-9a-f]+\/main/);
    assert.match(output, /kept ran before and is brought up again/);
    assert.equal((await fetchText(second, `http://${group.ipAddress.ip}:8080/who`)).text, 'kept');
    const run = (await getRun(second, runId as string)).json.properties;
    assert.deepEqual(
      [run.status, run.runErrorMessage],
      ['Error', 'The run ended with the local Azure that carried it out.'],
    );
    const built = await buildImage(second, { Dockerfile: 'FROM scratch\n' }, { imageNames: ['again:1'] });
    assert.equal(built.status, 'Succeeded', 'what was pushed and how it is signed in are kept');

    // Ended again and again while it brings the group up, which asks this very local Azure for the image.
    for (let ends = 0; ends < 3; ends++) {
      await stop();
      await start();
    }
    await stop();
    const last = await start();
    await waitForGroup(
      last,
      'kept',
      ({ provisioningState, instanceView }) => provisioningState === 'Succeeded' && instanceView.state === 'Running',
    );
  });
});
