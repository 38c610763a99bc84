import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localCloud } from '../../../local/azure/context';
import { runOf, type TaggedGroup } from '../../realAzure/belongings';
import { clientEnvironmentOf } from '../../realAzure/againstLocalAzure';
import { startProgram, type RunningCommand } from '../../support/commands';
import { cloudClient, type CloudClient } from '../containers/cloudClient';

describe('npm run real-azure against local Azure', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'real-azure-'));
  let cloud: CloudClient;
  before(async () => {
    cloud = await cloudClient();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => cloud.azure.faults.clear());

  const start = (...args: string[]): RunningCommand => {
    const command = [process.execPath, '--import', 'tsx', 'test/realAzure/main.ts', '--directory', folder, ...args];
    return startProgram(command, clientEnvironmentOf(cloud.azure));
  };
  const quick = ['--yes', '--no-comparison', '--only', 'arm-unknown-type,aci-delete-unknown'];

  /** Groups and deleted vaults of the command that are there. */
  async function whatIsLeft(): Promise<string[]> {
    const subscription = `/subscriptions/${localCloud.subscriptionId}`;
    const groups = await cloud.arm('GET', `${subscription}/resourceGroups?api-version=2022-09-01`);
    const vaults = await cloud.arm(
      'GET',
      `${subscription}/providers/Microsoft.KeyVault/deletedVaults?api-version=2022-07-01`,
    );
    // Other suites of this process leave vaults of their own.
    const own = vaults.json.value.filter(({ name }: { name: string }) => name.startsWith('mlops-r'));
    return [...groups.json.value.filter((group: TaggedGroup) => runOf(group) !== undefined), ...own].map(
      ({ name }: { name: string }) => name,
    );
  }

  it('makes nothing without consent', async () => {
    const { code, output } = await start('--only', 'arm-unknown-type').ended;
    assert.equal(code, 1, output);
    assert.match(
      output,
      /tried against local Azure only[^]*Estimate: USD [^]*Nothing was made: nobody is here to be asked/,
    );
    assert.deepEqual(await whatIsLeft(), []);
  });

  it('tries cases, records them sanitised, compares them with a local Azure of its own, and removes all it made', async () => {
    const { code, output } = await start('--yes', '--only', 'ml-unknown-model,ml-discovery,aci-delete-unknown').ended;
    assert.equal(code, 0, output);
    assert.match(output, /- as assumed: ml-discovery: api/);
    const [, same, compared] = /(\d+) of (\d+) recorded values are answered in the same form/.exec(output) ?? [];
    assert.ok(Number(compared) > 50 && same === compared, output);
    assert.match(output, /Nothing: all that was made has been removed\./);
    assert.deepEqual(await whatIsLeft(), []);
    const run = readdirSync(folder).find((name) => existsSync(join(folder, name, 'recordings')))!;
    const recordings = readdirSync(join(folder, run, 'recordings'));
    assert.ok(recordings.includes('ml-discovery.get_discovery_200.json'), recordings.join('\n'));
    const recording = JSON.parse(
      readFileSync(join(folder, run, 'recordings', 'ml-discovery.get_discovery_200.json'), 'utf8'),
    );
    assert.deepEqual([recording.status, typeof recording.body.api], [200, 'string']);
    const traffic = readFileSync(join(folder, run, 'traffic.jsonl'), 'utf8');
    const { subscriptionId, tenantId, clientId } = localCloud;
    for (const own of [
      subscriptionId,
      tenantId,
      clientId,
      run,
      clientEnvironmentOf(cloud.azure).AZURE_CLIENT_SECRET!,
      'eyJ',
    ]) {
      assert.ok(!traffic.includes(own), `the traffic holds ${own.slice(0, 12)}…`);
    }
  });

  /** Where it is broken off: when this is said, while that request is under way. */
  const phases: Array<[phase: string, said: string, slow: string]> = [
    ['making the group', 'Making the resource group', '/resourceGroups/mlops-real-azure-r'],
    ['making resources', 'Making the workspace', '/vaults/'],
    ['a case', 'Trying ml-unknown-model', '/models/nonesuch'],
    ['the removal', 'Removing the resource group', 'forceToPurge=true'],
  ];
  for (const [phase, said, slow] of phases) {
    it(`removes all it made when it is broken off in ${phase}`, async () => {
      await cloud.azure.faults.http({ path: slow, times: 1, action: { delayMs: 400 } });
      const command = start('--yes', '--no-comparison', '--only', 'ml-unknown-model');
      await command.printed(said);
      command.kill('SIGINT');
      const { code, output } = await command.ended;
      assert.equal(code, 130, output);
      assert.match(output, /Ending: all that was made is removed/);
      assert.deepEqual(await whatIsLeft(), []);
    });
  }

  it('removes at its next start what a killed run has left', async () => {
    await cloud.azure.faults.http({ path: '/models/nonesuch', times: 1, action: { delayMs: 5000 } });
    const killed = start('--yes', '--no-comparison', '--only', 'ml-unknown-model');
    await killed.printed('Trying ml-unknown-model');
    killed.kill('SIGKILL');
    await killed.ended;
    const [group] = await whatIsLeft();
    assert.match(group ?? '', /^mlops-real-azure-r/);
    const { code, output } = await start(...quick).ended;
    assert.equal(code, 0, output);
    assert.ok(output.includes(`Removed what an earlier run had left: ${group}`), output);
    assert.deepEqual(await whatIsLeft(), []);
  });

  it('removes all when its hours are over', async () => {
    await cloud.azure.faults.http({ path: '/models/nonesuch', times: 1, action: { delayMs: 60_000 } });
    const { code, output } = await start('--yes', '--no-comparison', '--only', 'ml-unknown-model', '--hours', '0.0005')
      .ended;
    assert.equal(code, 130, output);
    assert.match(output, /The 0\.0005 hours are over\./);
    assert.deepEqual(await whatIsLeft(), []);
  });
});
