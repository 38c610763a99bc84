import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readPipeline } from '../../../local/agent/pipeline/readPipeline';
import type { PipelinePlan } from '../../../local/agent/pipeline/plan';
import { readTaskDefinition } from '../../../local/agent/taskDefinition';
import { temporaryFolder } from '../../support/agent';
import { fakeTask } from './fakeTask';

const folder = fakeTask({
  main: '',
  inputs: [
    { name: 'azureSubscription', required: true, aliases: ['connection'] },
    { name: 'mode', defaultValue: 'inline' },
    { name: 'file', required: true, visibleRule: 'mode = file' },
  ],
});
const tasks = [{ folder, task: readTaskDefinition(folder) }];

function read(yaml: string, set: Record<string, string> = {}): PipelinePlan {
  const file = path.join(temporaryFolder(), 'azure-pipelines.yml');
  writeFileSync(file, yaml);
  return readPipeline(file, { tasks, set, predefined: { 'Build.Reason': 'Manual' } });
}

describe('a pipeline file', () => {
  it('may hold only steps, which check out the sources first', () => {
    const [stage] = read('steps:\n- script: echo $(x)\n  displayName: Say x\n  env: {A: 0.10}\n').stages;
    assert.equal(stage!.name, '__default');
    const [checkout, script] = stage!.jobs[0]!.steps;
    assert.equal(checkout!.action.kind, 'checkout');
    assert.deepEqual([script!.name, script!.displayName, script!.env], ['CmdLine', 'Say x', { A: '0.10' }]);
  });

  it('puts parameters and variables into its templates, level by level', () => {
    const { stages } = read(
      `
parameters:
- {name: threshold, type: number, default: 0.5}
- {name: deploy, type: boolean, default: true}
variables:
- {name: region, value: east}
- name: group
  value: rg-\${{ variables.region }}
stages:
- stage: Build
  variables: {region: west, both: '\${{ variables.group }}/\${{ parameters.threshold }}'}
  jobs:
  - job: One
    steps:
    - script: echo \${{ variables.region }} \${{ variables.both }}
- \${{ if eq(parameters.deploy, true) }}:
  - stage: Release
    jobs:
    - job: Two
      steps:
      - \${{ if eq(variables['Build.Reason'], 'Schedule') }}:
        - script: scheduled
      - \${{ elseif parameters.deploy }}:
        - script: manual
      - \${{ else }}:
        - script: other
`,
      { threshold: '0.01' },
    );
    assert.deepEqual(
      stages.map(({ name, dependsOn }) => [name, dependsOn]),
      [
        ['Build', []],
        ['Release', ['Build']],
      ],
    );
    const texts = stages.map(({ jobs }) => jobs[0]!.steps.map(({ action }) => action.kind === 'script' && action.text));
    assert.deepEqual(texts, [
      [false, 'echo west rg-east/0.01'],
      [false, 'manual'],
    ]);
    assert.deepEqual(stages[0]!.variables.at(-1), { name: 'both', value: 'rg-east/0.01', readOnly: false });
  });

  it('lets a value that is set win at every level', () => {
    const { stages } = read('variables: {a: root}\njobs:\n- job: J\n  variables: {a: job}\n  steps: []\n', {
      A: 'set',
    });
    assert.deepEqual(stages[0]!.jobs[0]!.variables, [{ name: 'a', value: 'set', readOnly: false }]);
  });

  it('orders stages and jobs by what they wait for', () => {
    const { stages } = read(`
jobs:
- {job: Last, dependsOn: [First, Middle], steps: []}
- {job: Middle, dependsOn: FIRST, steps: []}
- {job: First, steps: []}
`);
    assert.deepEqual(
      stages[0]!.jobs.map(({ name }) => name),
      ['First', 'Middle', 'Last'],
    );
  });

  it('knows the tasks by name, alias of an input and the agent’s own ones', () => {
    const { stages, warnings } = read(`
steps:
- task: publisher.extension.Fake@1
  name: fake
  inputs: {connection: c, Mode: inline, typo: x}
- task: PublishPipelineArtifact@1
  inputs: {targetPath: out, artifact: model}
- publish: out2
  artifact: more
- download: current
  artifact: model
  patterns: |
    **/*.json
- download: none
`);
    const actions = stages[0]!.jobs[0]!.steps.map(({ action }) => action);
    const [published] = actions.splice(2, 1);
    assert.ok(published?.kind === 'inBox');
    assert.equal(published.task.name, 'PublishPipelineArtifact');
    assert.deepEqual(published.inputs, { targetPath: 'out', artifact: 'model' });
    assert.deepEqual(actions.slice(1), [
      { kind: 'task', folder, task: tasks[0]!.task, inputs: { connection: 'c', Mode: 'inline', typo: 'x' } },
      { kind: 'publish', path: 'out2', artifact: 'more' },
      { kind: 'download', artifact: 'model', patterns: ['**/*.json'], path: undefined },
    ]);
    assert.deepEqual(warnings, [
      "azure-pipelines.yml:3, job Job, step 1: unexpected input 'typo'; it has: azureSubscription, mode, file.",
    ]);
  });

  it('runs the hooks of a deployment after its artifacts have been downloaded', () => {
    const { stages } = read(`
jobs:
- deployment: Deploy
  environment: production
  strategy:
    runOnce:
      deploy:
        steps:
        - script: deploy
      on:
        failure:
          steps:
          - script: undo
`);
    const job = stages[0]!.jobs[0]!;
    assert.equal(job.environment, 'production');
    assert.deepEqual(
      job.steps.map(({ action, condition }) => [action.kind, condition]),
      [
        ['download', undefined],
        ['script', undefined],
        ['script', 'failed()'],
      ],
    );
  });

  it('hands on expressions of Azure ML that are written as text', () => {
    const pipeline = read(
      "steps:\n- script: train ${{ '${{inputs.a}}' }} --b ${{ '${{inputs.b}}' }} ${{ 'it''s }}' }}\n- script: ${{ '${{inputs.c}}' }}\n",
    );
    const [{ jobs }] = pipeline.stages as [(typeof pipeline.stages)[number]];
    assert.deepEqual(
      jobs[0]!.steps.flatMap(({ action }) => (action.kind === 'script' ? [action.text] : [])),
      ["train ${{inputs.a}} --b ${{inputs.b}} it's }}", '${{inputs.c}}'],
    );
  });

  const stageWith = (field: string) => `stages:\n- stage: s\n  ${field}\n  jobs: [{job: j, steps: []}]\n`;
  const faults: Array<[what: string, yaml: string, message: RegExp]> = [
    ['YAML that cannot be read', 'steps:\n- script: "x\n', /azure-pipelines\.yml:3: this is not YAML: Missing closing/],
    ['no body', 'variables: {}\n', /exactly one of 'stages', 'jobs' and 'steps'/],
    [
      'an unknown key',
      'steps:\n- script: x\n  dispalyName: y\n',
      /step 1: unexpected 'dispalyName'; did you mean 'displayName'\?/,
    ],
    [
      'an unknown task',
      'steps:\n- task: Docker@2\n',
      /step 1: the local agent has no task Docker@2\. Leave it out by --skip-task Docker\./,
    ],
    ['a task without version', 'steps:\n- task: Fake\n', /'Fake' names no version/],
    ['a missing input', 'steps:\n- task: Fake@1\n', /step 1: task Fake needs a value for 'connection'\./],
    [
      'a missing visible input',
      'steps:\n- {task: Fake@1, inputs: {azureSubscription: c, mode: file}}\n',
      /needs a value for 'file'/,
    ],
    ['a circle', 'jobs:\n- {job: A, dependsOn: B, steps: []}\n- {job: B, dependsOn: A, steps: []}\n', /A -> B -> A/],
    ['an unknown dependency', 'jobs:\n- {job: A, dependsOn: X, steps: []}\n', /job A depends on job X, which does not/],
    ['two of a name', 'jobs:\n- {job: A, steps: []}\n- {job: a, steps: []}\n', /Two jobs have the name/],
    [
      'a matrix without jobs',
      'jobs:\n- {job: A, strategy: {matrix: {}}, steps: []}\n',
      /:2, job A, strategy, matrix: the matrix has no jobs/,
    ],
    [
      'a condition of a stage that cannot be read',
      stageWith('condition: and(true)'),
      /:3, stage s: Function 'and' takes/,
    ],
    [
      'a condition with a parameter',
      stageWith('condition: eq(parameters.x, 1)'),
      /:3, .*Unrecognized value: 'parameters'/,
    ],
    ['a variable that cannot be worked out', stageWith('variables: {x: "$[ nosuch.thing ]"}'), /:3, .*'nosuch'/],
    [
      'a condition of a job',
      'jobs:\n- job: A\n  condition: nosuch()\n  steps: []\n',
      /:3, job A: Unrecognized function/,
    ],
    [
      'a condition of a step',
      "steps:\n- script: a\n  condition: succeeded('A')\n",
      /:3, .*takes 0 arguments, and has 1/,
    ],
    ['too many slices', 'jobs:\n- {job: A, strategy: {parallel: 100}, steps: []}\n', /a whole number from 1 to 99/],
    ['sources elsewhere', 'steps:\n- {checkout: self, path: ../x}\n', /'path' must lie beneath/],
    ['an expression without end', "steps:\n- script: ${{ 'a }} b\n", /not closed by }} in: \$\{\{ 'a }} b/],
    [
      'an expression of Azure ML that is not written as text',
      'steps:\n- script: python train.py ${{inputs.data}}\n',
      /Unrecognized value: 'inputs'.*, in: python train\.py \$\{\{inputs\.data}}.* is written \$\{\{ '\$\{\{inputs\.data}}' }}/,
    ],
    ['a bad expression', 'steps:\n- script: ${{ nosuch() }}\n', /Unrecognized function: 'nosuch'/],
    [
      'a misspelt input, which is named before the one that lacks its value',
      'steps:\n- task: Fake@1\n  inputs: {conection: c}\n',
      /unexpected input 'conection'; did you mean 'connection'\? task Fake needs a value for 'connection'/,
    ],
    ['a tab', 'steps:\n\t- script: a\n', /:2: this is not YAML: Tabs .* Indent by spaces\./],
    ['a value that YAML takes for its own', 'steps:\n- script: @echo off\n', /:2: .*Put the value into quotes/],
    ['a colon in a value', 'steps:\n- bash: echo a: b\n', /:2: .*colon or # in it into quotes/],
    ['a merge conflict', 'steps:\n<<<<<<< HEAD\n- script: a\n', /:2: .*A merge conflict is not resolved here/],
    ['a command as a step', 'steps:\n- echo a\n', /:2, job Job, step 1: .*write '- script: echo a'/],
    ['a name as a variable', 'variables:\n- a\nsteps: []\n', /:2, variables: .*write '- name: a' with a 'value'/],
    [
      'an input beside the task',
      'steps:\n- task: Fake@1\n  mode: x\n',
      /:3, .*'mode' is an input of the task: write it beneath 'inputs'/,
    ],
    ['a misspelt task', 'steps:\n- task: Fkae@1\n', /:2, .*no task Fkae@1\. Did you mean Fake@1\?/],
    ['a misspelt kind of step', 'steps:\n- scrpt: a\n', /:2, .*no such step: 'scrpt'; did you mean 'script'\?/],
    ['a publish without a path', 'steps:\n- publish:\n  artifact: a\n', /:2, .*'publish' needs the path/],
    [
      'the steps of a deployment in its job',
      'jobs:\n- deployment: d\n  environment: e\n  steps: []\n',
      /:4, job d: .*beneath 'strategy: runOnce: deploy: steps'/,
    ],
    [
      'a misspelt dependency',
      'jobs:\n- {job: build, steps: []}\n- {job: test, dependsOn: biuld, steps: []}\n',
      /job test depends on job biuld, which does not exist\. Did you mean build\?/,
    ],
    [
      "another language's comparison",
      "steps:\n- script: a\n  condition: variables['x'] == 'y'\n",
      /:3, .*Unexpected '== 'y'' \(write eq\(a, b\)\)/,
    ],
    [
      'double quotes in an expression',
      'steps:\n- script: a\n  condition: eq(variables.x, "y")\n',
      /:3, .*write texts in single quotes/,
    ],
    ['a bad boolean', 'steps:\n- {script: x, enabled: maybe}\n', /'enabled' must be true or false, and is 'maybe'/],
    ['a parameter without value', 'parameters:\n- name: p\nsteps: []\n', /give one by --set p=/],
    ['no YAML mapping', '- a\n', /a mapping is expected, and this is a list/],
  ];
  for (const [what, yaml, message] of faults) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => read(yaml), message);
    });
  }

  it('is refused when a name to set is in it nowhere', () => {
    assert.throws(() => read('variables: {metricThreshold: 1}\nsteps: []\n', { metricTreshold: '2' }), {
      message: /no variable or parameter metricTreshold to set\. It has: metricthreshold/i,
    });
  });
});
