import assert from 'node:assert/strict';
import { pipelinesIn, shownPipelines } from '../../scripts/yamlPipelines';
import { pipelineValidator, schemaFile } from '../../scripts/yamlValidation';

describe('YAML pipelines', function () {
  let validate: (text: string) => Promise<string[]>;

  before(function () {
    const schema = schemaFile();
    if (!schema && process.env.CI) throw new Error('CI needs the schema of Azure Pipelines: set PIPELINES_SCHEMA.');
    // Without the schema there is nothing to check against.
    if (!schema) return this.skip();
    validate = pipelineValidator(schema);
  });

  for (const { place, text } of shownPipelines()) {
    it(`${place} is valid`, async () => assert.deepEqual(await validate(text), []));
  }

  const step = (inputs: string): string => `steps:\n- task: MLOpsEvaluate@1\n  inputs:\n${inputs}`;
  const connection = '    azureSubscription: some-connection\n';
  const mistakes: Array<[string, string, RegExp]> = [
    ['an unknown task', 'steps:\n- task: MLOpsEvaluat@1\n', /MLOpsEvaluat@1/],
    ['an unknown version', 'steps:\n- task: MLOpsEvaluate@9\n', /MLOpsEvaluate@9/],
    ['an unknown input', step(`${connection}    criterion: rmse < 5\n`), /criterion/],
    ['a missing input', step('    criteria: rmse < 5\n'), /azureSubscription/],
    ['a value that is not an option', step(`${connection}    onRejection: fial\n`), /onRejection|fial|fail/],
    ['an unknown key of the pipeline', `step:\n- script: echo\n`, /step/],
  ];
  for (const [mistake, text, expected] of mistakes) {
    it(`with ${mistake} is refused`, async () => assert.match((await validate(text)).join('\n'), expected));
  }

  it('with variables for booleans and lists is accepted', async () => {
    assert.deepEqual(
      await validate(step(`${connection}    publishTestResults: $(publish)\n    resourceGroup: $(group)\n`)),
      [],
    );
  });
});

describe('Pipelines in Markdown', () => {
  it('are found, and pieces are made whole', () => {
    const markdown = [
      'Text',
      '```yaml',
      '- task: A@1',
      '```',
      '1. Item',
      '   ```yaml',
      '   trigger: none',
      '   ```',
      '```yaml conda.yml',
      'dependencies: []',
      '```',
      '```sh',
      'ls',
      '```',
    ].join('\n');
    assert.deepEqual(pipelinesIn(markdown, 'x.md'), [
      { place: 'x.md:2', text: 'steps:\n- task: A@1\n' },
      { place: 'x.md:6', text: 'trigger: none\n' },
    ]);
  });

  it('that are none are told', () => {
    assert.throws(() => pipelinesIn('a\n```yaml\ndependencies: []\n```\n', 'x.md'), /x\.md:2/);
  });
});
