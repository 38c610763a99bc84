import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sinon from 'sinon';
import type { Job } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import type { Pipeline } from '../../../tasks/common/pipeline';
import type { Overrides } from '../../../tasks/Train/inputs';
import { jobSpecification } from '../../../tasks/Train/jobSpecification';
import { registerOnce } from '../../../tasks/Train/modelRegistration';
import { findOutputModel } from '../../../tasks/Train/outputModel';
import { jobProvenance, provenanceOf } from '../../../tasks/Train/provenance';
import { trainedRun } from '../../../tasks/Train/trainedRun';
import { estimateCost } from '../../../tasks/Train/cost/estimateCost';
import { trainingSummary } from '../../../tasks/Train/trainingSummary';

const pipeline = {
  hostType: 'build',
  collectionUri: 'https://dev.azure.com/example/',
  project: 'Quick starts',
  projectId: 'p1',
  build: { id: '42', number: '20260101.1', definition: 'quickstart', url: 'https://dev.azure.com/example/build/42' },
  repository: {
    uri: 'https://secret-token@dev.azure.com/example/_git/repository',
    id: 'r',
    provider: 'TfsGit',
    branch: 'refs/heads/feature/x',
    commit: 'c0ffee',
    localPath: '/s',
  },
  stage: { name: 'build', attempt: 1 },
  job: { id: 'j', name: 'model', attempt: 1 },
  taskInstanceId: 'instance 1',
  step: 'train',
  planId: 'plan',
} as unknown as Pipeline;

const job = (properties: Partial<Job['properties']> = {}, name = 'job-1'): Job => ({
  id: name,
  name,
  properties: { jobType: 'Command', status: 'Completed', ...properties },
});
const { signal } = new AbortController();

describe('Train: provenance', () => {
  it('names repository, branch, commit and build, and no credentials', () => {
    assert.deepEqual(jobProvenance(provenanceOf(pipeline, true)), {
      'mlflow.source.git.repoURL': 'https://dev.azure.com/example/_git/repository',
      'mlflow.source.git.branch': 'feature/x',
      'mlflow.source.git.commit': 'c0ffee',
      'azureml.git.dirty': 'True',
      'azureml.git.build_id': '42',
      'azureml.git.build_uri': 'https://dev.azure.com/example/build/42',
    });
  });
});

