import { leftJob, type LeftJob } from '../../../tasks/Train/leftJob';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SweepJob } from '@azure/arm-machinelearning';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure/index';
import { Variables } from '../../../local/agent/variables';
import { runBuiltTask, temporaryFolder, TestJob, type BuiltTaskOptions } from '../../support/agent';
import { localAzure } from '../../support/azure';
import { MlWorkspace } from '../../support/mlWorkspace';
import { describeOnEachNode } from '../../support/node';

const connection = {
  azureSubscription: localCloud.serviceConnectionId,
  resourceGroup: localCloud.resourceGroup,
  workspace: localCloud.workspace,
};

/** A job without packages, so that its environment is there at once. */
const script = `
import json, os, pathlib
print("hello from the job")
print("##vso[task.setvariable variable=stolen]yes")
pathlib.Path("outputs/model").mkdir(parents=True)
pathlib.Path("outputs/model/model.json").write_text("{}")
pathlib.Path("outputs/golden_requests.json").write_text("[]")
print("rate is", os.environ.get("RATE"))
`;

describeOnEachNode('MLOpsTrain, built', (nodePath) => {
  it('runs a job, shows its log, registers its model and begins the record', async function () {
    this.timeout(300_000);
    const azure = await localAzure();
    const result = await runBuiltTask('Train', {
      azure,
      nodePath,
      files: { 'src/train.py': script, 'reports/pandera.json': '{"SCHEMA": {}, "DATA": {}}' },
      inputs: {
        ...connection,
        dataChecks: 'pandera.errors == 0',
        dataReports: 'reports',
        sourceDirectory: 'src',
        command: 'python train.py',
        environment: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04',
        compute: localCloud.compute,
        environmentVariables: 'RATE=0.1',
        modelName: 'test-model',
      },
    });
    const log = result.log.join('\n');
    assert.equal(result.result, 'succeeded', log);
    assert.match(log, /^hello from the job$/m);
    assert.match(log, /^rate is 0\.1$/m);
    assert.equal(result.variables.stolen, undefined);
    assert.equal(result.outputs.jobStatus, 'Completed');
    const { properties } = await new MlWorkspace(azure).client.jobs.get(
      localCloud.resourceGroup,
      localCloud.workspace,
      result.outputs.jobName!,
    );
    assert.equal(properties.properties!['mlflow.source.git.commit'], '0123456789abcdef0123456789abcdef01234567');
    assert.match(properties.properties!['azureml.git.build_uri']!, /buildId=7$/);
    const record = JSON.parse(readFileSync(result.outputs.recordFile!, 'utf8'));
    assert.equal(record.training.jobName, result.outputs.jobName);
    assert.deepEqual(record.training.dataChecks.criteria[0].value, 0);
    assert.equal(record.training.dataChecks.reports[0].file, 'reports/pandera.json');
    assert.equal(record.model.version, result.outputs.modelVersion);
    const { cost } = record.training;
    assert.deepEqual(
      [cost.estimate, cost.currency, cost.prices],
      [true, 'USD', [{ size: 'Standard_DS3_v2', tier: 'Standard', os: 'Linux', perHour: 0.29 }]],
    );
    assert.ok(cost.amount > 0 && cost.amount < 0.29);
    // One node, kept for two minutes.
    assert.deepEqual(cost.idle, { amount: 0.009667, nodes: 1, seconds: 120 });
    assert.equal(Number(result.outputs.estimatedCost), Number(cost.amount.toFixed(4)));
    assert.match(
      log,
      /^Cost \(estimate\): about .* USD: 1 node of Standard_DS3_v2 at 0\.29 USD an hour for 0:0\d:\d\d\.$/m,
    );
    assert.deepEqual(result.buildTags, [`${result.outputs.modelName}-${result.outputs.modelVersion}`]);
    assert.ok(existsSync(path.join(path.dirname(result.outputs.recordFile!), record.training.goldenRequests.file)));
  });
});

