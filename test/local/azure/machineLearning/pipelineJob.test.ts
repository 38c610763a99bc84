import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { localCloud } from '../../../../local/azure/context';
import { localAzure } from '../../../support/azure';
import { MlWorkspace, readText, workspaceId } from '../../../support/mlWorkspace';

describe('a pipeline job of local Azure', function () {
  this.timeout(180_000);
  let ml: MlWorkspace;
  let environment: string;

  before(async () => {
    ml = new MlWorkspace(await localAzure());
    environment = `azureml:${await ml.environment()}`;
  });

  /** Registers a component and hands back its id. */
  async function component(spec: Record<string, unknown>): Promise<string> {
    const version = randomUUID();
    await ml.client.componentVersions.createOrUpdate(
      localCloud.resourceGroup,
      localCloud.workspace,
      'azureml_anonymous',
      version,
      { properties: { componentSpec: { type: 'command', environment, ...spec } } },
    );
    return `${workspaceId}/components/azureml_anonymous/versions/${version}`;
  }

  const children = async (job: string) => {
    const { body } = (await ml.call('GET', `/history/v1.0${workspaceId}/runs/${job}/children`)) as {
      body: { value: Array<{ runId: string; displayName: string; status: string }> };
    };
    return body.value;
  };

  it('runs its nodes in the order of what they hand on', async () => {
    const make = await component({
      command: 'echo $((${{inputs.seed}} * ${{inputs.factor}})) > ${{outputs.rows}}/n.txt',
      inputs: { seed: { type: 'integer' }, factor: { type: 'integer', default: '10' } },
      outputs: { rows: { type: 'uri_folder' } },
    });
    const add = await component({
      command:
        'echo $(($(cat ${{inputs.rows}}/n.txt) + 1)) | tee ${{outputs.model}}/n.txt $[[; echo ${{inputs.note}}]]',
      inputs: { rows: { type: 'uri_folder' }, note: { type: 'string', optional: true } },
      outputs: { model: { type: 'custom_model' } },
    });
    const pipeline = await ml.submit({
      jobType: 'Pipeline',
      inputs: { seed: { jobInputType: 'literal', value: '4' } },
      outputs: { result: { jobOutputType: 'custom_model' } },
      settings: { default_compute: `${workspaceId}/computes/${localCloud.compute}` },
      jobs: {
        train: {
          type: 'command',
          componentId: add,
          inputs: { rows: { job_input_type: 'literal', value: '${{parent.jobs.prepare.outputs.rows}}' } },
          outputs: { model: { value: '${{parent.outputs.result}}', type: 'literal' } },
        },
        prepare: {
          type: 'command',
          componentId: make,
          inputs: { seed: { job_input_type: 'literal', value: '${{parent.inputs.seed}}' } },
        },
      },
    });
    const { details } = await ml.untilEnd(pipeline);
    const steps = await children(pipeline);
    assert.equal(details.status, 'Completed', JSON.stringify(details.error));
    // Who follows the pipeline sees no warning of its nodes: it has them too, each once.
    const notes = (details as { warnings?: Array<{ message: string }> }).warnings!.map(({ message }) => message);
    assert.match(notes.join('\n'), /runs as a process of this machine/);
    assert.equal(new Set(notes).size, notes.length);
    assert.deepEqual(
      steps.map(({ displayName, status }) => [displayName, status]),
      [
        ['prepare', 'Completed'],
        ['train', 'Completed'],
      ],
    );
    const train = await ml.details(steps[1]?.runId ?? '');
    assert.equal(await readText(train.logFiles['user_logs/std_log.txt']), '41\n');
    const reader = await ml.submit({
      command: 'cat ${{inputs.model}}/n.txt',
      environmentId: environment.replace(/^azureml:/, ''),
      inputs: { model: { jobInputType: 'custom_model', uri: `azureml://jobs/${pipeline}/outputs/result/paths/` } },
    });
    const read = await ml.untilEnd(reader);
    assert.equal(await readText(read.details.logFiles['user_logs/std_log.txt']), '41\n');
  });

  it('is refused in a form that nobody is recorded to send', async () => {
    const componentId = await component({ command: 'true' });
    const refusal = async (properties: Record<string, unknown>) => {
      const jobs = { one: { type: 'command', componentId } };
      const body = { properties: { jobType: 'Pipeline', jobs, ...properties } };
      return (await ml.call('PUT', ml.arm(`/jobs/${randomUUID()}`), body)).status;
    };
    assert.equal(await refusal({ settings: { default_compute: 'serverless' } }), 400);
    assert.equal(await refusal({ settings: { default_compute: `${workspaceId}/computes/nonesuch` } }), 400);
    assert.equal(await refusal({ jobs: { one: { type: 'command', componentId, computeId: 'serverless' } } }), 400);
    assert.equal(await refusal({ jobs: { one: { type: 'command', componentId: `${workspaceId}/components/none/versions/1` } } }), 404); // prettier-ignore
    await assert.rejects(
      component({ command: 'true', environment: environment.replace(/^azureml:/, '') }),
      /must begin with 'azureml:'/,
    );
    const accepted = await ml.submit({
      jobType: 'Pipeline',
      jobs: { one: { type: 'command', componentId } },
      settings: { default_compute: `${workspaceId}/computes/serverless` },
    });
    assert.equal((await ml.untilEnd(accepted)).details.status, 'Completed');
    const [step] = await children(accepted);
    const { body } = await ml.call('GET', ml.arm(`/jobs/${step?.runId}`));
    assert.equal('properties' in (body as object), false, 'a step is answered without properties');
  });

  it('fails with a node, and does not run what needs it', async () => {
    const fails = await component({ command: 'exit 1', outputs: { rows: { type: 'uri_folder' } } });
    const needs = await component({ command: 'true', inputs: { rows: { type: 'uri_folder' } } });
    const pipeline = await ml.submit({
      jobType: 'Pipeline',
      jobs: {
        first: { type: 'command', componentId: fails },
        second: { type: 'command', componentId: needs, inputs: { rows: '${{parent.jobs.first.outputs.rows}}' } },
      },
    });
    const { details } = await ml.untilEnd(pipeline);
    assert.equal(details.status, 'Failed');
    assert.match(details.error?.error.message ?? '', /node 'first' did not complete/);
    assert.deepEqual(
      (await children(pipeline)).map(({ displayName }) => displayName),
      ['first'],
    );
  });
});