describe('Train: the job that the inputs describe', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'specification-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const overrides = (change: Partial<Overrides> = {}): Overrides => ({
    inputs: {},
    environmentVariables: {},
    tags: {},
    ...change,
  });
  const fromFile = (text: string, change: Partial<Overrides>) => {
    const file = path.join(folder, 'job.yml');
    writeFileSync(file, text);
    return jobSpecification({ source: 'file', file }, overrides(change), '/somewhere').spec;
  };
  const inline = (inputs: Record<string, string>, command = 'a') =>
    jobSpecification(
      { source: 'inline', command, environment: 'python', outputs: {} },
      overrides({ inputs }),
      '/somewhere',
    ).spec;

  it('tells literals from data', () => {
    assert.deepEqual(
      inline({
        rate: '0.10',
        asset: 'azureml:rows:3',
        link: 'https://example.org/rows.csv',
        local: 'uri_file data/rows.csv',
        remote: 'mltable azureml:table:1',
        plain: 'data/rows.csv',
      }).inputs,
      {
        rate: '0.10',
        asset: { type: 'uri_folder', path: 'azureml:rows:3' },
        link: { type: 'uri_folder', path: 'https://example.org/rows.csv' },
        local: { type: 'uri_file', path: path.resolve('/somewhere/data/rows.csv') },
        remote: { type: 'mltable', path: 'azureml:table:1' },
        plain: 'data/rows.csv',
      },
    );
  });

  it('takes for data only what Azure ML reads data from', () => {
    const literals = {
      connection: 'postgresql://u@h/db',
      page: 'http://localhost/a',
      run: 'runs:/1/model',
      bucket: 's3://b/k',
    };
    assert.deepEqual(inline(literals).inputs, literals);
    for (const path of [
      'azureml://datastores/d/paths/p',
      'abfss://f@a/p',
      'wasbs://c@a/p',
      'adl://a/p',
      'HTTPS://a/b',
    ]) {
      assert.deepEqual(inline({ data: path }).inputs, { data: { type: 'uri_folder', path } });
    }
  });

  it('leaves a literal what is a literal in the file', () => {
    const text = 'command: a\nenvironment: b\ninputs: {url: https://example.org/default, n: 1}\n';
    const inputs = { url: 'https://example.org/other', n: 'azureml:rows:3' };
    assert.deepEqual(fromFile(text, { inputs }).inputs, inputs);
    const typed = fromFile(text, { inputs: { url: 'uri_file https://example.org/rows.csv' } }).inputs;
    assert.deepEqual(typed?.url, { type: 'uri_file', path: 'https://example.org/rows.csv' });
  });

  it('puts inputs over those of the file, keeping their types', () => {
    const text = 'command: a\nenvironment: b\ninputs:\n  d: {type: uri_file, path: old, mode: download}\n  r: 1\n';
    assert.deepEqual(fromFile(text, { inputs: { d: 'new.csv', r: '2' } }).inputs, {
      d: { type: 'uri_file', path: path.resolve('/somewhere/new.csv'), mode: 'download' },
      r: '2',
    });
  });

  it('refuses an input that the file has not, and lists those that it has', () => {
    assert.throws(
      () => fromFile('command: a\nenvironment: b\ninputs: {rate: 1, data: 2}', { inputs: { raet: '2' } }),
      /jobInputs: .* no input "raet"\. Its inputs are rate, data/,
    );
  });

  it('puts compute, resources, variables and names over those of the file', () => {
    const spec = fromFile(
      'command: a\nenvironment: b\ncompute: c\nresources: {shm_size: 2g}\nenvironment_variables: {A: 1}\ntags: {x: y}',
      { compute: 'gpu', instanceCount: 2, environmentVariables: { B: '2' }, tags: { z: '1' }, experimentName: 'e' },
    );
    sinon.assert.match(spec, {
      compute: 'gpu',
      resources: { shm_size: '2g', instance_count: 2 },
      environment_variables: { A: '1', B: '2' },
      tags: { x: 'y', z: '1' },
      experiment_name: 'e',
    });
  });

  it('refuses resources for a pipeline, whose steps have their own', () => {
    const text = 'type: pipeline\njobs:\n  a: {command: a, environment: b}';
    assert.throws(() => fromFile(text, { instanceCount: 2 }), /Input instanceCount: the job is a pipeline/);
  });

  it('refuses a command that uses what the inputs do not give', () => {
    assert.throws(() => inline({}, 'python t.py ${{inputs.rate}}'), /Input command: it uses \$\{\{inputs\.rate\}\}/);
  });
});

