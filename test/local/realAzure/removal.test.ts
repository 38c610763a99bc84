import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localCloud } from '../../../local/azure/context';
import { Arm } from '../../realAzure/arm';
import { groupId, groupName, newBelongings, tagName, type Belongings } from '../../realAzure/belongings';
import { LiveRuns } from '../../realAzure/liveRuns';
import { Removal } from '../../realAzure/removal';
import { Resources } from '../../realAzure/resources';
import { cloudClient, type CloudClient } from '../containers/cloudClient';

const { subscriptionId, tenantId } = localCloud;
const account = { subscriptionId, tenantId, subscriptionName: localCloud.subscriptionName };
const hour = 3_600_000;

describe('the removal of what npm run real-azure has made', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'real-azure-'));
  const said: string[] = [];
  let cloud: CloudClient;
  let arm: Arm;
  let removal: Removal;
  let runs: LiveRuns;
  before(async () => {
    cloud = await cloudClient();
    arm = new Arm(cloud.azure.url, cloud.azure.caFile, async () => cloud.token);
    removal = new Removal(arm, subscriptionId, (line) => said.push(line), [0, 0, 0]);
    runs = new LiveRuns(join(folder, 'live'));
  });
  after(async () => {
    await arm.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => cloud.azure.faults.clear());

  async function made(lifetime = hour, all = false): Promise<Belongings> {
    const belongings = newBelongings(subscriptionId, 'eastus', lifetime);
    const resources = new Resources(arm, account, belongings, () => undefined);
    await resources.makeGroup();
    if (all) await resources.make(['pullIdentity', 'workspace']);
    return belongings;
  }
  const isThere = async (path: string): Promise<boolean> => (await arm.ask('GET', path)).status === 200;
  const deletedVaults = async (): Promise<string[]> => {
    const { json } = await arm.must(
      'GET',
      `/subscriptions/${subscriptionId}/providers/Microsoft.KeyVault/deletedVaults`,
    );
    return json.value.map(({ name }: { name: string }) => name);
  };

  it('leaves nothing: no group, no role, no deleted vault, no name of a workspace that stays taken', async () => {
    const belongings = await made(hour, true);
    assert.deepEqual(await removal.run(belongings.id), []);
    assert.equal(await isThere(groupId(belongings)), false);
    assert.ok(!(await deletedVaults()).includes(`mlops-${belongings.id}`));
    // The same names once more.
    const again = new Resources(arm, account, belongings, () => undefined);
    await again.makeGroup();
    await again.make(['pullIdentity', 'workspace']);
    const roles = await arm.must(
      'GET',
      `${again.registry}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()`,
    );
    assert.equal(roles.json.value.length, 1);
    assert.deepEqual(await removal.run(belongings.id), []);
  });

  it('tries again where a deletion fails, and then says the exact command', async () => {
    const fails = (times: number) =>
      cloud.azure.faults.http({ method: 'DELETE', path: '/resourceGroups/mlops-real-azure-r[0-9a-f]+\\?', times, action: { status: 409, body: { error: { code: 'Conflict', message: 'busy' } } } }); // prettier-ignore
    const first = await made();
    await fails(2);
    assert.deepEqual(await removal.run(first.id), []);
    assert.ok(
      said.some((line) => /not yet: .*409.*busy/.test(line)),
      said.join('\n'),
    );

    const second = await made();
    await fails(3);
    const [left] = await removal.run(second.id);
    assert.equal(
      left?.command,
      `az group delete --name ${groupName(second.id)} --subscription ${subscriptionId} --yes`,
    );
    assert.match(left.why, /409/);
    assert.deepEqual(await removal.run(second.id), []);
  });

  it('takes no refusal and no single absence for the end of what it made', async () => {
    const belongings = await made();
    const path = `/resourceGroups/mlops-real-azure-r[0-9a-f]+\\?`;
    await cloud.azure.faults.http({ method: 'GET', path, times: 3, action: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } } }); // prettier-ignore
    const [unseen] = await removal.run(belongings.id);
    assert.match(unseen?.why ?? '', /could not be looked at: .*403/);
    assert.equal(
      unseen?.command,
      `az group delete --name ${groupName(belongings.id)} --subscription ${subscriptionId} --yes`,
    );
    await cloud.azure.faults.http({ method: 'GET', path: '/deletedVaults', times: 3, action: { status: 403 } });
    await cloud.azure.faults.http({ method: 'GET', path, times: 1, action: { status: 404, body: { error: { code: 'ResourceGroupNotFound', message: 'no' } } } }); // prettier-ignore
    assert.deepEqual(
      (await removal.run(belongings.id)).map(({ what }) => what),
      ['deleted key vaults'],
    );
    assert.equal(await isThere(groupId(belongings)), false);
  });

  it('says the command for a vault that cannot be purged, and purges it at the next start', async () => {
    const belongings = await made(hour, true);
    await cloud.azure.faults.http({
      method: 'POST',
      path: '/deletedVaults/.*/purge',
      times: 3,
      action: { status: 500 },
    });
    const [left] = await removal.run(belongings.id);
    assert.equal(
      left?.command,
      `az keyvault purge --name mlops-${belongings.id} --location eastus --subscription ${subscriptionId}`,
    );
    const next = await removal.leftovers(runs, false);
    assert.deepEqual([next.removed, next.left], [[`deleted key vault mlops-${belongings.id}`], []]);
    assert.ok(!(await deletedVaults()).includes(`mlops-${belongings.id}`));
  });

  it('finds by their tag what dead processes left, and what is overdue, and spares what may be going on', async () => {
    const [live, dead, overdue, elsewhere] = [await made(), await made(), await made(-1), await made()];
    runs.begin(live.id);
    writeFileSync(join(folder, 'live', `${dead.id}.json`), JSON.stringify({ pid: process.pid, startTime: 'another' }));
    const first = await removal.leftovers(runs, false);
    const names = (...those: Belongings[]) => those.map(({ id }) => groupName(id)).sort();
    assert.deepEqual([first.removed.sort(), first.spared.sort()], [names(dead, overdue), names(live, elsewhere)]);
    const cleanUp = await removal.leftovers(runs, true);
    assert.deepEqual([cleanUp.removed, cleanUp.spared], [names(elsewhere), names(live)]);
    runs.end(live.id);
    assert.deepEqual((await removal.leftovers(runs, true)).removed, names(live));
  });

  it('never touches a group that it did not make, whatever its tags', async () => {
    const { id, tags } = newBelongings(subscriptionId, 'eastus', -1);
    const group = (name: string) => `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
    const foreign: Array<[string, Record<string, string>]> = [
      ['production', tags],
      [groupName(id), {}],
      [`${groupName(id)}-copy`, tags],
      [groupName('r0000000'), { [tagName]: id }],
    ];
    for (const [name, given] of foreign) await arm.must('PUT', group(name), { location: 'eastus', tags: given });
    const { removed, spared } = await removal.leftovers(runs, true);
    assert.deepEqual([removed, spared], [[], []]);
    const [refused] = await removal.run(id);
    assert.match(refused?.why ?? '', /does not bear the tag/);
    for (const [name] of foreign) {
      assert.equal(await isThere(group(name)), true, name);
      await arm.must('DELETE', group(name));
    }
  });
});
