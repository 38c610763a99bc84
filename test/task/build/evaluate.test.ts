import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure';
import { Variables } from '../../../local/agent/variables';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { recordFileName, type ModelRecord } from '../../../tasks/common/record/record';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { runBuiltTask, TestJob } from '../../support/agent';
import { localAzure } from '../../support/azure';
import { PullRequest } from '../../support/pullRequest';
import { MlWorkspace, workspaceId } from '../../support/mlWorkspace';
import { describeOnEachNode } from '../../support/node';
import { completeFile } from '../../unit/common/modelCard/exampleRecord';

const connection = { azureSubscription: localCloud.serviceConnectionId };

/** What both jobs below do, without packages: log a metric by MLflow's REST API and leave predictions. */
const measuring = `
import json, os, pathlib, random, ssl, sys, urllib.request
def log(key, value):
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": key, "value": value, "timestamp": 1, "step": 0}
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
        json.dumps(body).encode(), {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"})
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"]))
def measure(error, seed):
    rng = random.Random(seed)
    rows = [(i, i * 0.5, i * 0.5 + rng.gauss(0, 1) * error) for i in range(400)]
    log("rmse", (sum((p - y) ** 2 for _, y, p in rows) / len(rows)) ** 0.5)
    pathlib.Path("outputs").mkdir(exist_ok=True)
    pathlib.Path("outputs/predictions.csv").write_text("id,label,prediction\\n" + "".join(f"{i},{y},{p}\\n" for i, y, p in rows))
`;
const training = `
from measuring import *
error = float(sys.argv[1])
measure(error, 3)
pathlib.Path("outputs/model").mkdir(parents=True)
pathlib.Path("outputs/model/model.json").write_text(str(error))
drift = {"metric_name": "DriftedColumnsCount(drift_share=0.5)", "value": {"count": 1.0, "share": 0.125}}
pathlib.Path("outputs/drift.json").write_text(json.dumps({"metrics": [drift], "tests": []}))
`;
const drifted = 'evidently.drift.share_of_drifted_columns';
const evaluation = `
from measuring import *
model = next(pathlib.Path(sys.argv[1]).rglob("model.json")) if os.path.isdir(sys.argv[1]) else pathlib.Path(sys.argv[1])
print("measuring", model.name)
measure(float(model.read_text()), 4)
`;
const evaluationJob = `
type: command
command: python evaluate.py \${{inputs.model}}
code: .
environment:
  image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04
compute: azureml:${localCloud.compute}
inputs:
  model:
    type: custom_model
    path: azureml:any-model@latest
`;

/** Trains by a job and registers, as Train does; what Evaluate gets is the record. */
class Registry {
  readonly ml: MlWorkspace;
  private code?: Promise<string>;
  private environment?: Promise<string>;

  constructor(
    azure: LocalAzure,
    readonly modelName: string,
  ) {
    this.ml = new MlWorkspace(azure);
  }

  async trained(version: string, error: number): Promise<void> {
    const job = await this.ml.submit({
      command: `python train.py ${error}`,
      codeId: await (this.code ??= this.ml.code({ 'train.py': training, 'measuring.py': measuring })),
      environmentId: await (this.environment ??= this.ml.environment()),
    });
    const { details } = await this.ml.untilEnd(job);
    assert.equal(details.status, 'Completed', JSON.stringify(details.error));
    await this.register(version, {
      jobName: job,
      modelUri: `azureml://jobs/${job}/outputs/artifacts/paths/outputs/model/`,
    });
  }

  async register(version: string, properties: Record<string, unknown>): Promise<void> {
    const { status } = await this.ml.call('PUT', this.url(version), {
      properties: { modelType: 'custom_model', tags: {}, ...properties },
    });
    assert.ok(status === 200 || status === 201, String(status));
  }

  /** Registers the model of one version as another. */
  async copy(version: string, as: string): Promise<void> {
    const { body } = await this.ml.call('GET', this.url(version));
    const { jobName, modelUri } = (body as { properties: Record<string, unknown> }).properties;
    await this.register(as, { jobName, modelUri });
  }

  async tags(version: string): Promise<Record<string, string>> {
    const { body } = await this.ml.call('GET', this.url(version));
    return (body as { properties: { tags: Record<string, string> } }).properties.tags;
  }

