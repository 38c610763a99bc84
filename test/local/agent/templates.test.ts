import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readPipeline, type ReadPipelineOptions } from '../../../local/agent/pipeline/readPipeline';
import type { PipelinePlan } from '../../../local/agent/pipeline/plan';
import { VariableGroups } from '../../../local/agent/pipeline/variableGroups';
import { temporaryFolder } from '../../support/agent';

type Files = Record<string, string>;

/** Reads azure-pipelines.yml among these files. */
function read(files: Files, options: Partial<ReadPipelineOptions> = {}): PipelinePlan {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries({ 'package.json': '{}', ...files })) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const predefined = { 'Build.Reason': 'Manual' };
  return readPipeline(path.join(root, 'azure-pipelines.yml'), { tasks: [], set: {}, predefined, ...options });
}

/** The scripts of the whole pipeline, each with the stage and job that it is in. */
function scripts({ stages }: PipelinePlan): string[] {
  return stages.flatMap((stage) =>
    stage.jobs.flatMap((job) =>
      job.steps.flatMap(({ action }) => {
        const place = `${stage.name}.${job.name}: `.replace('__default.', '').replace('Job: ', '');
        return action.kind === 'script' ? [place + action.text] : [];
      }),
    ),
  );
}

function scriptsOf(files: Files, options: Partial<ReadPipelineOptions> = {}): string[] {
  return scripts(read(files, options));
}

