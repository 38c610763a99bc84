import assert from 'node:assert/strict';
import { localCloud } from '../../../../local/azure/context';
import { localAzure } from '../../../support/azure';
import { MlWorkspace, readText, workspaceId } from '../../../support/mlWorkspace';

/** Logs a metric as MLflow's client does, with nothing but the standard library. */
const trialScript = [
  'import json, os, ssl, sys, urllib.request',
  'depth, out = int(sys.argv[1]), sys.argv[2]',
  'open(os.path.join(out, "depth.txt"), "w").write(str(depth))',
  'if depth == 4: sys.exit("too deep")',
  'body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "rmse", "value": abs(depth - 2), "timestamp": 1}',
  'url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"',
  'headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}',
  'trust = ssl.create_default_context(cafile=os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"])',
  'urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), context=trust)',
].join('\n');

describe('a sweep of local Azure', function () {
  this.timeout(180_000);

  it('runs its trials and hands on the best one by the primary metric', async () => {
    const ml = new MlWorkspace(await localAzure());
    const sweep = await ml.submit({
      jobType: 'Sweep',
      trial: {
        command: 'python trial.py ${{search_space.depth}} ${{outputs.model}}',
        environmentId: await ml.environment(),
        codeId: await ml.code({ 'trial.py': trialScript }),
      },
      outputs: { model: { jobOutputType: 'custom_model' } },
      searchSpace: { depth: ['choice', [[1, 2, 4]]] },
      samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
      objective: { goal: 'Minimize', primaryMetric: 'rmse' },
      limits: { jobLimitsType: 'Sweep', maxConcurrentTrials: 2, maxTotalTrials: 10 },
    });
    const { details } = await ml.untilEnd(sweep);
    assert.equal(details.status, 'Completed', JSON.stringify(details.error));

    const { body } = (await ml.call('GET', `/history/v1.0${workspaceId}/runs/${sweep}/children`)) as {
      body: { value: Array<{ runId: string; status: string; rootRunId: string }> };
    };
    assert.deepEqual(body.value.map(({ runId, status, rootRunId }) => [runId, status, rootRunId]).sort(), [
      [`${sweep}_0`, 'Completed', sweep],
      [`${sweep}_1`, 'Completed', sweep],
      [`${sweep}_2`, 'Failed', sweep],
    ]);
    const job = await ml.client.jobs.get(localCloud.resourceGroup, localCloud.workspace, sweep);
    assert.equal(job.properties.properties?.best_child_run_id, `${sweep}_1`);
    assert.equal(job.properties.properties?.score, '0');

    const reader = await ml.submit({
      command: 'cat ${{inputs.model}}/depth.txt',
      environmentId: await ml.environment(),
      inputs: { model: { jobInputType: 'custom_model', uri: `azureml://jobs/${sweep}/outputs/model/paths/` } },
    });
    const read = await ml.untilEnd(reader);
    assert.equal(await readText(read.details.logFiles['user_logs/std_log.txt']), '2');
  });

  it('ends its trials when it is cancelled', async () => {
    const ml = new MlWorkspace(await localAzure());
    const sweep = await ml.submit({
      jobType: 'Sweep',
      trial: { command: 'sleep 300', environmentId: await ml.environment() },
      searchSpace: { rate: ['uniform', [0, 1]] },
      samplingAlgorithm: { samplingAlgorithmType: 'Random', seed: 1 },
      objective: { goal: 'Maximize', primaryMetric: 'auc' },
      limits: { jobLimitsType: 'Sweep', maxTotalTrials: 3, maxConcurrentTrials: 1 },
    });
    await ml.until(`${sweep}_0`, 'Running');
    await ml.cancel(sweep);
    assert.equal((await ml.untilEnd(sweep)).details.status, 'Canceled');
    assert.equal((await ml.details(`${sweep}_0`)).status, 'Canceled');
  });
});