  async setTags(version: string, tags: Record<string, string>, changes: Record<string, unknown> = {}): Promise<void> {
    const { body } = await this.ml.call('GET', this.url(version));
    const { properties } = body as { properties: Record<string, unknown> & { tags: object } };
    delete properties.provisioningState;
    await this.ml.call('PUT', this.url(version), {
      properties: { ...properties, ...changes, tags: { ...properties.tags, ...tags } },
    });
  }

  record(version: string): ModelRecord {
    const { subscriptionId, resourceGroup, workspace } = localCloud;
    const id = `${workspaceId}/models/${this.modelName}/versions/${version}`;
    return append(emptyRecord(), 'model', {
      name: this.modelName,
      version,
      id,
      type: 'custom_model',
      uri: 'azureml://x',
      workspace: { subscriptionId, resourceGroup, name: workspace },
    });
  }

  private url(version: string): string {
    return this.ml.arm(`/models/${this.modelName}/versions/${version}`);
  }
}

async function evaluate(
  registry: Registry,
  version: string,
  inputs: Record<string, string>,
  options: Parameters<typeof runBuiltTask>[1] = {},
) {
  const job = options.job ?? new TestJob('build', registry.ml.azure);
  writeRecord(
    path.join(job.variables.get('Build.ArtifactStagingDirectory')!, 'mlops', recordFileName),
    registry.record(version),
  );
  const result = await runBuiltTask('Evaluate', { ...options, job, inputs: { ...connection, ...inputs } });
  const file = path.join(job.variables.get('Build.ArtifactStagingDirectory')!, 'mlops', recordFileName);
  const record = JSON.parse(readFileSync(file, 'utf8')) as ModelRecord;
  return { ...result, record, log: result.log.join('\n') };
}

/** A model of its own, whose version 2 is better than version 1. */
async function twoVersions(): Promise<Registry> {
  const registry = new Registry(await localAzure(), `judged-${++models}`);
  await registry.trained('1', 1);
  await registry.trained('2', 0.5);
  return registry;
}

let models = 0;
const champion = { champion: '2026-01-01T00:00:00Z' };

