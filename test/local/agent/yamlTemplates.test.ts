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

/** The inputs of the tasks, by the name of their step, of a pipeline that extends templates/yaml/model.yml. */
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
${more.includes(' train:') ? '' : "    train: { command: python train.py, environment: 'image:1' }\n"}${more}`,
  );
  const steps = readPipeline(file, { tasks, set: {}, predefined: {} }).stages.flatMap(({ jobs }) => jobs[0]!.steps);
  return Object.fromEntries(
    steps.flatMap(({ name, action }) => (action.kind === 'task' ? [[name, action.inputs]] : [])),
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

  // Which of the two counts would be a guess, of a limit or of a key that signs.
  for (const [input, more] of [
    ['maxCost', "maxCost: '5'\n    train: { command: python train.py, environment: 'image:1', maxCost: '9' }"],
    ['modelCard', 'modelCard: card.md\n    evaluate: { modelCard: other.md }'],
    ['onRejection', 'evaluate: { onRejection: continue }'],
    [
      'keyVaultKey',
      'signingKey: https://v.vault.azure.net/keys/a\n    package: { keyVaultKey: https://v.vault.azure.net/keys/b }',
    ],
  ] as const) {
    it(`refuse ${input} by its parameter and among the further inputs`, () =>
      assert.throws(() => inputsOf(`    ${more}\n`), new RegExp(`'${input}' is already defined`)));
  }

  const release = (deploy: string) =>
    inputsOf(`    environments: [{ name: dev, resourceGroup: group, containerGroup: my-endpoint${deploy} }]\n`).deploy!;

  it("name the endpoint as its container group, for that group's resource group only, unless told otherwise", () => {
    const { dnsNameLabel, dnsNameLabelReuse } = release('');
    assert.deepEqual([dnsNameLabel, dnsNameLabelReuse], ['my-endpoint', 'ResourceGroupReuse']);
    const other = release(', deploy: { dnsNameLabel: other, dnsNameLabelReuse: TenantReuse }');
    assert.deepEqual([other.dnsNameLabel, other.dnsNameLabelReuse], ['other', 'TenantReuse']);
  });

  const subnet = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/inner';
  for (const [given, deploy, label] of [
    ['an empty label, which is none', "dnsNameLabel: ''", 'my-endpoint'],
    ['an empty reuse, which is none', "dnsNameLabelReuse: ''", 'my-endpoint'],
    ['a label in other letters', 'DNSNAMELABEL: other', 'other'],
    ['a subnet, which has no public name', `subnet: ${subnet}`, undefined],
    ['a subnet and an empty label', `subnet: ${subnet}, dnsNameLabel: ''`, undefined],
    ['a subnet and a label, which the task refuses', `subnet: ${subnet}, dnsNameLabel: other`, 'other'],
    ['an empty subnet, which is none', "subnet: ''", 'my-endpoint'],
    ['a label and another input without a value', "dnsNameLabel: other, cpu: ''", 'other'],
  ] as const) {
    it(`take ${given}`, () => {
      const inputs = release(`, deploy: { ${deploy} }`);
      assert.equal(inputs.dnsNameLabel ?? inputs.DNSNAMELABEL, label);
      assert.equal(inputs.dnsNameLabelReuse, 'ResourceGroupReuse');
      if (deploy.startsWith('subnet: /')) assert.equal(inputs.subnet, subnet);
    });
  }
});