describe('Train: the model among what a job left', () => {
  const artifacts = (...paths: string[]) => ({ list: async () => paths.map((each) => ({ path: each, url: '' })) });
  const find = (where: string, from: Job, ...files: string[]) =>
    findOutputModel(from, from.name, { path: where }, artifacts(...files), async () => files);

  it('is a folder, and MLflow if it has an MLmodel file', async () => {
    assert.deepEqual(await find('outputs/model', job(), 'outputs/model/MLmodel', 'outputs/model/m.pkl'), {
      path: 'outputs/model',
      uri: 'azureml://jobs/job-1/outputs/artifacts/paths/outputs/model/',
      isMlflow: true,
    });
  });

  it('is a file', async () => {
    const found = await find('outputs/m.pkl', job(), 'outputs/m.pkl', 'outputs/m.pkl.txt');
    const uri = 'azureml://jobs/job-1/outputs/artifacts/paths/outputs/m.pkl';
    assert.deepEqual(found, { path: 'outputs/m.pkl', uri, isMlflow: false });
  });

  it('is a named output, or a path beneath it', async () => {
    const outputs = { model: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/d/paths/p/' } };
    const found = await find('model/best', job({ outputs }), 'best/MLmodel', 'worst/m');
    const uri = 'azureml://jobs/job-1/outputs/model/paths/best';
    assert.deepEqual(found, { path: 'model/best', uri, isMlflow: true });
  });

  it('is MLflow by the type of its output where the files cannot be listed, and else not known', async () => {
    const found = async (where: string, jobOutputType: string) => {
      const from = job({ outputs: { model: { jobOutputType, uri: 'azureml://datastores/d/paths/p/' } } });
      return (await findOutputModel(from, from.name, { path: where }, artifacts(), async () => undefined)).isMlflow;
    };
    assert.equal(await found('model', 'mlflow_model'), true);
    assert.equal(await found('model/best', 'mlflow_model'), undefined);
    assert.equal(await found('model', 'uri_folder'), undefined);
  });

  it('is no output where only JavaScript knows its name', async () => {
    const found = await find('constructor', job({ outputs: {} }), 'constructor/MLmodel');
    assert.equal(found.uri, 'azureml://jobs/job-1/outputs/artifacts/paths/constructor/');
  });

  it('is not a file whose name only begins alike; what is there is listed', async () => {
    await assert.rejects(
      find('outputs/model', job(), 'outputs/model2/m.pkl', 'user_logs/std_log.txt'),
      (error: Error) =>
        /left nothing under "outputs\/model".*outputs\/model2\/m\.pkl/s.test(error.message) &&
        !/std_log/.test(error.message),
    );
  });
});

describe('Train: a model that lies elsewhere than where models usually do', () => {
  const find = (asked: { path: string; isDefault?: boolean }, files: string[], outputs = {}, beneath: string[] = []) =>
    findOutputModel(
      job({ outputs }),
      'job-1',
      asked,
      { list: async () => files.map((path) => ({ path, url: '' })) },
      async () => beneath,
    );
  const usual = { path: 'outputs/model', isDefault: true };
  const output = (jobOutputType: string) => ({ out: { jobOutputType, uri: 'azureml://datastores/d/paths/p/' } });

  // mlflow.<flavor>.log_model("model") and autologging leave it so.
  it('is taken where it is the only one', async () => {
    const found = await find(usual, ['model/MLmodel', 'model/model.pkl', 'user_logs/std_log.txt']);
    const uri = 'azureml://jobs/job-1/outputs/artifacts/paths/model/';
    assert.deepEqual(found, { path: 'model', uri, isMlflow: true });
  });
  it('is taken from a named output', async () => {
    assert.deepEqual((await find(usual, [], output('mlflow_model'), ['MLmodel'])).path, 'out');
    assert.deepEqual((await find(usual, [], output('custom_model'), ['m.pkl'])).path, 'out');
    assert.deepEqual((await find(usual, [], output('uri_folder'), ['best/MLmodel', 'best/m.pkl'])).path, 'out/best');
  });
  it('is named where there are several', async () => {
    const files = ['model/MLmodel', 'other/MLmodel'];
    await assert.rejects(
      find(usual, files),
      /2 models elsewhere: set modelPath: model, or modelPath: other\. What it left/,
    );
    await assert.rejects(find(usual, ['a/MLmodel'], output('triton_model')), /modelPath: a, or modelPath: out/);
  });
  it('is named only, where somebody has asked for another path', async () => {
    await assert.rejects(
      find({ path: 'outputs/mine' }, ['model/MLmodel']),
      /a model elsewhere: set modelPath: model\. /,
    );
  });
  it('is not guessed where nothing shows which it is', async () => {
    await assert.rejects(find(usual, ['outputs/model.pkl']), /left nothing under "outputs\/model"\. What it left/);
  });
});

describe('Train: registration', () => {
  const model = {
    name: 'm',
    type: 'custom_model',
    uri: 'azureml://jobs/j/outputs/artifacts/paths/outputs/model/',
    jobName: 'j',
  };
  const version = (properties: Record<string, string>): RegisteredModel => ({
    name: 'm',
    version: '3',
    id: 'id',
    type: 'custom_model',
    uri: 'canonical',
    tags: {},
    properties,
  });

  it('gives a job one version however often it is tried', async () => {
    const registered: RegisteredModel[] = [];
    const models = {
      list: sinon.spy(async () => registered),
      register: sinon.spy(async (fresh: { properties?: Record<string, string> }) => {
        registered.push(version(fresh.properties ?? {}));
        return registered.at(-1)!;
      }),
    };
    assert.equal((await registerOnce(models, model)).isNew, true);
    assert.equal((await registerOnce(models, model)).isNew, false);
    sinon.assert.calledOnce(models.register);
    assert.equal((await registerOnce(models, { ...model, jobName: 'k' })).isNew, true);
    const elsewhere = { ...model, uri: model.uri.replace('outputs/model', 'outputs/other') };
    assert.equal((await registerOnce(models, elsewhere)).isNew, true, 'another model of the same job');
  });
});

describe('Train: the run that counts', () => {
  const tracking = (metrics: Record<string, Record<string, number>>) => ({
    run: async (runId: string) => ({ metrics: metrics[runId] ?? {}, params: {}, tags: {} }),
    history: sinon.spy(async (_run: string, _name: string) => [
      { value: 1, step: 0, timestamp: 0 },
      { value: 2, step: 1, timestamp: 1 },
    ]),
  });

  const clock = { sleep: () => Promise.resolve() };

  it('has a metric of any name', async () => {
    const logged = Object.fromEntries([['__proto__', 1], ['constructor', 2]]); // prettier-ignore
    const history = { details: sinon.stub(), children: sinon.stub() };
    const run = await trainedRun(job(), history, tracking({ 'job-1': logged }), clock, signal);
    assert.deepEqual(Object.entries(run.metrics), [['__proto__', 1], ['constructor', 2]]); // prettier-ignore
    assert.deepEqual(Object.keys(await run.histories()).sort(), ['__proto__', 'constructor']);
  });

  it('is believed to have logged nothing only when it is not found again and again', async () => {
    const found = { metrics: { loss: 1 }, params: {}, tags: {} };
    const looks = sinon.stub().onCall(2).resolves(found);
    const history = { details: sinon.stub(), children: sinon.stub() };
    const run = await trainedRun(job(), history, { ...tracking({}), run: looks }, clock, signal);
    assert.deepEqual([run.metrics, run.isTracked], [{ loss: 1 }, true]);
    looks.reset();
    const lost = await trainedRun(job(), history, { ...tracking({}), run: looks }, clock, signal);
    assert.deepEqual([lost.metrics, lost.isTracked], [{}, false]);
  });

  it('tells the hashes of data that it logged as tags', async () => {
    const tags = { 'data.sha256': 'a1', 'test_data.sha256': 'b2', 'mlflow.user': 'x', sha256: 'c3' };
    const run = sinon.stub().resolves({ metrics: {}, params: {}, tags });
    const history = { details: sinon.stub(), children: sinon.stub() };
    const { dataHashes } = await trainedRun(job(), history, { ...tracking({}), run }, clock, signal);
    assert.deepEqual(dataHashes, { 'data.sha256': 'a1', 'test_data.sha256': 'b2' });
  });

  it('of a sweep is the best trial', async () => {
    const history = {
      details: async () => ({ runId: 'job-1', status: 'Completed', properties: { best_child_run_id: 'job-1_7' } }),
      children: async () => [],
    };
    const run = await trainedRun(
      job({ jobType: 'Sweep' }),
      history,
      tracking({ 'job-1_7': { loss: 1 } }),
      clock,
      signal,
    );
    assert.equal(run.runId, 'job-1_7');
    assert.deepEqual(run.metrics, { loss: 1 });
  });

  it('of a pipeline puts the metrics of its steps together, its own first', async () => {
    const child = (runId: string) => ({ runId, status: 'Completed' });
    const history = { details: sinon.stub(), children: async () => [child('a'), child('b')] };
    const metrics = tracking({ 'job-1': { x: 1 }, a: { x: 2, y: 2, z: 2 }, b: { y: 3 } });
    const run = await trainedRun(job({ jobType: 'Pipeline' }), history, metrics, clock, signal);
    assert.deepEqual(run.metrics, { x: 1, y: 3, z: 2 });
    // Golden requests are looked for in the same order: a step that checks the model leaves them.
    assert.deepEqual(run.runs, ['job-1', 'b', 'a']);
    await run.histories();
    assert.deepEqual(metrics.history.args.map(([of, name]) => `${of} ${name}`).sort(), ['a z', 'b y', 'job-1 x']);
  });

  it('asks for the histories of twenty metrics, those of parts of the data last', async () => {
    const slices = Array.from({ length: 30 }, (_, index) => [`rmse/region/${index}`, index]);
    const metrics = tracking({ 'job-1': { ...Object.fromEntries(slices), rmse: 1, val_loss: 2 } });
    const history = { details: sinon.stub(), children: sinon.stub() };
    const histories = await (
      await trainedRun(job({ jobType: 'Command' }), history, metrics, clock, signal)
    ).histories();
    assert.equal(metrics.history.callCount, 20);
    assert.deepEqual(Object.keys(histories).slice(0, 2), ['rmse', 'val_loss']);
  });
});

describe('Train: summary', () => {
  const end = {
    status: 'Completed',
    warnings: [],
    lastLines: [],
    startedAt: '2026-01-01T00:00:00Z',
    endedAt: '2026-01-01T01:02:03Z',
  };

  it('shows a hundred metrics at most, of any name', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => [`m${index}`, index] as const);
    const metrics = Object.fromEntries([...many, ['__proto__', 1] as const]);
    const text = trainingSummary({ job: job(), end, cost: estimateCost([], 0), metrics, histories: {} });
    assert.match(text, /… and 2901 more metrics/);
    assert.match(text, /`__proto__`/);
    assert.ok(text.length < 5_000);
  });

  it('shows the facts, the metrics and their histories', () => {
    const text = trainingSummary({
      job: job({
        displayName: 'run | <b>',
        computeId: '/x/computes/gpu',
        services: { Studio: { endpoint: 'https://ml.azure.com/runs/job-1?wsid=/w' } },
      }),
      end,
      cost: { ...estimateCost([], 0), asOf: '2026-01-01T00:00:00.000Z' },
      metrics: { loss: 0.123456789, acc: NaN },
      histories: { loss: [3, 2, 1].map((value, step) => ({ value, step, timestamp: step })) },
      model: { model: { name: 'm', version: '2' } as RegisteredModel, isNew: true },
    });
    assert.equal(
      text,
      `| Training |  |
| --- | --- |
| Job | [run \\| &lt;b&gt;](https://ml.azure.com/runs/job-1?wsid=/w) |
| Status | ✅ Completed |
| Ran for | 1:02:03 |
| Compute | gpu |
| Cost (estimate) | about 0.00 USD |
| Prices | Azure ML's list prices of 2026-01-01, for the time from the allocation of the nodes on; without discounts, storage and network. |
| Model | [m version 2](https://ml.azure.com/model/m%3A2/details?wsid=/w) |

### Metrics

| Metric | Value | History |
| --- | ---: | --- |
| \`acc\` | NaN |  |
| \`loss\` | 0.123457 | █▅▁ 3 → 1, 3 points |
`,
    );
  });

  it('says what went wrong', () => {
    const text = trainingSummary({
      job: job(),
      end: { ...end, status: 'Failed', error: 'UserError: it broke' },
      cost: estimateCost([], 0),
      metrics: {},
      histories: {},
    });
    assert.match(text, /❌ Failed/);
    assert.match(text, /\*\*What went wrong:\*\* UserError: it broke/);
  });
});
