import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localCloud } from '../../../local/azure/context';
import { connectLocalAzure, startLocalAzure, type LocalAzure } from '../../../local/azure/index';
import { processStartTime } from '../../../local/azure/processes/processRecords';
import { MlWorkspace } from '../../support/mlWorkspace';

const root = join(__dirname, '..', '..', '..');
const { resourceGroup, workspace } = localCloud;

describe('local Azure as a process of its own', function () {
  this.timeout(180_000);
  let stateDir: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'local-azure-restart-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(stateDir, { recursive: true, force: true });
  });

  function start(...options: string[]): { child: ChildProcess; output: () => string } {
    const main = ['--import', 'tsx', join(root, 'local', 'azure', 'main.ts'), '--state', stateDir];
    const cache = join(root, '.local', 'cache');
    const child = spawn(process.execPath, [...main, '--cache', cache, '--port', '0', ...options], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { child, output: () => output };
  }

  async function connected(): Promise<LocalAzure> {
    for (;;) {
      const azure = existsSync(join(stateDir, 'azure.json')) ? connectLocalAzure(stateDir) : undefined;
      if (azure) return azure;
      await sleep(50);
    }
  }

  it('keeps its state when it is killed, fails the job that ran, and ends what was left behind', async () => {
    const first = start();
    const ml = new MlWorkspace(await connected());
    await ml.client.modelVersions.createOrUpdate(resourceGroup, workspace, 'kept', '7', {
      properties: { modelUri: 'azureml://datastores/workspaceblobstore/paths/model/' },
    });
    const environmentId = await ml.environment();
    const job = await ml.submit({ command: 'echo $$ > outputs/pid; exec sleep 300', environmentId });
    await ml.until(job, 'Running');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = start();
    while (connectLocalAzure(stateDir) === undefined) await sleep(50);
    const again = new MlWorkspace(await connected());
    const model = await again.client.modelVersions.get(resourceGroup, workspace, 'kept', '7');
    assert.match(model.properties.modelUri ?? '', /paths\/model\/$/);
    const lost = await again.details(job);
    assert.equal(lost.status, 'Failed');
    assert.match(lost.error?.error.message ?? '', /node was lost/);
    assert.match(second.output(), new RegExp(`Ending job ${job}`));
  });

  it('refuses a second one on the same state, and stops by its administration', async () => {
    const first = start();
    const azure = await connected();
    const second = start();
    const [code] = (await once(second.child, 'exit')) as [number];
    assert.equal(code, 1);
    assert.match(second.output(), /A local Azure already runs on .+ \(process \d+\)/);
    await azure.close();
    await once(first.child, 'exit');
    assert.equal(processStartTime(first.child.pid ?? 0), undefined);
    assert.equal(connectLocalAzure(stateDir), undefined);
  });

  it('says which port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(
      startLocalAzure({ stateDir, cacheDir: join(stateDir, 'cache'), port }),
      new RegExp(`Port ${port} is in use`),
    );
    taken.close();
    // Nothing half-made is left: the state can be used at once.
    const azure = await startLocalAzure({ stateDir, cacheDir: join(stateDir, 'cache') });
    await azure.close();
  });
});