describe('templates', () => {
  it('of steps take parameters, and templates of their own beside them or at the root', () => {
    const files = {
      'azure-pipelines.yml': `
parameters: [{name: who, default: you}]
variables: {place: here}
steps:
- template: ci/steps.yml
  parameters: {word: 'hi \${{ parameters.who }}', loud: true}
- template: ci/steps.yml@self
  parameters: {word: bye}
`,
      'ci/steps.yml': `
parameters:
- {name: word, type: string, values: [hi me, bye]}
- {name: loud, type: boolean, default: false}
steps:
- script: \${{ parameters.word }} \${{ variables.place }}
- \${{ if parameters.loud }}:
  - template: more/loud.yml
    parameters: {text: '\${{ upper(parameters.word) }}'}
- template: /root.yml
`,
      'ci/more/loud.yml':
        'parameters: {text: none, rest: x}\nsteps:\n- script: ${{ parameters.text }}${{ parameters.rest }}\n',
      'root.yml': 'steps: [{script: root}]',
    };
    assert.deepEqual(scriptsOf(files, { set: { who: 'me' } }), ['hi me here', 'HI MEx', 'root', 'bye here', 'root']);
  });

  it('of jobs, stages and variables stand where their lists do', () => {
    const files = {
      'azure-pipelines.yml': `
variables:
- template: vars.yml
  parameters: {region: west}
- {name: own, value: '\${{ variables.region }}!'}
stages:
- template: stages.yml
  parameters: {names: [dev, prod]}
- stage: last
  jobs:
  - template: jobs.yml
    parameters: {name: j}
`,
      'vars.yml': 'parameters: [{name: region}]\nvariables: {region: "${{ parameters.region }}", b: "2"}\n',
      'stages.yml': `
parameters: [{name: names, type: object}]
stages:
- \${{ each name in parameters.names }}:
  - stage: \${{ name }}
    variables: {env: '\${{ name }}'}
    jobs:
    - template: jobs.yml
      parameters: {name: 'in_\${{ name }}'}
`,
      'jobs.yml': `
parameters: [{name: name}]
jobs:
- job: \${{ parameters.name }}
  variables: {deep: '\${{ variables.own }}'}
  steps: [{script: "\${{ variables.own }} \${{ variables.env }} \${{ variables.deep }}"}]
`,
    };
    assert.deepEqual(scriptsOf(files), [
      'dev.in_dev: west! dev west!',
      'prod.in_prod: west! prod west!',
      'last.j: west!  west!',
    ]);
    assert.deepEqual(
      read(files).stages.map(({ name, dependsOn }) => [name, dependsOn]),
      [
        ['dev', []],
        ['prod', ['dev']],
        ['last', ['prod']],
      ],
    );
  });

  it('are extended, with steps, jobs and stages as parameters', () => {
    const files = {
      'azure-pipelines.yml': `
trigger: none
variables: [{name: mine, value: m}]
extends:
  template: base/base.yml
  parameters:
    mine: \${{ variables.mine }}
    before:
    - template: steps.yml
    - script: inline
    one: {bash: single}
    jobs:
    - job: extra
      steps: [{script: extra}]
    stages:
    - stage: more
      jobs: [{job: m, steps: [{script: more}]}]
`,
      'steps.yml': 'steps: [{script: from a template}]',
      'base/base.yml': `
parameters:
- {name: mine}
- {name: before, type: stepList, default: []}
- {name: after, type: stepList, default: [{script: default after}]}
- {name: one, type: step}
- {name: jobs, type: jobList}
- {name: stages, type: stageList}
variables: {theirs: '\${{ parameters.mine }}2'}
stages:
- stage: main
  jobs:
  - job: first
    steps:
    - \${{ parameters.before }}
    - \${{ each step in parameters.before }}:
      - \${{ each pair in step }}:
          \${{ pair.key }}: \${{ pair.value }}
        env: {X: '\${{ variables.theirs }}'}
    - \${{ parameters.one }}
    - \${{ parameters.after }}
  - \${{ parameters.jobs }}
- \${{ parameters.stages }}
`,
    };
    const plan = read(files);
    assert.deepEqual(scripts(plan), [
      'main.first: from a template',
      'main.first: inline',
      'main.first: from a template',
      'main.first: inline',
      'main.first: single',
      'main.first: default after',
      'main.extra: extra',
      'more.m: more',
    ]);
    assert.deepEqual(plan.stages[0]!.jobs[0]!.steps[3]!.env, { X: 'm2' });
    assert.deepEqual(
      plan.stages[0]!.variables.map(({ name, value }) => [name, value]),
      [
        ['mine', 'm'],
        ['theirs', 'm2'],
      ],
    );
  });

  it('choose and repeat in mappings, in lists and in variables', () => {
    const files = {
      'azure-pipelines.yml': `
parameters:
- {name: map, type: object, default: {A: '1', B: '2'}}
- {name: list, type: object, default: [{n: x, on: 'yes'}, {n: y}]}
- {name: count, type: number, default: 3}
variables:
  \${{ if gt(parameters.count, 2) }}:
    size: big
  \${{ else }}:
    size: small
  \${{ if eq(parameters.count, 2) }}:
    even: 'yes'
  \${{ elseif eq(parameters.count, 3) }}:
    even: 'no'
  \${{ else }}:
    even: maybe
  \${{ each pair in parameters.map }}:
    v_\${{ pair.key }}: \${{ pair.value }}
steps:
- script: \${{ variables.size }} \${{ variables.even }} \${{ variables.v_B }}
  env:
    \${{ insert }}: \${{ parameters.map }}
    \${{ each item in parameters.list }}:
      N_\${{ item.n }}: \${{ item.n }}
    C: c
- \${{ each item in parameters.list }}:
  - \${{ if item.on }}:
    - script: on \${{ item.n }}
  - \${{ else }}:
    - script: off \${{ item.n }}
- script: \${{ join('-', parameters.list.*.n) }} \${{ parameters.map.a }} \${{ length(parameters.list) }}
`,
    };
    const plan = read(files);
    assert.deepEqual(scripts(plan), ['big no 2', 'on x', 'off y', 'x-y 1 2']);
    assert.deepEqual(plan.stages[0]!.jobs[0]!.steps[1]!.env, { A: '1', B: '2', N_x: 'x', N_y: 'y', C: 'c' });
  });

  it('are found from a parameter of the run, which takes YAML where its type is no plain one', () => {
    const files = {
      'azure-pipelines.yml': `
parameters:
- {name: list, type: object, default: []}
- {name: which, default: a}
- {name: pre, type: stepList, default: []}
steps:
- \${{ parameters.pre }}
- \${{ each x in parameters.list }}: [{script: 'x \${{ x }}'}]
- template: \${{ parameters.which }}.yml
`,
      'a.yml': 'steps: [{script: a}]',
      'b.yml': 'steps: [{script: b}]',
    };
    const set = { list: '[1, 2]', which: 'b', pre: '- script: pre' };
    assert.deepEqual(scriptsOf(files, { set }), ['pre', 'x 1', 'x 2', 'b']);
  });

  it('know when the run started', () => {
    const yaml = 'steps: [{script: "${{ format(\'{0:yyyyMMdd}\', pipeline.startTime) }}"}]';
    const startTime = new Date('2026-05-06T00:00:00Z');
    assert.deepEqual(scriptsOf({ 'azure-pipelines.yml': yaml }, { startTime }), ['20260506']);
  });

  const one = (steps: string) => ({ 'azure-pipelines.yml': `steps:\n${steps}` });
  const withTemplate = (call: string, template: string) => ({ ...one(`- ${call}\n`), 't.yml': template });
  const faults: Array<[what: string, files: Files, messages: RegExp[]]> = [
    [
      'every fault at once, in the pipeline and in its templates',
      {
        ...one('- nosuch: 1\n- template: t.yml\n- script: ${{ nosuch() }}\n'),
        't.yml': 'steps:\n- script: a\n- {script: b, enabled: x}\n',
      },
      [
        /azure-pipelines\.yml:2, job Job, step 1: no such step: 'nosuch'/,
        /t\.yml:3, job Job, step 3: 'enabled' must be true or false/,
        /azure-pipelines\.yml:4: Unrecognized function: 'nosuch'/,
      ],
    ],
    [
      'what is wrong, and not what follows from it',
      {
        'azure-pipelines.yml': `
stages:
- stage: \${{ nosuch.name }}
  jobs: [{job: a, steps: []}]
- stage: b
  dependsOn: a
  jobs:
  - job: \${{ nosuch.name }}
    steps: [{script: echo}]
`,
      },
      [/:3: Unrecognized value: 'nosuch'/, /:8: Unrecognized value: 'nosuch'/],
    ],
    [
      'a wrong parameter, and not what it is used for',
      {
        'azure-pipelines.yml':
          'parameters: [{name: n, type: number, default: x}]\nsteps:\n- ${{ each a in parameters.n }}: []\n',
      },
      [/:1, parameter 1: the value of 'n' must be a number/],
    ],
    [
      'another repository',
      one('- template: x.yml@other\n'),
      [/azure-pipelines\.yml:2: template 'x\.yml@other': templates of other/],
    ],
    [
      'a template that is not there',
      one('- template: x.yml\n'),
      [/:2: the template 'x\.yml' was not found: there is no .*x\.yml/],
    ],
    ['a template of another kind', withTemplate('template: t.yml', 'jobs: []'), [/t\.yml:1: unexpected 'jobs'/]],
    [
      'a template without its list',
      withTemplate('template: t.yml', 'parameters: []'),
      [/t\.yml:1: a list of 'steps' is expected/],
    ],
    [
      'a template that includes itself',
      withTemplate('template: t.yml', 'steps: [{template: t.yml}]'),
      [/without end: t\.yml -> t\.yml/],
    ],
    [
      'parameters that the template does not have, and lacks',
      withTemplate('{template: t.yml, parameters: {b: 1}}', 'parameters: [{name: a}]\nsteps: []'),
      [/:2: the template has no parameter 'b'\. It has: a\./, /:2: the template needs a value for its parameter 'a'/],
    ],
    ...(
      [
        ['number', 'x', /must be a number, and is 'x'/],
        ['boolean', 'x', /must be true or false, and is 'x'/],
        ['string', '[a]', /must be a text, and is a list/],
        ['stringList', '{a: b}', /must be a list of texts, and is a mapping/],
        ['step', 'x', /must be a step, and is 'x'/],
        ['stepList', '{script: x}', /must be a list of steps, and is a mapping/],
        ['jobList', 'x', /must be a list of jobs/],
        ['deploymentList', 'x', /must be a list of deployments/],
        ['stageList', 'x', /must be a list of stages/],
        ['nosuch', 'x', /'nosuch' is not a type of a parameter/],
      ] as const
    ).map(([type, value, message]): [string, Files, RegExp[]] => [
      `a value that is no ${type}`,
      withTemplate(`{template: t.yml, parameters: {a: ${value}}}`, `parameters: [{name: a, type: ${type}}]\nsteps: []`),
      [message],
    ]),
    [
      'a value that is not among those allowed',
      withTemplate('{template: t.yml, parameters: {a: z}}', 'parameters: [{name: a, values: [x, y]}]\nsteps: []'),
      [/'z' is not a value of 'a'; those are: x, y\./],
    ],
    [
      'each over no list',
      one("- ${{ each x in 'a' }}:\n  - script: b\n"),
      [/:2: .* needs a list or a mapping, and gets 'a'/],
    ],
    ['each without in', one('- ${{ each x }}: []\n'), [/:2: .* is not of the form \$\{\{ each x in list }}/]],
    ['else without if', one('- ${{ else }}: []\n'), [/:2: \$\{\{ else }} has no \$\{\{ if }} before it/]],
    ['insert in a list', one('- ${{ insert }}: []\n'), [/:2: \$\{\{ insert }} is for mappings/]],
    ['a key that stands twice', one('- script: a\n  script: b\n'), [/:3: 'script' is already defined/]],
    ['an anchor', one('- &a {script: a}\n- *a\n'), [/:2: anchors and aliases/]],
    [
      'extends without a file',
      { 'azure-pipelines.yml': 'extends: {template: no.yml}' },
      [/:1: the template 'no\.yml' was not found/],
    ],
  ];
  for (const [what, files, messages] of faults) {
    it(`refuse, with the place: ${what}`, () => {
      assert.throws(
        () => read(files),
        ({ message }: Error) => {
          for (const expected of messages) assert.match(message, expected);
          assert.equal(message.split('\n').length, messages.length, message);
          return true;
        },
      );
    });
  }
});