describeOnEachNode('MLOpsEvaluate, built', (nodePath) => {
  let registry: Registry;

  before(async function () {
    this.timeout(300_000);
    registry = await twoVersions();
  });

  it('approves a first model, and says so everywhere', async function () {
    this.timeout(300_000);
    const job = new TestJob('build', registry.ml.azure);
    const modelCard = path.join(job.variables.get('Build.ArtifactStagingDirectory')!, 'card.md');
    writeFileSync(modelCard, completeFile);
    const criteria = `rmse <= 2\n${drifted} <= 0.2\nrmse < champion`;
    const result = await evaluate(registry, '1', { criteria, modelCard }, { nodePath, job });
    assert.equal(result.result, 'succeeded', result.log);
    assert.equal(result.outputs.decision, 'approved');
    assert.equal(result.outputs.deployModel, 'true');
    assert.equal(result.outputs.championVersion, '');
    assert.deepEqual(result.buildTags, ['model-approved']);
    assert.deepEqual(
      result.testRuns[0]!.cases.map(({ name, outcome }) => [name, outcome]),
      [
        ['rmse <= 2', 'passed'],
        [`${drifted} <= 0.2`, 'passed'],
        ['rmse < champion', 'skipped'],
      ],
    );
    assert.match(result.summaries[0]!.text, /✅ judged-.* version 1: approved/);
    assert.equal(result.record.evaluation!.decision, 'approved');
    assert.equal(result.variables['mlops.recordFile'], result.outputs.recordFile);
    const info = JSON.parse(
      readFileSync(path.join(path.dirname(result.outputs.recordFile!), 'eval_info.json'), 'utf8'),
    );
    assert.equal(info.deploy_model, true);
    assert.equal(info.metric_threshold, 2);
    assert.equal(result.record.evaluation!.metrics[drifted], 0.125);
    assert.deepEqual(
      result.record.evaluation!.dataReports?.map(({ file }) => file),
      ['outputs/drift.json'],
    );
    const tags = await registry.tags('1');
    assert.equal(tags.evaluation, 'approved');
    assert.match(tags.modelCard!, /_build\/results\?buildId=\d+&view=artifacts/);
    const card = JSON.parse(
      readFileSync(path.join(path.dirname(result.outputs.recordFile!), 'model-card.json'), 'utf8'),
    );
    assert.deepEqual([card.record, card.decision, card.metadata.license], [result.record.sha256, 'approved', 'mit']);
    assert.deepEqual(card.gaps, [
      'The data is not known: the training job has no data input, and the file has no section "Training data" that describes it.',
    ]);
  });

  it('compares with the champion, with confidence from the predictions of both', async function () {
    this.timeout(300_000);
    await registry.setTags('1', champion);
    const criteria = 'rmse <= champion * 0.9\nrmse < champion with 95% confidence';
    const result = await evaluate(registry, '2', { criteria }, { nodePath });
    assert.equal(result.result, 'succeeded', result.log);
    assert.equal(result.outputs.championVersion, '1');
    const [, sure] = result.record.evaluation!.criteria;
    assert.equal(sure!.interval!.rows, 400);
    assert.ok(Number(sure!.interval!.upper) < 0);
    assert.ok(result.attachments.some(({ name }) => name === 'residuals.svg'));
  });

  it('rejects what does not hold, with the reason and both values', async function () {
    this.timeout(300_000);
    await registry.setTags('1', champion);
    const criteria = 'rmse <= champion * 0.01';
    const failed = await evaluate(registry, '2', { criteria }, { nodePath });
    assert.equal(failed.result, 'failed');
    assert.equal(failed.outputs.deployModel, 'false');
    assert.match(
      failed.issues[0]!.message,
      /version 2 is rejected.*rmse is 0\.\d+, but must be at most 0\.\d+ \(the champion's/,
    );
    assert.equal(failed.record.evaluation!.decision, 'rejected');
    assert.equal((await registry.tags('2')).evaluation, 'rejected');
    const warned = await evaluate(registry, '2', { criteria, onRejection: 'warn' }, { nodePath });
    assert.equal(warned.result, 'succeededWithIssues');
    const continued = await evaluate(registry, '2', { criteria, onRejection: 'continue' }, { nodePath });
    assert.equal(continued.result, 'succeeded');
    assert.equal(continued.outputs.decision, 'rejected');
  });

  it('compares with a champion that somebody has archived', async function () {
    this.timeout(300_000);
    await registry.setTags('1', champion, { isArchived: true });
    const result = await evaluate(registry, '2', { criteria: 'rmse <= champion * 0.01' }, { nodePath });
    await registry.setTags('1', {}, { isArchived: false });
    assert.deepEqual([result.result, result.outputs.championVersion], ['failed', '1'], result.log);
  });

  it('fails, and approves nothing, where the registry cannot be read', async function () {
    this.timeout(300_000);
    const { faults } = registry.ml.azure;
    await faults.http({ method: 'GET', path: `models/${registry.modelName}/versions\\?.*tags=`, times: 20, action: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } } }); // prettier-ignore
    const result = await evaluate(registry, '2', { criteria: 'rmse < champion' }, { nodePath });
    await faults.clear();
    assert.equal(result.result, 'failed');
    assert.match(result.issues[0]!.message, /Azure answered 403 AuthorizationFailed/);
    assert.equal(result.outputs.decision, undefined);
    assert.equal(result.record.evaluation, undefined);
  });

  it('names every wrong input at once, before it asks Azure', async function () {
    this.timeout(300_000);
    const criteria = 'rmse =< 5\nr2 > ';
    const inputs = { criteria, champion: 'version', onRejection: 'explode' };
    const { result, issues } = await evaluate(registry, '2', inputs, { nodePath });
    assert.equal(result, 'failed');
    for (const part of ['line 1, column 6', 'line 2, column 5', 'championVersion', '"explode" is not one of']) {
      assert.ok(issues[0]!.message.includes(part), issues[0]!.message);
    }
  });

  describe('on a pull request', () => {
    const pullRequest = new PullRequest(12);

    const run = async (criteria: string, mayEditBuildQuality = true) => {
      const job = new TestJob('build', registry.ml.azure);
      job.variables.set('System.PullRequest.PullRequestId', '12');
      job.variables.set('Build.Repository.ID', '7a1b2c3d-0000-4000-8000-000000000007');
      const options = { nodePath, job, mayEditBuildQuality, routes: pullRequest.routes };
      return evaluate(registry, '2', { criteria, onRejection: 'continue' }, options);
    };

    it('writes one comment, updates it in place, and sets a status', async function () {
      this.timeout(300_000);
      await run('rmse < 5');
      assert.equal(pullRequest.threads.length, 1);
      assert.match(pullRequest.threads[0]!.comments[0]!.content, /version 2: approved/);
      assert.equal(pullRequest.threads[0]!.status, 'closed');
      await run('rmse < 0');
      assert.equal(pullRequest.threads.length, 1);
      assert.match(pullRequest.threads[0]!.comments[0]!.content, /version 2: rejected/);
      assert.equal(pullRequest.threads[0]!.status, 'active');
      assert.deepEqual(
        pullRequest.statuses.map(({ state }) => state),
        ['succeeded', 'failed'],
      );
    });

    it('does without where the build service may not, and says what to give it', async function () {
      this.timeout(300_000);
      pullRequest.forbidden = true;
      const { result, log } = await run('rmse < 4', false);
      assert.equal(result, 'succeeded');
      assert.match(log, /may not write to it \(403\)\. Give it "Contribute to pull requests"/);
      assert.match(log, /##\[warning\]The build was not tagged model-approved: .* answered 403 .*"Edit build quality"/);
    });
  });
});

