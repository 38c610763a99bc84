import assert from 'node:assert/strict';
import { localCloud } from '../../../../local/azure/context';
import { localAzure } from '../../../support/azure';
import { MlWorkspace, readText, workspaceId } from '../../../support/mlWorkspace';

const { resourceGroup, workspace } = localCloud;

describe('a command job of local Azure', function () {
  this.timeout(180_000);
  let ml: MlWorkspace;
  let environmentId: string;

  before(async () => {
    ml = new MlWorkspace(await localAzure());
    environmentId = await ml.environment();
  });

  it('runs its code with its inputs and leaves log, outputs and artifacts', async () => {
    const codeId = await ml.code({
      'train.py': [
        'import os, pathlib, sys',
        'rate, data, model = sys.argv[1:]',
        'print("rate", rate, "data", pathlib.Path(data).read_text())',
        'pathlib.Path(model, "model.txt").write_text("weights")',
        'pathlib.Path("outputs", "note.txt").write_text(os.environ["AZUREML_RUN_ID"])',
      ].join('\n'),
      'data/rows.csv': '1;2',
    });
    const input = await ml.code({ 'rows.csv': 'a,b' });
    const codeUri = (await ml.client.codeVersions.get(resourceGroup, workspace, input.split('/').at(-3) ?? '', '1'))
      .properties.codeUri;
    const job = await ml.submit({
      command: 'python train.py ${{inputs.rate}} ${{inputs.data}} ${{outputs.model}}',
      environmentId,
      codeId,
      inputs: {
        rate: { jobInputType: 'literal', value: '0.01' },
        data: { jobInputType: 'uri_file', uri: `${codeUri}/rows.csv` },
      },
      outputs: { model: { jobOutputType: 'custom_model' } },
    });

    const { details, seen } = await ml.untilEnd(job);

    assert.deepEqual(details.error, null);
    assert.equal(seen.at(-1), 'Completed');
    assert.equal(await readText(details.logFiles['user_logs/std_log.txt']), 'rate 0.01 data a,b\n');
    const artifacts = (await ml.call('GET', `/artifact/v2.0${workspaceId}/artifacts/ExperimentRun/dcid.${job}`)) as {
      body: { value: Array<{ path: string }> };
    };
    assert.deepEqual(
      // The log of making the environment is there only when it was not in the cache.
      artifacts.body.value.map((artifact) => artifact.path).filter((path) => !path.startsWith('azureml-logs/')),
      ['outputs/note.txt', 'user_logs/std_log.txt'],
    );
    const model = await ml.client.modelVersions.createOrUpdate(resourceGroup, workspace, 'from-job', '1', {
      properties: { modelType: 'custom_model', modelUri: `azureml://jobs/${job}/outputs/model/paths/`, jobName: job },
    });
    assert.match(
      model.properties.modelUri ?? '',
      new RegExp(`^azureml://subscriptions/.+/datastores/workspaceblobstore/paths/azureml/${job}/model/$`),
    );
  });

  it('shows its log while it runs, and ends with its process group when it is cancelled', async () => {
    const job = await ml.submit({ command: 'echo begun; sleep 300 & sleep 300', environmentId });
    await ml.until(job, 'Running');
    let log = '';
    while (log === '') {
      const { logFiles } = await ml.details(job);
      if (logFiles['user_logs/std_log.txt']) log = await readText(logFiles['user_logs/std_log.txt']);
    }
    assert.equal(log, 'begun\n');

    await ml.cancel(job);
    await ml.untilEnd(job);

    assert.equal((await ml.client.jobs.get(resourceGroup, workspace, job)).properties.status, 'Canceled');
  });

  it('fails as the service does when its process fails', async () => {
    const job = await ml.submit({ command: 'python -c \'import sys; sys.exit("no rows")\'', environmentId });
    const { details } = await ml.untilEnd(job);
    assert.equal(details.status, 'Failed');
    assert.equal(details.error?.error.code, 'UserError');
    assert.equal(
      details.error?.error.message,
      "Execution failed. User process 'python' exited with status code 1. " +
        "Please check log file 'user_logs/std_log.txt' for error details. Error: no rows",
    );
  });

  it('is cancelled when it takes longer than its limit', async () => {
    const limits = { jobLimitsType: 'Command', timeout: 'PT0.5S' };
    const job = await ml.submit({ command: 'sleep 300', environmentId, limits });
    const { details } = await ml.untilEnd(job);
    assert.equal(details.status, 'Canceled');
    assert.match(details.error?.error.message ?? '', /longer than its limit of PT0.5S/);
  });

  it('waits in the queue until nodes are free', async () => {
    const first = await ml.submit({ command: 'sleep 300', environmentId, resources: { instanceCount: 2 } });
    await ml.until(first, 'Running');
    const second = await ml.submit({ command: 'true', environmentId });
    await ml.until(second, 'Queued');
    await ml.cancel(first);
    await ml.untilEnd(first);
    assert.equal((await ml.untilEnd(second)).details.status, 'Completed');
  });

  it('is the same job when it is sent again, and refuses what can not change', async () => {
    const job = await ml.submit({ command: 'true', environmentId, tags: { a: '1' } });
    const { properties } = await ml.client.jobs.get(resourceGroup, workspace, job);
    const body = { properties: { ...properties, tags: { a: '1', b: '2' } } };
    const again = await ml.client.jobs.createOrUpdate(resourceGroup, workspace, job, body);
    assert.equal(again.properties.tags?.b, '2');
    const refused = (await ml.call('PUT', ml.arm(`/jobs/${job}`), {
      properties: { jobType: 'Command', command: 'false', environmentId },
    })) as { status: number; body: { error: { code: string; message: string } } };
    assert.equal(refused.status, 400);
    assert.match(refused.body.error.message, /'command' .* cannot be updated/);
    await ml.untilEnd(job);
  });

  it('stays in the queue, and ends without an answer of its node, where a test plans it', async () => {
    const { faults } = ml.azure;
    await faults.named('ml.queue', { detail: { seconds: 300 } });
    const queued = await ml.submit({ command: 'true', environmentId });
    await ml.until(queued, 'Queued');
    await ml.cancel(queued);
    assert.equal((await ml.untilEnd(queued)).details.status, 'Canceled');

    await faults.named('ml.job.status', { detail: { status: 'NotResponding' } });
    const lost = await ml.submit({ command: 'sleep 300', environmentId });
    assert.equal((await ml.untilEnd(lost)).details.status, 'NotResponding');
  });

  const refusals: Array<[string, Record<string, unknown>, RegExp]> = [
    ['no command', { command: undefined }, /Command field is required/],
    ['an unknown environment', { environmentId: 'azureml:none:1' }, /No environment exists for 'azureml:none:1'/],
    ['an unknown compute', { computeId: 'azureml:none' }, /Unknown compute target 'none'/],
    [
      'an unknown datastore',
      { inputs: { data: { jobInputType: 'uri_file', uri: 'azureml://datastores/none/paths/x' } } },
      /Datastore 'none' was not found/,
    ],
    ['an input that is not there', { command: 'echo ${{inputs.none}}' }, /refers to 'inputs.none'/],
  ];
  for (const [what, change, message] of refusals) {
    it(`is refused with ${what}`, async () => {
      const properties = { jobType: 'Command', command: 'true', environmentId, ...change };
      const answer = (await ml.call('PUT', ml.arm(`/jobs/refused`), { properties })) as {
        status: number;
        body: { error: { code: string; message: string } };
      };
      assert.equal(answer.status, what === 'an unknown environment' ? 404 : 400);
      assert.match(answer.body.error.message, message);
    });
  }
});