describe('variable groups', () => {
  const pipeline = { 'azure-pipelines.yml': 'variables:\n- group: secrets\n- {name: a, value: b}\nsteps: []\n' };
  const groups = (text: string): VariableGroups => {
    const file = path.join(temporaryFolder(), 'groups');
    writeFileSync(file, text);
    return new VariableGroups(file);
  };
  const variables = (plan: PipelinePlan) =>
    plan.stages[0]!.variables.map(({ name, value, secret }) => [name, value, secret ?? false]);

  it('that are not here take what --set gives, as the warning says', () => {
    const plan = read(pipeline, { set: { fromGroup: 'zz' } });
    assert.deepEqual(plan.given, { fromGroup: 'zz' });
    assert.deepEqual(plan.warnings, [
      "azure-pipelines.yml:2, variables: the variable group 'secrets' is not on this machine; " +
        'provide its variables with --variables <file>, --set name=value or --secret name.',
    ]);
  });

  for (const [form, text] of [
    ['names for every group', 'url: https://x\nkey: {value: k, isSecret: true}\n'],
    ['groups of names', 'secrets:\n  url: https://x\n  key: {value: k, isSecret: true}\nother: {b: c}\n'],
    ['JSON', '{"Secrets": {"variables": {"url": {"value": "https://x"}, "key": {"value": "k", "isSecret": true}}}}'],
  ] as const) {
    it(`are read from a file of ${form}`, () => {
      const plan = read(pipeline, { groups: groups(text) });
      assert.deepEqual(variables(plan), [
        ['url', 'https://x', false],
        ['key', 'k', true],
        ['a', 'b', false],
      ]);
      assert.deepEqual(plan.warnings, []);
    });
  }

  it('are overridden by what is set, and refuse a name that they do not have', () => {
    const file = groups('url: https://x');
    assert.deepEqual(variables(read(pipeline, { groups: file, set: { URL: 'y' } }))[0], ['url', 'y', false]);
    assert.throws(() => read(pipeline, { groups: file, set: { ulr: 'y' } }), /no variable or parameter ulr to set/);
  });
});
