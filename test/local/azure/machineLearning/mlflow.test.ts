import assert from 'node:assert/strict';
import { localAzure } from '../../../support/azure';
import { MlWorkspace, readText, workspaceId } from '../../../support/mlWorkspace';

const tracking = `/mlflow/v1.0${workspaceId}/api/2.0/mlflow`;

/** The client as PyPI serves it; its environment is made once and kept in the cache. */
const condaFile = ['name: tracking', 'dependencies:', '  - python=3.11', '  - pip:', '      - mlflow-skinny'].join(
  '\n',
);

const script = [
  'import json, math, os, mlflow',
  'with mlflow.start_run() as run:',
  '    assert run.info.run_id == os.environ["AZUREML_RUN_ID"], run.info.run_id',
  '    for step in range(3): mlflow.log_metric("loss", 1 / (step + 1), step=step)',
  '    mlflow.log_metrics({"rmse": 1.5, "odd": math.nan})',
  '    mlflow.log_params({"rate": 0.1, "depth": 3})',
  '    mlflow.set_tag("team", "pricing")',
  '    mlflow.log_dict({"a": 1}, "report/numbers.json")',
  '    open("empty.txt", "w").close()',
  '    mlflow.log_artifact("empty.txt")',
  '    with mlflow.start_run(nested=True, run_name="inner"): mlflow.log_metric("inner", 1)',
  'client = mlflow.MlflowClient()',
  'assert [m.value for m in client.get_metric_history(run.info.run_id, "loss")] == [1, 0.5, 1 / 3]',
  'assert [f.path for f in client.list_artifacts(run.info.run_id, "report")] == ["report/numbers.json"]',
  'path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="report/numbers.json")',
  'assert json.load(open(path)) == {"a": 1}',
  'found = mlflow.search_runs(filter_string="metrics.rmse > 1 and params.depth = \'3\'", output_format="list")',
  'assert [r.info.run_id for r in found] == [run.info.run_id], found',
  'print("all of it was tracked")',
].join('\n');

describe('MLflow in a job of local Azure', function () {
  this.timeout(600_000);

  it('tracks what the unmodified client logs, in the run of the job', async () => {
    const ml = new MlWorkspace(await localAzure());
    const job = await ml.submit({
      command: 'python train.py',
      environmentId: await ml.environment(condaFile),
      codeId: await ml.code({ 'train.py': script }),
    });
    const { details } = await ml.untilEnd(job);
    const log = await readText(details.logFiles['user_logs/std_log.txt']);
    assert.equal(details.status, 'Completed', log);
    assert.match(log, /all of it was tracked/);

    const { body } = (await ml.call('GET', `${tracking}/runs/get?run_id=${job}`)) as {
      body: { run: { info: { status: string }; data: Record<string, Array<{ key: string; value: unknown }>> } };
    };
    const values = (kind: string) =>
      Object.fromEntries((body.run.data[kind] ?? []).map(({ key, value }) => [key, value]));
    assert.equal(body.run.info.status, 'FINISHED');
    assert.deepEqual(values('metrics'), { loss: 1 / 3, rmse: 1.5, odd: 'NaN' });
    assert.deepEqual(values('params'), { rate: '0.1', depth: '3' });
    assert.equal(values('tags').team, 'pricing');

    const artifacts = (await ml.call('GET', `/artifact/v2.0${workspaceId}/artifacts/ExperimentRun/dcid.${job}`)) as {
      body: { value: Array<{ path: string }> };
    };
    const paths = artifacts.body.value.map((artifact) => artifact.path);
    assert.ok(paths.includes('report/numbers.json') && paths.includes('empty.txt'), paths.join());
    const children = (await ml.call('GET', `/history/v1.0${workspaceId}/runs/${job}/children`)) as {
      body: { value: Array<{ displayName: string; rootRunId: string }> };
    };
    assert.deepEqual(
      children.body.value.map(({ displayName, rootRunId }) => [displayName, rootRunId]),
      [['inner', job]],
    );
  });

  it('hands out the history of a metric page by page', async () => {
    const ml = new MlWorkspace(await localAzure());
    const created = (await ml.call('POST', `${tracking}/runs/create`, {})) as {
      body: { run: { info: { run_id: string } } };
    };
    const id = created.body.run.info.run_id;
    const metrics = Array.from({ length: 5 }, (_, step) => ({ key: 'loss', value: step, timestamp: 1, step }));
    await ml.call('POST', `${tracking}/runs/log-batch`, { run_id: id, metrics });
    const values: number[] = [];
    let token = '';
    do {
      const { body } = (await ml.call(
        'GET',
        `${tracking}/metrics/get-history?run_id=${id}&metric_key=loss&max_results=2&page_token=${token}`,
      )) as { body: { metrics: Array<{ value: number }>; next_page_token?: string } };
      values.push(...body.metrics.map((metric) => metric.value));
      token = body.next_page_token ?? '';
    } while (token);
    assert.deepEqual(values, [0, 1, 2, 3, 4]);
  });
});
