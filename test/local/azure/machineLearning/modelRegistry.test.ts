import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { localAzure } from '../../../support/azure';
import { MlWorkspace, workspaceId } from '../../../support/mlWorkspace';
import { registerModel } from '../../../support/registeredModel';

const tracking = `/mlflow/v1.0${workspaceId}/api/2.0/mlflow`;

describe("MLflow's REST API in local Azure", function () {
  this.timeout(60_000);
  let ml: MlWorkspace;
  before(async () => (ml = new MlWorkspace(await localAzure())));

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const call = async (method: 'GET' | 'POST' | 'DELETE' | 'PUT', path: string, body?: unknown): Promise<any> => {
    const answer = await ml.call(method, `${tracking}/${path}`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  const refused = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => {
    const answer = await ml.call(method, `${tracking}/${path}`, body);
    return [answer.status, (answer.body as { error_code: string }).error_code];
  };

  it('searches, tags, promotes, names and deletes registered models', async () => {
    const name = `registry-${randomUUID()}`;
    await call('POST', 'registered-models/create', { name, tags: [{ key: 'team', value: 'pricing' }] });
    for (const version of ['1', '2']) {
      const made = await call('POST', 'model-versions/create', { name, source: 'azureml://datastores/workspaceblobstore/paths/m/' }); // prettier-ignore
      assert.equal(made.model_version.version, version);
    }
    const search = async (filter: string) =>
      (await call('GET', `registered-models/search?filter=${encodeURIComponent(filter)}`)).registered_models.map(
        (model: { name: string }) => model.name,
      );
    assert.deepEqual(await search(`name = '${name}'`), [name]);
    assert.deepEqual(await search(`name = '${name}' AND tags.\`mlflow.prompt.is_prompt\` = 'false'`), [name]);
    for (const unsupported of [`name LIKE '${name.slice(0, 20)}%'`, "tags.team = 'pricing'"]) {
      const path = `registered-models/search?filter=${encodeURIComponent(unsupported)}`;
      assert.deepEqual(await refused('GET', path), [400, 'INVALID_PARAMETER_VALUE']);
    }
    await call('POST', 'model-versions/transition-stage', { name, version: '1', stage: 'Production' });
    const latest = await call('POST', 'registered-models/get-latest-versions', { name });
    assert.deepEqual(latest.model_versions.map((each: { version: string }) => each.version), ['2', '1']); // prettier-ignore
    await call('POST', 'registered-models/alias', { name, alias: 'champion', version: '1' });
    const aliased = await call('GET', `registered-models/alias?name=${name}&alias=champion`);
    assert.deepEqual([aliased.model_version.version, aliased.model_version.aliases], ['1', ['champion']]);
    const filter = encodeURIComponent(`name = '${name}'`);
    const page = await call('GET', `model-versions/search?filter=${filter}&max_results=1`);
    assert.deepEqual([page.model_versions[0].version, page.next_page_token], ['2', '1']);
    await call('DELETE', 'model-versions/delete', { name, version: '2' });
    assert.deepEqual(await refused('DELETE', 'registered-models/delete', { name }), [501, 'NOT_IMPLEMENTED']);
    assert.deepEqual(await refused('POST', 'registered-models/rename', { name, new_name: 'b' }), [
      501,
      'NOT_IMPLEMENTED',
    ]);
    assert.deepEqual((await call('GET', `registered-models/get?name=${name}`)).registered_model.name, name);
  });

  it("hands out a model's files by the tracking endpoint, wherever they lie", async () => {
    const { name } = await registerModel(ml.azure, { 'MLmodel': 'flavors: {}', 'data/model.txt': 'weights' }); // prettier-ignore
    const { artifact_uri: uri } = await call('GET', `model-versions/get-download-uri?name=${name}&version=1`);
    assert.equal(uri, `mlflow-artifacts:/models/${name}/1`);
    const proxy = `mlflow/v1.0${workspaceId}/api/2.0/mlflow-artifacts/artifacts`;
    const list = await ml.call('GET', `/${proxy}?path=models/${name}/1`);
    assert.deepEqual((list.body as { files: unknown[] }).files, [
      { path: 'MLmodel', is_dir: false, file_size: 11 },
      { path: 'data', is_dir: true },
    ]);
    const { status } = await ml.call('PUT', `/${proxy}/models/${name}/1/other`, 'x');
    assert.equal(status, 400, 'they cannot be changed');
  });

  it('searches experiments and runs by what is asked for, and refuses what it does not understand', async () => {
    const name = `experiment-${randomUUID()}`;
    const { experiment_id: id } = await call('POST', 'experiments/create', { name });
    await call('POST', 'experiments/create', { name: `other-${randomUUID()}` });
    const found = await call('POST', 'experiments/search', { filter: `name = '${name}'` });
    assert.deepEqual(found.experiments.map((each: { name: string }) => each.name), [name]); // prettier-ignore
    const page = await call('POST', 'experiments/search', { max_results: 1 });
    assert.equal(page.experiments.length, 1);
    assert.ok(page.next_page_token);
    const { run } = await call('POST', 'runs/create', { experiment_id: id });
    await call('POST', 'runs/delete', { run_id: run.info.run_id });
    const seen = async (view?: string) => ((await call('POST', 'runs/search', { experiment_ids: [id], run_view_type: view })).runs as unknown[]).length; // prettier-ignore
    assert.deepEqual([await seen(), await seen('DELETED_ONLY'), await seen('ALL')], [0, 1, 1]);
    for (const wrong of [
      { filter: 'name IS NULL' },
      { filter: 'nonesuch = 1' },
      { order_by: ['nonesuch'] },
      { page_token: 'x' },
      { max_results: -1 },
      { view_type: 'SOME' },
    ]) {
      const answer = await refused('POST', 'experiments/search', wrong);
      assert.deepEqual(answer, [400, 'INVALID_PARAMETER_VALUE'], JSON.stringify(wrong));
    }
  });

  it('reads back the data sets that were noted on a run', async () => {
    const { run } = await call('POST', 'runs/create', {});
    const datasets = [{ tags: [], dataset: { name: 'rows', digest: 'd' } }];
    await call('POST', 'runs/log-inputs', { run_id: run.info.run_id, datasets });
    const read = await call('GET', `runs/get?run_id=${run.info.run_id}`);
    assert.deepEqual(read.run.inputs.dataset_inputs, datasets);
  });

  it("says in MLflow's own words what it does not have", async () => {
    assert.deepEqual(await refused('GET', 'traces/search'), [404, 'ENDPOINT_NOT_FOUND']);
    assert.deepEqual(await refused('POST', 'registered-models/rename', {}), [501, 'NOT_IMPLEMENTED']);
  });
});
