import assert from 'node:assert/strict';
import { defaultValues, neededInputs } from '../../scripts/requirements';
import { readTask, agentTaskFolders } from '../../scripts/taskManifest';
import type { InputReader } from '../../tasks/common/task/inputReader';
import * as deploy from '../../tasks/DeployACI/inputs';
import * as evaluate from '../../tasks/Evaluate/inputs';
import * as packageImage from '../../tasks/PackageImage/inputs';
import * as testEndpoint from '../../tasks/TestEndpoint/inputs';
import * as train from '../../tasks/Train/inputs';
import { signingKey } from '../support/signingKey';
import { readAsAgent, someConnection, someRegistryConnection } from '../support/agentInputs';

const signing = [{ signWith: 'keyVault' }, { signWith: 'privateKey' }];
/** Values by which an input shows or hides others: each is a branch of the designer. */
const branches: Record<string, Array<Record<string, string>>> = {
  Train: [{}, { jobSource: 'file' }, { jobSource: 'existing' }],
  Evaluate: [{}, { champion: 'version' }, { metricsFrom: 'file' }],
  PackageImage: [{}, { packaging: 'mlflow' }, { packaging: 'dockerfile' }, ...signing],
  DeployACI: [{}, { registryAuthentication: 'credentials' }, { requireSignature: 'true' }],
  // A signature is in Azure, or needs it to be attached.
  TestEndpoint: [
    {},
    ...[{ requireSignature: 'true' }, ...signing].map((each) => ({ ...each, azureSubscription: someConnection.id })),
  ],
};

/** A value that the task takes for an input, as a file where it wants one. */
const samples: Record<string, string> = {
  command: 'python train.py',
  criteria: 'rmse <= 5',
  dockerfile: 'Dockerfile',
  environment: 'ubuntu:24.04',
  imageConnection: someRegistryConnection.id,
  jobFile: 'job.yml',
  keyVaultKey: 'https://my-vault.vault.azure.net/keys/release',
  privateKey: signingKey().privateKey,
  trustedKeys: 'https://my-vault.vault.azure.net/keys/release',
  metricsFile: 'metrics.json',
  championVersion: '3',
  modelName: 'cost-estimator',
};
const files = {
  Dockerfile: 'FROM scratch\n',
  'job.yml': 'command: python train.py\nenvironment: azureml:sklearn-1.5@latest\n',
  'metrics.json': '{"rmse": 3}',
  'score.py': 'def init(): pass\ndef run(data): return data\n',
};
const readers: Record<string, (reader: InputReader) => unknown> = {
  Train: train.readInputs,
  Evaluate: evaluate.readInputs,
  PackageImage: packageImage.readInputs,
  DeployACI: deploy.readInputs,
  TestEndpoint: testEndpoint.readInputs,
};

describe('What must be given', () => {
  for (const folder of agentTaskFolders()) {
    for (const branch of branches[folder]!) {
      const task = readTask(folder);
      const needed = neededInputs(task, branch);
      const given = Object.fromEntries(
        needed.map((name) => [name, name === 'azureSubscription' ? someConnection.id : (samples[name] ?? 'some')]),
      );
      const asDesigner = { ...defaultValues(task), ...branch };

      it(`to ${folder} ${JSON.stringify(branch)} is enough: ${needed.join(', ') || 'nothing'}`, async () => {
        const { problems } = await readAsAgent(readers[folder]!, { inputs: { ...asDesigner, ...given }, files });
        assert.deepEqual(problems, []);
      });

      for (const left of needed) {
        it(`to ${folder} ${JSON.stringify(branch)} is missed where ${left} is left out`, async () => {
          const inputs = { ...asDesigner, ...given, [left]: '' };
          assert.match(
            (await readAsAgent(readers[folder]!, { inputs, files })).problems.join(),
            new RegExp(`^Input ${left}: `),
          );
        });
      }
    }
  }
});
