import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { localCloud } from '../../local/azure/context';
import { runBuiltTask } from '../support/agent';
import { localAzure } from '../support/azure';
import { describeOnEachNode } from '../support/node';

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
    this.timeout(120_000);
    const azure = await localAzure();
    const result = await runBuiltTask('Train', {
      azure,
      nodePath,
      files: { 'src/train.py': script },
      inputs: {
        ...connection,
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
    const record = JSON.parse(readFileSync(result.outputs.recordFile!, 'utf8'));
    assert.equal(record.training.jobName, result.outputs.jobName);
    assert.equal(record.model.version, result.outputs.modelVersion);
    assert.ok(existsSync(path.join(path.dirname(result.outputs.recordFile!), record.training.goldenRequests.file)));
  });
});
