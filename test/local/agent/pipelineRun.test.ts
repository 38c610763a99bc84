import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StepRecord } from '../../../local/agent/run/runRecord';
import { temporaryFolder } from '../../support/agent';
import { printing } from './fakeTask';
import { Agent, results } from './pipelineAgent';

describe('a pipeline run', () => {
  it('keeps logs, artifacts and its record in a folder of its own', async () => {
    const agent = new Agent();
    writeFileSync(path.join(agent.root, 'data.txt'), 'forty-two');
    const run = await agent.run(
      `
variables: {name: model}
steps:
- script: mkdir -p out/deep && cp data.txt out/deep/ && echo "key is $KEY"
  env: {KEY: $(apiKey)}
- publish: out
  artifact: $(name)
- download: current
  artifact: model
- script: cat ../model/deep/data.txt
  displayName: Read
`,
      { secrets: { apiKey: 's3cret-key' } },
    );
    assert.equal(run.result, 'succeeded', JSON.stringify(run, null, 1));
    assert.deepEqual(run.artifacts, [{ name: 'model', files: [{ path: 'deep/data.txt', bytes: 9 }] }]);
    assert.equal(readFileSync(path.join(agent.folder, 'artifacts/model/deep/data.txt'), 'utf8'), 'forty-two');
    assert.equal(readlinkSync(path.join(agent.runs, 'latest')), '1');
    const [, first, , , read] = run.stages[0]!.jobs[0]!.steps as [
      StepRecord,
      StepRecord,
      StepRecord,
      StepRecord,
      StepRecord,
    ];
    assert.match(agent.log(read), /^\d{4}-\S+Z forty-two$/m);
    assert.match(agent.log(first), /key is \*\*\*/);
    const stored = readFileSync(path.join(agent.folder, 'run.json'), 'utf8');
    assert.deepEqual(JSON.parse(stored), JSON.parse(JSON.stringify(run)));
    assert.ok(!stored.includes('s3cret-key'));
  });

  it('hands output variables on to steps, jobs and stages', async () => {
    const agent = new Agent([
      { main: printing('##vso[task.setvariable variable=version]7'), outputVariables: ['version'] },
    ]);
    const run = await agent.run(`
stages:
- stage: Build
  jobs:
  - job: Train
    steps:
    - {task: Fake@1, name: train}
    - script: '[ "$(train.version)" = 7 ] && [ "$VERSION" = "" ]'
      displayName: Same job
  - job: Next
    dependsOn: Train
    variables:
      got: $[ dependencies.Train.outputs['train.version'] ]
    steps:
    - script: '[ "$(got)" = 7 ]'
      displayName: Next job
- stage: Release
  condition: and(succeeded(), eq(dependencies.Build.outputs['Train.train.version'], '7'))
  jobs:
  - job: Deploy
    variables:
      got: $[ stageDependencies.Build.Train.outputs['train.version'] ]
    steps:
    - script: '[ "$(got)" = 7 ]'
      displayName: Next stage
- stage: Other
  dependsOn: Build
  condition: eq(dependencies.Build.outputs['Train.train.version'], '8')
  jobs:
  - job: Never
    steps: [{script: echo}]
`);
    assert.deepEqual(results(run), [
      ['Fake', 'succeeded'],
      ['Same job', 'succeeded'],
      ['Next job', 'succeeded'],
      ['Next stage', 'succeeded'],
    ]);
    assert.deepEqual([run.stages[2]!.result, run.result], ['skipped', 'succeeded']);
  });

  it('skips what depends on a failure, and runs what asks for one', async () => {
    const run = await new Agent().run(`
stages:
- stage: Build
  jobs:
  - job: One
    steps:
    - {script: exit 1, displayName: tolerated, continueOnError: true}
    - {script: exit 3, displayName: fails}
    - {script: echo, displayName: left out}
    - {script: echo, displayName: on failure, condition: failed()}
    - {script: echo, displayName: always, condition: always()}
    - {script: echo, displayName: either, condition: succeededOrFailed()}
  - job: Two
    dependsOn: One
    steps: [{script: echo}]
- stage: Release
  jobs: [{job: Deploy, steps: [{script: echo}]}]
- stage: Report
  condition: failed()
  jobs: [{job: Tell, steps: [{script: echo, displayName: tells}]}]
`);
    assert.deepEqual(results(run), [
      ['tolerated', 'succeededWithIssues'],
      ['fails', 'failed'],
      ['left out', 'skipped'],
      ['on failure', 'succeeded'],
      ['always', 'succeeded'],
      ['either', 'succeeded'],
      ['tells', 'succeeded'],
    ]);
    assert.deepEqual(
      [...run.stages.map(({ result }) => result), run.stages[0]!.jobs[1]!.result, run.result],
      ['failed', 'skipped', 'succeeded', 'skipped', 'failed'],
    );
  });

  it('runs pre-job phases first and post-job phases last, the last task first, whatever failed', async () => {
    const order = path.join(temporaryFolder(), 'order');
    const say = (phase: string) =>
      `require('fs').appendFileSync(${JSON.stringify(order)}, process.env.INPUT_ID + '${phase} ');`;
    const agent = new Agent([
      { prejob: say('pre'), main: say('main') + 'process.exit(1)', postjob: say('post'), inputs: [{ name: 'id' }] },
    ]);
    const run = await agent.run(`
steps:
- {task: Fake@1, inputs: {id: a}}
- {task: Fake@1, inputs: {id: b}}
`);
    assert.equal(readFileSync(order, 'utf8'), 'apre bpre amain bpost apost ');
    assert.deepEqual(
      results(run).map(([name]) => name),
      ['Pre-job: Fake', 'Pre-job: Fake', 'Fake', 'Fake', 'Post-job: Fake', 'Post-job: Fake'],
    );
    assert.equal(run.result, 'failed');
  });

  it('ends a cancelled step, then runs only what is to run always', async () => {
    const cancel = new AbortController();
    const run = await new Agent().run(
      `
stages:
- stage: A
  jobs:
  - job: J
    steps:
    - {script: trap "echo bye; exit 0" INT; echo ready; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; done, displayName: waits}
    - {script: echo, displayName: left out}
    - {script: echo, displayName: cleans up, condition: always()}
- stage: B
  jobs: [{job: K, steps: [{script: echo}]}]
`,
      { signal: cancel.signal, observer: { stepLine: (line) => line === 'ready' && cancel.abort() } },
    );
    assert.deepEqual(results(run), [
      ['waits', 'canceled'],
      ['left out', 'skipped'],
      ['cleans up', 'succeeded'],
    ]);
    assert.deepEqual([run.result, run.stages[0]!.result, run.stages[1]!.result], ['canceled', 'canceled', 'skipped']);
  });

  it('keeps summaries, test results and the model record that a task hands over', async () => {
    const folder = temporaryFolder();
    const [record, summary, junit] = ['r.json', 's.md', 't.xml'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(record, '{"schemaVersion": "1"}');
    writeFileSync(summary, '# Good');
    writeFileSync(junit, '<testsuite name="s"><testcase name="t" time="1"/></testsuite>');
    const agent = new Agent([
      {
        main: printing(
          `##vso[task.uploadsummary]${summary}`,
          `##vso[results.publish type=JUnit;runTitle=T]${junit}`,
          `##vso[task.setvariable variable=recordFile;isOutput=true]${record}`,
        ),
      },
    ]);
    const run = await agent.run('steps: [{task: Fake@1}]');
    const step = run.stages[0]!.jobs[0]!.steps[1]!;
    assert.deepEqual(step.summaries, [{ title: 's', file: 'summaries/02-Fake-s.md' }]);
    assert.deepEqual(step.testRuns[0]!.files, ['test-results/02-Fake-t.xml']);
    for (const file of ['summaries/02-Fake-s.md', 'test-results/02-Fake-t.xml', run.modelRecord!]) {
      assert.ok(existsSync(path.join(agent.folder, file)), file);
    }
  });

  it('runs a stage as a classic release, with the artifacts of the run before and without sources or artifacts of its own', async () => {
    const agent = new Agent();
    const yaml = `
stages:
- stage: Build
  jobs: [{job: B, steps: [{script: echo one > a.txt}, {publish: a.txt, artifact: drop}]}]
- stage: Release
  jobs:
  - job: R
    steps:
    - script: '[ "$(System.HostType)" = release ] && [ "$(cat _build/drop/a.txt)" = one ] && [ ! -e azure-pipelines.yml ]'
      displayName: uses
    - {publish: a.txt, artifact: more, displayName: publishes}
`;
    await agent.run(yaml, { stages: ['Build'] });
    const run = await agent.run(yaml, { stages: ['Release'], hostType: 'release' });
    assert.deepEqual(results(run), [
      ['Download artifacts', 'succeeded'],
      ['uses', 'succeeded'],
    ]);
  });

  it('checks out files that are not committed and none that are ignored', async () => {
    const agent = new Agent();
    writeFileSync(path.join(agent.root, '.gitignore'), '.local/\nsecret.txt\n');
    writeFileSync(path.join(agent.root, 'secret.txt'), '');
    mkdirSync(path.join(agent.root, 'src'));
    writeFileSync(path.join(agent.root, 'src', 'new.txt'), '');
    const run = await agent.run('steps: [{script: test -e src/new.txt -a ! -e secret.txt -a ! -e .local}]');
    assert.equal(run.result, 'succeeded');
  });

  it('fails the stage whose condition cannot be evaluated, and says why', async () => {
    const run = await new Agent().run(`
stages:
- stage: A
  condition: gt(1, 'x')
  jobs: [{job: J, steps: [{script: echo}]}]
`);
    assert.equal(run.result, 'failed');
    assert.match(run.errors[0]!, /^A: The condition of stage A cannot be evaluated\. Unable to convert 'x'/);
  });

  it('says that an artifact, a shell or a working directory is not there', async () => {
    const agent = new Agent();
    const run = await agent.run(`
steps:
- {download: current, artifact: model, displayName: a, continueOnError: true}
- {pwsh: echo, displayName: b, continueOnError: true, env: {PATH: /nowhere}}
- {script: echo, workingDirectory: nowhere, displayName: c, continueOnError: true}
- {publish: nothing, artifact: x, displayName: d, continueOnError: true}
- {bash: exit 4, displayName: e, continueOnError: true}
`);
    const messages = run.stages[0]!.jobs[0]!.steps.slice(1).map(({ issues }) => issues[0]?.message ?? '');
    const expected = [
      /Artifact model was not found in this run\. It has: none\./,
      /pwsh is not installed on this machine/,
      /The working directory does not exist: .*nowhere/,
      /The path to publish does not exist: .*nothing/,
      /bash exited with code '4'/,
    ];
    messages.forEach((message, index) => assert.match(message, expected[index]!));
    assert.equal(run.result, 'succeededWithIssues');
  });

  const breaks: Record<string, string> = {
    'a variable that cannot be worked out': `variables: {x: "$[ gt(1, 'a') ]"}`,
    'a condition that names what has not run': "condition: succeeded('nosuch')",
    'a value that cannot be compared': "condition: gt(1, 'a')",
  };
  for (const [what, fault] of Object.entries(breaks)) {
    it(`runs nothing that depends on a stage that broke by ${what}`, async () => {
      const run = await new Agent().run(`
stages:
- stage: staging
  ${fault}
  jobs: [{job: s, steps: [{script: echo, displayName: staging}]}]
- stage: production
  jobs: [{job: p, steps: [{script: echo, displayName: production}]}]
- stage: report
  condition: failed()
  jobs: [{job: r, steps: [{script: echo, displayName: report}]}]
`);
      assert.deepEqual(results(run), [['report', 'succeeded']]);
      assert.deepEqual(
        run.stages.map(({ result }) => result),
        ['failed', 'skipped', 'succeeded'],
      );
    });
  }

  it('shows what is set to every condition, to macros and to templates', async () => {
    const run = await new Agent().run(
      `
stages:
- stage: left
  condition: ne(variables['Build.Reason'], 'PullRequest')
  jobs: [{job: j, steps: [{script: echo, displayName: wrong}]}]
- stage: taken
  dependsOn: []
  condition: eq(variables['build.reason'], 'PullRequest')
  jobs:
  - job: j
    condition: eq(variables['Build.Reason'], 'PullRequest')
    steps:
    - script: '[ "$(Build.Reason)" = PullRequest ]'
      displayName: step
      condition: eq(variables['Build.Reason'], 'PullRequest')
    - \${{ if eq(variables['Build.Reason'], 'PullRequest') }}: [{script: echo, displayName: template}]
`,
      { set: { 'Build.Reason': 'PullRequest' } },
    );
    assert.deepEqual(results(run), [
      ['step', 'succeeded'],
      ['template', 'succeeded'],
    ]);
  });

  it('works out stageDependencies for the condition and the variables of a stage', async () => {
    const run = await new Agent().run(`
stages:
- stage: build
  jobs: [{job: model, steps: [{script: 'echo "##vso[task.setvariable variable=decision;isoutput=true]approved"', name: evaluate}]}]
- stage: staging
  variables:
    decision: $[ stageDependencies.build.model.outputs['evaluate.decision'] ]
  condition: eq(stageDependencies.build.model.outputs['evaluate.decision'], 'approved')
  jobs: [{job: s, steps: [{script: '[ "$(decision)" = approved ]', displayName: sees}]}]
`);
    assert.deepEqual(results(run).slice(-1), [['sees', 'succeeded']]);
  });

  it('counts up from run to run', async () => {
    const agent = new Agent();
    const yaml = `
variables: {n: "$[ counter('v1', 7) ]", m: "$[counter('v2')]"}
jobs:
- {job: a, steps: [{script: 'echo "n is $(n) and $(m)"'}]}
- {job: b, steps: [{script: 'echo "n is $(n) and $(m)"'}]}
`;
    const numbers = async (): Promise<string[]> => {
      const { stages } = await agent.run(yaml);
      return stages[0]!.jobs.map(({ steps }) => /^\S+ n is (.*)$/m.exec(agent.log(steps[1]!))![1]!);
    };
    assert.deepEqual(
      [await numbers(), await numbers()],
      [
        ['7 and 0', '7 and 0'],
        ['8 and 1', '8 and 1'],
      ],
    );
  });

  it('knows when the run began, as the documentation counts by it', async () => {
    const agent = new Agent();
    const run = await agent.run(`
variables: {prefix: "$[format('{0:yyyyMM}', pipeline.startTime)]", n: "$[counter(format('{0:yyyyMM}', pipeline.startTime), 4)]"}
stages:
- stage: a
  condition: eq(format('{0:yyyy}', pipeline.startTime), format('{0:yyyy}', pipeline.startTime))
  jobs: [{job: a, steps: [{script: 'echo "prefix is $(prefix), n is $(n)"'}]}]
`);
    const month = run.startTime.slice(0, 7).replace('-', '');
    assert.match(agent.log(run.stages[0]!.jobs[0]!.steps[1]!), new RegExp(`prefix is ${month}, n is 4$`, 'm'));
  });

  it('warns of variables that name each other in a circle, and leaves them as written', async () => {
    const agent = new Agent();
    const run = await agent.run('variables: {a: $(b), b: $(a)}\nsteps: [{script: echo}]');
    assert.match(
      agent.log(run.stages[0]!.jobs[0]!.steps[0]!),
      /##\[warning\]Variable 'a' contains a cyclical reference/,
    );
  });

  it('numbers its runs as the name of the pipeline says', async () => {
    const agent = new Agent();
    const yaml = `
name: $(Date:yyyy)-$(mine)-$(BuildID)$(Rev:.rr)
variables: {mine: x}
steps: [{script: 'echo number $(Build.BuildNumber)'}]
`;
    const year = new Date().getUTCFullYear();
    for (const [run, number] of [
      [await agent.run(yaml), `${year}-x-1.01`],
      [await agent.run(yaml.replace('$(BuildID)', '1')), `${year}-x-1.02`],
    ] as const) {
      assert.equal(run.number, number);
    }
  });
});