// Jobs take their time; that both Nodes can follow them is what Train's tests show.
describe('MLOpsEvaluate, built, with an evaluation job', () => {
  let registry: Registry;

  before(async function () {
    this.timeout(300_000);
    registry = await twoVersions();
    await registry.setTags('1', champion);
  });

  it('measures candidate and champion by the evaluation, as jobs on the same data', async function () {
    this.timeout(300_000);
    // A version is any text that whoever registers it likes; the name of a job is not.
    await registry.copy('1', '1.0.2');
    const result = await evaluate(
      registry,
      '2',
      {
        criteria: 'rmse < champion with 95% confidence',
        champion: 'version',
        championVersion: '1.0.2',
        evaluationJobFile: 'evaluation/job.yml',
      },
      {
        files: {
          'evaluation/job.yml': evaluationJob,
          'evaluation/evaluate.py': evaluation,
          'evaluation/measuring.py': measuring,
        },
      },
    );
    assert.equal(result.result, 'succeeded', result.log);
    assert.match(result.log, /^v2 \| measuring model\.json$/m);
    assert.match(result.log, /^v1\.0\.2 \| measuring model\.json$/m);
    assert.match(result.log, /Candidate: .* version 2, measured by the evaluation job evaluate-judged-\d-2-/);
    assert.equal(result.record.evaluation!.criteria[0]!.interval!.rows, 400);
  });

  it('cancels the evaluation jobs when the pipeline is cancelled, at the latest in its post-job step', async function () {
    this.timeout(300_000);
    const { faults } = registry.ml.azure;
    const files = {
      'evaluation/job.yml': evaluationJob,
      'evaluation/evaluate.py': 'import time\nprint("waiting", flush=True)\ntime.sleep(120)',
    };
    const inputs = { criteria: 'rmse < 4.5', evaluationJobFile: 'evaluation/job.yml' };
    const cancelAtWork = async (buildId: string) => {
      const job = new TestJob('build', registry.ml.azure);
      job.variables.set('Build.BuildId', buildId);
      const stop = new AbortController();
      const onLine = (line: string) => {
        if (line.includes('| waiting')) stop.abort();
      };
      const taskVariables = new Variables();
      const main = await evaluate(registry, '2', inputs, {
        job,
        files,
        signal: stop.signal,
        onLine,
        taskVariables,
      });
      assert.equal(main.result, 'canceled');
      assert.equal(main.record.evaluation, undefined);
      const names = [...main.log.matchAll(/Started the job (\S+),/g)].map(([, name]) => name!);
      assert.equal(names.length, 2);
      const post = await runBuiltTask('Evaluate', {
        job,
        phase: 'postjob',
        taskVariables,
        inputs: connection,
      });
      for (const name of names) assert.equal((await registry.ml.untilEnd(name)).details.status, 'Canceled');
      return post.log.join('\n');
    };
    assert.doesNotMatch(await cancelAtWork('101'), /was left behind/);
    await faults.http({ method: 'POST', path: '/cancel', times: 2, action: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } } }); // prettier-ignore
    assert.match(await cancelAtWork('102'), /was left behind \(Running\): cancelling it/);
  });
});
