import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readPipeline } from '../../../local/agent/pipeline/readPipeline';
import { readTaskDefinition } from '../../../local/agent/taskDefinition';
import { temporaryFolder } from '../../support/agent';

const root = path.join(__dirname, '../../..');
const tasks = ['Train', 'Evaluate', 'PackageImage', 'DeployACI', 'TestEndpoint'].map((name) => {
  const folder = path.join(root, 'tasks', name);
  return { folder, task: readTaskDefinition(folder) };
});

/** The inputs of the build's tasks, by the name of their step, of a pipeline that extends templates/yaml/model.yml. */
function inputsOf(more: string): Record<string, Record<string, string>> {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'templates'));
  cpSync(path.join(root, 'templates', 'yaml'), path.join(folder, 'templates', 'yaml'), { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{}');
  const file = path.join(folder, 'azure-pipelines.yml');
  writeFileSync(
    file,
    `extends:
  template: /templates/yaml/model.yml
  parameters:
    azureSubscription: my-connection
    modelName: my-model
    criteria: auc >= 0.9
    train: { command: python train.py, environment: 'image:1' }
    package: { sourceDirectory: scoring, condaFile: scoring/conda.yml }
${more}`,
  );
  const [stage] = readPipeline(file, { tasks, set: {}, predefined: {} }).stages;
  return Object.fromEntries(
    stage!.jobs[0]!.steps.flatMap(({ name, action }) => (action.kind === 'task' ? [[name, action.inputs]] : [])),
  );
}

describe('templates/yaml', () => {
  it('limits the cost, describes and signs the model where that is asked for', () => {
    const {
      train,
      evaluate,
      package: packaged,
    } = inputsOf(`
    maxCost: '5'
    modelCard: docs/model-card.md
    signingKey: https://my-vault.vault.azure.net/keys/my-key
    evaluate: { requireModelCard: true }
`);
    assert.equal(train!.maxCost, '5');
    assert.deepEqual([evaluate!.modelCard, evaluate!.requireModelCard], ['docs/model-card.md', 'true']);
    assert.deepEqual(
      [packaged!.signWith, packaged!.keyVaultKey],
      ['keyVault', 'https://my-vault.vault.azure.net/keys/my-key'],
    );
  });

  it('leaves the defaults of the tasks where not', () => {
    const { train, evaluate, package: packaged } = inputsOf('');
    assert.ok(!train!.maxCost && !evaluate!.modelCard && !packaged!.keyVaultKey);
    assert.notEqual(packaged!.signWith, 'keyVault');
  });

  it('takes an input that is a parameter of the template among the further inputs, too', () =>
    assert.equal(inputsOf('    evaluate: { modelCard: card.md }\n').evaluate!.modelCard, 'card.md'));
});
