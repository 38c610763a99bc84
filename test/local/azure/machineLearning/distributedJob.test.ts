import assert from 'node:assert/strict';
import { localAzure } from '../../../support/azure';
import { MlWorkspace, readText } from '../../../support/mlWorkspace';

describe('a distributed job of local Azure', function () {
  this.timeout(180_000);

  it('runs a process for each rank, with a log of its own', async () => {
    const ml = new MlWorkspace(await localAzure());
    const job = await ml.submit({
      command: 'echo rank $RANK of $WORLD_SIZE on node $NODE_RANK',
      environmentId: await ml.environment(),
      distribution: { distributionType: 'PyTorch', processCountPerInstance: 2 },
      resources: { instanceCount: 2 },
    });
    const { details } = await ml.untilEnd(job);
    assert.equal(details.status, 'Completed');
    const logs = Object.keys(details.logFiles).filter((path) => path.startsWith('user_logs/'));
    assert.deepEqual(
      await Promise.all(logs.sort().map(async (path) => [path, await readText(details.logFiles[path])])),
      [0, 1, 2, 3].map((rank) => [
        `user_logs/std_log_process_0${rank}.txt`,
        `rank ${rank} of 4 on node ${Math.floor(rank / 2)}\n`,
      ]),
    );
  });

  it('ends the other processes when one fails, and names the log of that one', async () => {
    const ml = new MlWorkspace(await localAzure());
    const job = await ml.submit({
      command: 'if [ $RANK = 1 ]; then exit 3; fi; sleep 300',
      environmentId: await ml.environment(),
      distribution: { distributionType: 'Mpi', processCountPerInstance: 2 },
    });
    const { details } = await ml.untilEnd(job);
    assert.equal(details.status, 'Failed');
    assert.match(details.error?.error.message ?? '', /status code 3.+std_log_process_01\.txt/);
  });
});