describe('MLOpsTrain, built', function () {
  this.timeout(180_000);

  const validation = JSON.stringify({
    success: false,
    statistics: { evaluated_expectations: 4, successful_expectations: 3, success_percent: 75 },
    results: [],
  });
  const inline = {
    ...connection,
    sourceDirectory: 'src',
    command: 'python train.py',
    environment: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04',
    compute: localCloud.compute,
  };

  async function workspace() {
    return new MlWorkspace(await localAzure());
  }

  it('cancels the job when the pipeline is cancelled, with the token that it has', async () => {
    const azure = await localAzure();
    const controller = new AbortController();
    // Whoever asks for a token from now on does not get one in the time that the agent leaves.
    const cancel = async () => {
      await azure.faults.http({ path: '/oauth2/v2.0/token', times: 100, action: { status: 503 } });
      controller.abort();
    };
    const result = await runBuiltTask('Train', {
      azure,
      files: { 'src/train.py': 'import time\nprint("running", flush=True)\ntime.sleep(600)' },
      inputs: inline,
      refName: 'cancelled',
      signal: controller.signal,
      onLine: (line) => void (line === 'running' && cancel()),
    });
    await azure.faults.clear();
    assert.equal(result.result, 'canceled');
    const name = jobIn(result.log);
    assert.ok(result.log.some((line) => line === `Asked Azure ML to cancel the job ${name}.`));
    const { details } = await (await workspace()).untilEnd(name);
    assert.equal(details.status, 'Canceled');
  });

  describe('with maxCost', () => {
    const endless = { 'src/train.py': 'import time\nprint("running", flush=True)\ntime.sleep(600)' };

    it('cancels a job before it costs more, and says what was spent and what to do', async () => {
      const azure = await localAzure();
      const step = { azure, files: endless, refName: 'costly' };
      // Without a limit of its own, so that only the step can end it.
      const { outputs } = await runBuiltTask('Train', { ...step, inputs: { ...inline, waitForCompletion: 'false' } });
      const jobName = outputs.jobName!;
      const inputs = { ...connection, jobSource: 'existing', jobName, maxCost: '0.0008' };
      const result = await runBuiltTask('Train', { ...step, inputs });
      const log = result.log.join('\n');
      assert.equal(result.result, 'failed', log);
      assert.match(errorsOf(result), /started without a time limit, .* is held by this step only/);
      assert.match(
        errorsOf(result),
        /The job has cost about .* maxCost, 0\.0008 USD.*To let it run longer, raise maxCost\./,
      );
      assert.match(log, /^The job has cost about .* Cancelling the job\.$/m);
      assert.ok(Number(result.outputs.estimatedCost) > 0, result.outputs.estimatedCost);
      const { details } = await (await workspace()).untilEnd(jobName);
      assert.equal(details.status, 'Canceled');
    });

    it('gives the job the time that it pays for, which ends in Azure what nobody follows', async () => {
      const azure = await localAzure();
      const inputs = { ...inline, maxCost: '0.0003', waitForCompletion: 'false' };
      const result = await runBuiltTask('Train', { azure, files: endless, inputs, refName: 'unwatched' });
      assert.equal(result.result, 'succeeded', result.log.join('\n'));
      const line = "maxCost, 0.0003 USD, pays for 0:00:03 of 1 node of Standard_DS3_v2 at 0.29 USD an hour each (estimate): that is the job's time limit."; // prettier-ignore
      assert.ok(result.log.includes(line), result.log.join('\n'));
      const { details } = await (await workspace()).untilEnd(result.outputs.jobName!);
      assert.equal(details.status, 'Canceled');
    });

    for (const [what, inputs, why] of [
      ['a size that the price list does not have', { compute: '', instanceType: 'Standard_Unheard_v9' }, /does not have the size Standard_Unheard_v9/], // prettier-ignore
      ['serverless nodes of any size', { compute: '' }, /chooses the size of serverless nodes/],
    ] as const) {
      it(`starts nothing on ${what}`, async () => {
        const azure = await localAzure();
        const step = { azure, files: endless, inputs: { ...inline, maxCost: '5', ...inputs }, refName: 'unpriced' };
        const result = await runBuiltTask('Train', step);
        assert.equal(result.result, 'failed');
        assert.match(errorsOf(result), why);
        assert.doesNotMatch(result.log.join('\n'), /Started the job|Code snapshot/);
      });
    }

    it('starts nothing where the price list may not be read, and needs none without maxCost', async () => {
      const azure = await localAzure();
      const refuse = () =>
        azure.faults.http({
          path: '/vmSizes',
          action: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'Not you.' } } },
        });
      await refuse();
      const step = { azure, files: { 'src/train.py': 'print("done")' }, refName: 'refused' };
      const held = await runBuiltTask('Train', { ...step, inputs: { ...inline, maxCost: '5' } });
      assert.equal(held.result, 'failed');
      assert.match(errorsOf(held), /so it is not started\..*Not you\..*the role Reader has/);
      await azure.faults.clear();
      await refuse();
      const free = await runBuiltTask('Train', { ...step, inputs: inline });
      await azure.faults.clear();
      assert.equal(free.result, 'succeeded', free.log.join('\n'));
      assert.equal(free.outputs.estimatedCost, undefined);
      assert.match(
        free.log.join('\n'),
        /^Cost \(estimate\): not known.*\nThe cost is not the whole: Azure ML's price list of .* cannot be read/m,
      );
    });
  });

  /** Runs the step until its job runs, and kills it then: no signal reaches it before. */
  async function killed(options: BuiltTaskOptions & { azure: LocalAzure }) {
    const deaf = path.join(temporaryFolder(), 'deaf.cjs');
    writeFileSync(
      deaf,
      `const on = process.on;
       const isSignal = (name) => name === 'SIGINT' || name === 'SIGTERM';
       for (const name of ['SIGINT', 'SIGTERM']) on.call(process, name, () => {});
       process.on = process.once = (name, does) => (isSignal(name) ? process : on.call(process, name, does));`,
    );
    const controller = new AbortController();
    const result = await runBuiltTask('Train', {
      ...options,
      variables: { PROCESS_SIGINT_TIMEOUT: '100', PROCESS_SIGTERM_TIMEOUT: '100' },
      environment: { NODE_OPTIONS: `${options.azure.environment.NODE_OPTIONS} --require "${deaf}"` },
      signal: controller.signal,
      onLine: (line) => line === 'running' && controller.abort(),
    });
    assert.equal(result.exitCode, null, 'a signal ended it');
    const name = jobIn(result.log);
    assert.equal((await new MlWorkspace(options.azure).details(name)).status, 'Running');
    return { result, name };
  }

  it('cancels in its post-job step the job of a main step that was killed', async () => {
    const azure = await localAzure();
    const { result, name } = await killed({
      azure,
      files: { 'src/train.py': 'import time\nprint("running", flush=True)\ntime.sleep(600)' },
      inputs: inline,
      refName: 'killed',
    });
    const { taskVariables } = result;
    const clean = await runBuiltTask('Train', { azure, phase: 'postjob', inputs: inline, taskVariables });
    assert.deepEqual(clean.issues, []);
    assert.equal((await (await workspace()).untilEnd(name)).details.status, 'Canceled');
  });

  it('follows the job that a killed step left, instead of paying for another', async () => {
    const azure = await localAzure();
    const job = new TestJob('build', azure);
    const step = {
      azure,
      job,
      refName: 'again after death',
      // It goes on when it is told to, which is not before the step runs for the second time.
      files: {
        'src/train.py': `
import os, pathlib, time
print("running", flush=True)
while not pathlib.Path(os.environ["GO_ON"]).exists(): time.sleep(0.2)
print("the end")
pathlib.Path("outputs/model").mkdir(parents=True)
pathlib.Path("outputs/model/m.txt").write_text("x")
`,
      },
      inputs: {
        ...inline,
        environmentVariables: `GO_ON=${path.join(temporaryFolder(), 'go-on')}`,
        modelName: 'after-death',
      },
    };
    const { name } = await killed(step);
    const second = await runBuiltTask('Train', {
      ...step,
      onLine: (line) =>
        line.startsWith('An earlier try') && writeFileSync(step.inputs.environmentVariables.slice('GO_ON='.length), ''),
    });
    assert.equal(second.result, 'succeeded', second.log.join('\n'));
    assert.equal(second.outputs.jobName, name);
    // All of its log, also what the first try has shown.
    assert.deepEqual(
      second.log.filter((line) => line === 'running' || line === 'the end'),
      ['running', 'the end'],
    );
    assert.equal(second.outputs.modelVersion, '1');
  });

  it('fails with a paused job, and leaves it to whoever resumes it', async () => {
    const azure = await localAzure();
    await azure.faults.http({
      path: '/history/v1.0/.*/details',
      times: 1,
      action: { status: 200, body: { runId: 'paused', status: 'Paused' } },
    });
    const result = await runBuiltTask('Train', {
      azure,
      files: { 'src/train.py': 'import time\ntime.sleep(600)' },
      inputs: inline,
      refName: 'paused',
    });
    assert.equal(result.result, 'failed');
    assert.equal(result.outputs.jobStatus, 'Paused');
    assert.match(result.issues.at(-1)!.message, /is paused\. Resume it in the studio and run this step again/);
    const { taskVariables } = result;
    await runBuiltTask('Train', { azure, phase: 'postjob', inputs: inline, taskVariables });
    const ml = await workspace();
    await ml.until(jobIn(result.log), 'Running');
    await ml.cancel(jobIn(result.log));
  });

  it('says what to do where a job failed for want of quota', async () => {
    const azure = await localAzure();
    const message = 'Operation results in exceeding approved standardNCSv3Family Cores quota.';
    await azure.faults.http({
      path: '/history/v1.0/.*/details',
      times: 1,
      action: { status: 200, body: { runId: 'r', status: 'Failed', error: { error: { code: 'UserError', message } } } },
    });
    const result = await runBuiltTask('Train', {
      azure,
      files: { 'src/train.py': '' },
      inputs: inline,
      refName: 'noquota',
    });
    assert.equal(result.result, 'failed');
    assert.match(result.issues.at(-1)!.message, /ended as Failed\. UserError: .* Cores quota\. Ask for more quota, or/);
  });

  it('shows the log of every process of a distributed job on request, and lets it forge nothing', async () => {
    const result = await runBuiltTask('Train', {
      azure: await localAzure(),
      refName: 'ranks',
      files: {
        'job.yml': `
command: |
  echo rank $RANK of $WORLD_SIZE
  printf '\\033[31m##[error]forged\\033[0m ##vso \\000\\n'
environment: {image: python}
compute: azureml:${localCloud.compute}
distribution: {type: pytorch, process_count_per_instance: 2}
resources: {instance_count: 2}
`,
      },
      inputs: { ...connection, jobSource: 'file', jobFile: 'job.yml', logOfAllRanks: 'true' },
    });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    for (const rank of [0, 1, 2, 3]) {
      assert.match(
        result.log.join('\n'),
        new RegExp(
          `##\\[group\\]std_log_process_0${rank}\\.txt\nrank ${rank} of 4\n##_\\[error\\]forged ##_vso \\\\x00\n##\\[endgroup\\]`,
        ),
      );
    }
  });

  it('brings files of every name along, and what links lead to, but no empty folders', async () => {
    const azure = await localAzure();
    const job = new TestJob('build', azure);
    const names = ['a b#c%41.txt', 'ünï/💡 & <x>.txt', "quote's.txt", 'plus+and=.txt', 'empty.txt', 'deep/er/f.txt'];
    job.write(Object.fromEntries(names.map((name) => [`src/${name}`, name === 'empty.txt' ? '' : name])));
    mkdirSync(path.join(job.root, 'src/nothing'));
    symlinkSync('deep/er', path.join(job.root, 'src/link'));
    const result = await runBuiltTask('Train', {
      job,
      refName: 'names',
      inputs: { ...inline, command: 'find . -type f -path "*.txt" -printf "found %P %s\\n"; ls -d nothing || true' },
    });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    const found = result.log.filter((line) => line.startsWith('found ')).sort();
    const expected = [...names, 'link/f.txt'].map((name) => {
      const size = name === 'empty.txt' ? 0 : Buffer.byteLength(name === 'link/f.txt' ? 'deep/er/f.txt' : name);
      return `found ${name} ${size}`;
    });
    assert.deepEqual(found, expected.sort());
    assert.ok(!result.log.includes('nothing'));
  });

  it('cancels in its post-job step what the main step left running, and nothing else', async () => {
    const azure = await localAzure();
    const ml = await workspace();
    const environmentId = await ml.environment();
    const running = await ml.submit({ command: 'sleep 600', environmentId });
    const done = await ml.submit({ command: 'echo done', environmentId });
    await Promise.all([ml.until(running, 'Running'), ml.untilEnd(done)]);
    const clean = async (left: LeftJob | undefined) => {
      const taskVariables = new Variables();
      const state = { get: () => undefined, set: (key: string, value: string) => void taskVariables.set(key, value) };
      if (left) await leftJob(state).note(left);
      return runBuiltTask('Train', { azure, phase: 'postjob', inputs: inline, taskVariables });
    };
    const place = { resourceGroup: localCloud.resourceGroup, workspace: localCloud.workspace, isConfirmed: false };
    for (const left of [undefined, { name: done, ...place }, { name: 'never-created', ...place }]) {
      const result = await clean(left);
      assert.equal(result.result, 'succeeded');
      assert.deepEqual(result.issues, []);
    }
    assert.equal((await ml.details(running)).status, 'Running');
    assert.equal((await ml.details(done)).status, 'Completed');
    await clean({ name: running, ...place, isConfirmed: true });
    assert.equal((await ml.untilEnd(running)).details.status, 'Canceled');
  });

  it('hands back a job without waiting, finds it again, and registers its model once', async () => {
    const azure = await localAzure();
    const job = new TestJob('build', azure);
    const files = {
      'src/train.py':
        'import time, pathlib\ntime.sleep(2)\nprint("late", flush=True)\n' +
        'pathlib.Path("outputs/model").mkdir(parents=True)\npathlib.Path("outputs/model/MLmodel").write_text("x")',
    };
    const run = (inputs: Record<string, string>) =>
      runBuiltTask('Train', { job, files, refName: 'again', inputs: { ...inline, modelName: 'again', ...inputs } });
    const first = await run({ waitForCompletion: 'false' });
    assert.equal(first.result, 'succeeded', first.log.join('\n'));
    assert.equal(first.outputs.modelVersion, undefined);
    // It is meant to run on: the step's own clean-up leaves it alone.
    const { taskVariables } = first;
    await runBuiltTask('Train', { job, phase: 'postjob', refName: 'again', inputs: inline, taskVariables });
    const second = await run({});
    assert.equal(second.result, 'succeeded', second.log.join('\n'));
    assert.equal(second.outputs.jobName, first.outputs.jobName);
    assert.ok(second.log.includes('late'));
    // What was brought in once is used again.
    assert.ok(
      second.log.some((line) => /Code snapshot of .* is unchanged/.test(line)),
      second.log.join('\n'),
    );
    const third = await run({ jobSource: 'existing', jobName: first.outputs.jobName! });
    assert.equal(third.outputs.modelVersion, second.outputs.modelVersion);
    const model = (
      await (
        await workspace()
      ).client.modelVersions.get(localCloud.resourceGroup, localCloud.workspace, 'again', second.outputs.modelVersion!)
    ).properties;
    assert.equal(model.modelType, 'mlflow_model');
    assert.match(model.properties!['azureml.git.build_uri']!, /buildId=7$/);
  });

  it('fails with the job, in its own words, and starts again when it is tried again', async () => {
    const azure = await localAzure();
    const job = new TestJob('build', azure);
    const files = { 'src/train.py': 'print("before the end")\nraise SystemExit(3)' };
    const first = await runBuiltTask('Train', { job, files, refName: 'failing', inputs: inline });
    assert.equal(first.result, 'failed');
    assert.match(first.issues.at(-1)!.message, /ended as Failed\..*before the end/s);
    const second = await runBuiltTask('Train', { job, files, refName: 'failing', inputs: inline });
    assert.notEqual(jobIn(second.log), jobIn(first.log));
    // Of the same content: neither code nor environment is made a second time.
    const { client } = await workspace();
    const [one, other] = await Promise.all(
      [first, second].map(({ log }) => client.jobs.get(localCloud.resourceGroup, localCloud.workspace, jobIn(log))),
    );
    const assets = ({ properties }: NonNullable<typeof one>) => {
      const { codeId, environmentId } = properties as { codeId?: string; environmentId?: string };
      return { codeId, environmentId };
    };
    assert.ok(assets(one!).codeId && assets(one!).environmentId);
    assert.deepEqual(assets(other!), assets(one!));
  });

  it('cancels a job that waits too long for its compute', async () => {
    const azure = await localAzure();
    await azure.faults.named('ml.queue', { detail: { seconds: 600 } });
    const result = await runBuiltTask('Train', {
      azure,
      files: { 'src/train.py': '' },
      refName: 'queued',
      inputs: { ...inline, queueTimeoutInMinutes: '0.1' },
    });
    assert.equal(result.result, 'failed');
    assert.match(result.issues.at(-1)!.message, /waited for its compute for more than 0\.1 minutes/);
    assert.match(result.log.join('\n'), /Queued for cpu-cluster: \d of at most 2 nodes are there/);
    assert.equal((await (await workspace()).untilEnd(jobIn(result.log))).details.status, 'Canceled');
  });

  it('runs a job file with local data, inputs over it and outputs by name', async () => {
    const azure = await localAzure();
    const result = await runBuiltTask('Train', {
      azure,
      refName: 'file',
      files: {
        'jobs/job.yml': `
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: >-
  cat \${{inputs.data}}/rows.csv && echo rate \${{inputs.rate}} \${{inputs.flag}} &&
  cp \${{inputs.data}}/rows.csv \${{outputs.model}}/
environment: {image: python:3.12}
compute: azureml:${localCloud.compute}
experiment_name: from-file
inputs:
  data: {type: uri_folder, path: ./data}
  rate: 1.0
  flag: true
outputs:
  model: {type: custom_model}
`,
        'jobs/data/rows.csv': 'one row\n',
      },
      inputs: {
        ...connection,
        jobSource: 'file',
        jobFile: 'jobs/job.yml',
        jobInputs: 'rate=2.50',
        modelName: 'from-file',
        modelPath: 'model',
      },
    });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.ok(result.log.includes('one row'));
    assert.ok(result.log.includes('rate 2.50 True'));
    const record = JSON.parse(readFileSync(result.outputs.recordFile!, 'utf8'));
    assert.equal(record.training.experimentName, 'from-file');
    assert.equal(record.training.data[0].name, 'data');
    assert.match(record.model.uri, /outputs\/model|azureml\/.*\/model/);
  });

  it('runs a sweep: its trials in groups, and the best one registered', async () => {
    const result = await runBuiltTask('Train', {
      azure: await localAzure(),
      refName: 'sweep',
      files: {
        'sweep.yml': `
type: sweep
trial: {code: src, command: 'python t.py \${{search_space.rate}}', environment: {image: python}}
compute: azureml:${localCloud.compute}
sampling_algorithm: grid
search_space: {rate: {type: choice, values: [0.5, 0.1]}}
objective: {goal: minimize, primary_metric: loss}
limits: {max_total_trials: 2, max_concurrent_trials: 2}
`,
        'src/t.py': `
import json, os, pathlib, ssl, sys, time, urllib.request as web
print("trial with", sys.argv[1], flush=True)
pathlib.Path("outputs/model").mkdir(parents=True)
pathlib.Path("outputs/model/m.txt").write_text(sys.argv[1])
context = ssl.create_default_context(cafile=os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"])
for step in range(3):
  body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "value": float(sys.argv[1]) * (3 - step),
          "timestamp": int(time.time() * 1000), "step": step}
  web.urlopen(web.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric", json.dumps(body).encode(),
    {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}), context=context)
`,
      },
      inputs: { ...connection, jobSource: 'file', jobFile: 'sweep.yml', modelName: 'sweep', maxCost: '0.58' },
    });
    const log = result.log.join('\n');
    assert.equal(result.result, 'succeeded', log);
    assert.match(log, /##\[group\]trial 0\ntrial with 0\.5\n##\[endgroup\]/);
    assert.deepEqual(JSON.parse(result.outputs.metrics!), { loss: 0.1 });
    const record = JSON.parse(readFileSync(result.outputs.recordFile!, 'utf8'));
    assert.match(record.model.uri, /_1\//);
    const { name, version } = record.model;
    const model = await (
      await workspace()
    ).client.modelVersions.get(localCloud.resourceGroup, localCloud.workspace, name, version);
    assert.equal(model.properties.tags!.loss, '0.1');
    const { cost } = record.training;
    assert.deepEqual(namesOf(cost.runs), ['trial 0', 'trial 1']);
    assert.equal(model.properties.properties!['mlops.estimatedCost'], `${cost.amount} USD`);
    // Two trials at once, of a node each at 0.29 USD an hour.
    const { properties: job } = await (
      await workspace()
    ).client.jobs.get(localCloud.resourceGroup, localCloud.workspace, result.outputs.jobName!);
    assert.equal((job as SweepJob).limits?.timeout, 'PT3600S');
    assert.match(result.summaries[0]!.text, /\| trial 0 \| 1 × Standard\\_DS3\\_v2 \| 0:0\d:\d\d \| [\d.]+ USD \|/);
    assert.match(result.summaries[0]!.text, /`loss` \| 0\.1 \| █[▄▅]▁ 0\.3 → 0\.1, 3 points/);
  });

  it('runs a pipeline of an inline step and a component file, and registers its output', async () => {
    const result = await runBuiltTask('Train', {
      azure: await localAzure(),
      refName: 'pipeline',
      files: {
        'pipeline.yml': `
type: pipeline
settings: {default_compute: azureml:${localCloud.compute}}
inputs: {word: hello}
outputs: {report: {type: uri_folder, mode: upload}}
jobs:
  prepare:
    command: echo \${{inputs.word}} > \${{outputs.text}}/a.txt && echo prepared
    environment: {image: python}
    inputs: {word: "\${{parent.inputs.word}}"}
    outputs: {text: }
  use:
    component: ./use.yml
    inputs: {text: "\${{parent.jobs.prepare.outputs.text}}"}
    outputs: {report: "\${{parent.outputs.report}}"}
`,
        'use.yml': `
type: command
name: use
inputs: {text: {type: uri_folder}, factor: {type: number, default: 1.0}}
outputs: {report: {type: uri_folder}}
command: cat \${{inputs.text}}/a.txt && cp \${{inputs.text}}/a.txt \${{outputs.report}}/r.txt && echo factor \${{inputs.factor}}
environment: {image: python}
`,
      },
      inputs: {
        ...connection,
        jobSource: 'file',
        jobFile: 'pipeline.yml',
        modelName: 'piped',
        modelPath: 'report',
        maxCost: '0.29',
      },
    });
    const log = result.log.join('\n');
    assert.equal(result.result, 'succeeded', log);
    const { training } = JSON.parse(readFileSync(result.outputs.recordFile!, 'utf8'));
    assert.deepEqual(namesOf(training.cost.runs), ['prepare', 'use']);
    assert.match(
      log,
      /no time limit for a pipeline as a whole, .* limited to what it pays for: prepare 1:00:00, use 1:00:00\.$/m,
    );
    const { body } = await (await workspace()).call('GET', (await workspace()).arm(`/jobs/${result.outputs.jobName}`));
    const steps = Object.values(
      (body as { properties: { jobs: Record<string, { limits: unknown }> } }).properties.jobs,
    );
    for (const { limits } of steps) assert.deepEqual(limits, { job_limits_type: 'Command', timeout: 'PT3600S' });
    assert.match(log, /##\[group\]use\nhello\nfactor 1\.0\n##\[endgroup\]/);
    assert.equal(result.outputs.modelVersion, '1');
  });

  it('names line and key of what is wrong in a job file', async () => {
    const result = await runBuiltTask('Train', {
      azure: await localAzure(),
      files: { 'job.yml': 'command: echo ${{inputs.x}}\nenvironmnt: a\nlimits:\n  timeout: soon\n' },
      inputs: { ...connection, jobSource: 'file', jobFile: 'job.yml' },
    });
    assert.equal(result.result, 'failed');
    const { message } = result.issues[0]!;
    assert.match(message, /line 2, environmnt: this key is not known here\. Did you mean environment\?/);
    assert.match(message, /line 4, limits\.timeout: it must be a whole number/);
    assert.match(message, /the key "environment" is missing/);
    assert.match(message, /line 1, command: it uses \$\{\{inputs\.x\}\}/);
  });

  it('rides out an Azure that is busy, unreachable or resets the connection, and tokens that expire', async () => {
    const azure = await localAzure();
    await azure.faults.named('entra.token', { times: 2, detail: { expiresInSeconds: 4 } });
    await azure.requests.clear();
    const details = '/history/v1.0/.*/details';
    await azure.faults.http({ path: details, skip: 1, times: 6, action: { status: 503 } });
    await azure.faults.http({ path: details, skip: 2, times: 1, action: { reset: 'before' } });
    const result = await runBuiltTask('Train', {
      azure,
      refName: 'busy',
      files: { 'src/train.py': 'import time\nfor i in range(8):\n  print("line", i, flush=True); time.sleep(1)' },
      inputs: inline,
    });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    const lines = result.log.filter((line) => line.startsWith('line '));
    assert.deepEqual(lines, ['line 0', 'line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 6', 'line 7']);
    // A short outage is ridden out by the policies of a request, without a word; a longer one is said once.
    assert.ok(result.log.filter((line) => line.includes('Trying again until Azure answers')).length <= 1);
    const tokens = (await azure.requests.list()).filter(({ url }) => url.includes('/oauth2/v2.0/token'));
    assert.ok(tokens.length >= 3, `${tokens.length} tokens`);
  });

  const wrong: Array<[string, Record<string, string>, RegExp]> = [
    ['an unknown compute', { compute: 'no-such' }, /Input compute: .* no compute "no-such"\. There are: cpu-cluster/],
    ['an unknown environment', { environment: 'azureml:nope:1' }, /There is no environment "nope"/],
    [
      'an unknown datastore',
      { jobInputs: 'd=azureml://datastores/nope/paths/x' },
      /Input jobInputs, d: .* no datastore "nope"\. There are: /,
    ],
    [
      'an unknown data asset',
      { jobInputs: 'd=azureml:rows:7' },
      /Input jobInputs, d: .* has no data asset "rows" of version "7"/,
    ],
    [
      'a local path that is not there',
      { jobInputs: 'd=uri_folder ./gone' },
      /Input jobInputs, d: .*gone does not exist/,
    ],
    [
      'an input that the command has and the job has not',
      { command: 'python x.py ${{inputs.rate}}' },
      /Input command: .*inputs\.rate/,
    ],
    [
      'a name that no input can have',
      { jobInputs: 'learning-rate=1' },
      /Input jobInputs: "learning-rate": such a name may have letters, digits and _ only/,
    ],
    [
      'a Conda file that is not YAML',
      { condaFile: 'broken.yml' },
      /Conda file .*broken\.yml is not YAML: .*at line 3, column 1\.$/,
    ],
    ['a Conda file that is a list', { condaFile: 'list.yml' }, /Conda file .*list\.yml is not a mapping with channels/],
    [
      'data that have drifted',
      {
        dataChecks: '# the schema\nge.success_percent == 100',
        dataReports: 'reports/*.json',
        workspace: 'never-asked-for',
      },
      /Input dataChecks: the data check does not hold, so nothing was trained\. Line 2: ge\.success_percent is 75, but must be exactly 100\./,
    ],
    ['an unknown workspace', { workspace: 'nope' }, /workspace "nope" does not exist.*quick-starts-ws/],
    ['several at once', { command: '', instanceCount: '0', runTimeoutInMinutes: 'x' }, /3 inputs are wrong/],
  ];
  for (const [what, inputs, message] of wrong) {
    it(`refuses ${what}, and starts no job`, async () => {
      const azure = await localAzure();
      const result = await runBuiltTask('Train', {
        azure,
        files: {
          'src/a.py': '',
          'broken.yml': 'dependencies:\n  - pip: [a\n',
          'list.yml': '- scikit-learn\n',
          'reports/ge.json': validation,
        },
        inputs: { ...inline, ...inputs },
      });
      assert.equal(result.result, 'failed');
      assert.equal(result.issues.length, 1, result.log.join('\n'));
      assert.match(result.issues[0]!.message, message);
      assert.ok(!result.log.some((line) => line.startsWith('Started the job')));
    });
  }

  const refusals: Array<[string, object, RegExp]> = [
    [
      'a missing role',
      { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'The client may not do jobs/write.' } } },
      /403 AuthorizationFailed.*the role "AzureML Data Scientist" on the workspace/,
    ],
    [
      'a quota that is used up',
      { status: 400, body: { error: { code: 'UserError', message: 'This exceeds the quota of Standard_DS3_v2.' } } },
      /exceeds the quota.*Ask for more quota/,
    ],
  ];
  for (const [what, action, message] of refusals) {
    it(`names ${what}, and leaves no job behind`, async () => {
      const azure = await localAzure();
      await azure.faults.http({ method: 'PUT', path: '/jobs/', action });
      const result = await runBuiltTask('Train', {
        azure,
        refName: what.replaceAll(' ', ''),
        files: { 'src/a.py': '' },
        inputs: inline,
      });
      assert.equal(result.result, 'failed');
      assert.match(result.issues[0]!.message, message);
      const clean = await runBuiltTask('Train', {
        azure,
        phase: 'postjob',
        inputs: inline,
        taskVariables: result.taskVariables,
      });
      assert.deepEqual(clean.issues, []);
    });
  }

  it('says what the job left, where the model is not', async () => {
    const result = await runBuiltTask('Train', {
      azure: await localAzure(),
      refName: 'nomodel',
      files: { 'src/train.py': 'open("outputs/other.txt", "w").write("x")' },
      inputs: { ...inline, modelName: 'm', modelPath: 'outputs/model' },
    });
    assert.equal(result.result, 'failed');
    assert.match(result.issues.at(-1)!.message, /left nothing under "outputs\/model".*outputs\/other\.txt/s);
  });
});

const namesOf = (runs: Array<{ name: string }>): string[] => runs.map(({ name }) => name).sort();

/** What the step's page lists in red. */
function errorsOf({ issues }: Awaited<ReturnType<typeof runBuiltTask>>): string {
  return issues.map(({ message }) => message).join('\n');
}

function jobIn(log: string[]): string {
  const name = /^Started the job (\S+)/m.exec(log.join('\n'))?.[1];
  assert.ok(name, log.join('\n'));
  return name;
}
