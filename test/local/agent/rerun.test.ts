import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { asPullRequest } from '../../../local/agent/run/pullRequest';
import { sourceVersion } from '../../../local/agent/run/sources';
import { Agent, results } from './pipelineAgent';

describe('a rerun of the failed jobs', () => {
  const pipeline = `
stages:
- stage: build
  jobs:
  - job: train
    steps:
    - script: echo '##vso[task.setvariable variable=version;isoutput=true]7'; echo m > model
      name: train
    - {publish: model, artifact: model}
  - job: test
    dependsOn: train
    variables: {version: "$[ dependencies.train.outputs['train.version'] ]"}
    steps:
    - script: test -e $(Build.Repository.Name)-mended -o -e mended
      displayName: tests $(version)
    - {script: 'echo attempt $(System.JobAttempt) of $(System.StageAttempt) with $(version)', displayName: says}
  - job: after
    dependsOn: test
    condition: always()
    steps: [{script: echo, displayName: after}]
- stage: independent
  dependsOn: []
  jobs: [{job: i, steps: [{script: echo, displayName: independent}]}]
- stage: release
  dependsOn: build
  jobs: [{job: r, steps: [{script: 'echo stage $(System.StageAttempt)', displayName: releases}]}]
`;

  it('runs them and what waits for them again, and keeps the rest with its outputs and artifacts', async () => {
    const agent = new Agent();
    const first = await agent.run(pipeline);
    assert.deepEqual([first.result, first.stages[2]!.result], ['failed', 'skipped']);
    const { startTime } = first.stages[0]!.jobs[0]!;

    writeFileSync(path.join(agent.root, 'mended'), '');
    const started: string[] = [];
    const run = await agent.run(pipeline, {
      rerun: { run: first, folder: agent.folder },
      observer: { jobStarted: ({ name }) => started.push(name) },
    });
    assert.deepEqual([run.id, run.result], [1, 'succeeded']);
    assert.deepEqual(started, ['test', 'after', 'r']);
    assert.equal(run.stages[0]!.jobs[0]!.startTime, startTime);
    assert.deepEqual(run.artifacts, first.artifacts);
    const [, test, after] = run.stages[0]!.jobs;
    assert.match(agent.log(test!.steps[2]!), / attempt 2 of 2 with 7$/m);
    assert.deepEqual(
      [test!.attempt, after!.attempt, run.stages[0]!.attempt, run.stages[2]!.attempt],
      [2, 2, 2, undefined],
    );
    assert.ok(existsSync(path.join(agent.folder, 'logs/build-test')), 'the logs of the first attempt are kept');
    assert.ok(existsSync(path.join(agent.folder, 'logs/build-test-attempt2')));
  });

  it('cannot publish an artifact again that the first attempt published', async () => {
    const agent = new Agent();
    const yaml = 'steps: [{script: echo > a}, {publish: a, artifact: once}, {script: exit 1}]';
    const first = await agent.run(yaml);
    const second = await agent.run(yaml, { rerun: { run: first, folder: agent.folder } });
    assert.match(second.stages[0]!.jobs[0]!.steps[2]!.issues[0]!.message, /Artifact once already exists/);
  });
});

describe('a job with a strategy', () => {
  it('runs once for each leg of its matrix, whose outputs carry its name', async () => {
    const agent = new Agent();
    const run = await agent.run(`
jobs:
- job: make
  variables: {size: none, other: o}
  strategy: {matrix: {small: {size: s}, large: {size: l}}, maxParallel: 1}
  steps:
  - script: 'echo "##vso[task.setvariable variable=out;isoutput=true]$(size)$(other)$(System.JobPositionInPhase)/$(System.TotalJobsInPhase)"'
    name: step
  - {script: exit 1, condition: "eq(variables.size, 'l')", continueOnError: true}
- job: use
  dependsOn: make
  variables:
    small: $[ dependencies.make.outputs['small.step.out'] ]
    large: $[ dependencies.make.outputs['large.step.out'] ]
  steps: [{script: 'echo got $(small) $(large)'}]
`);
    const jobs = run.stages[0]!.jobs;
    assert.deepEqual(
      jobs.map(({ displayName, result }) => [displayName, result]),
      [
        ['make small', 'succeeded'],
        ['make large', 'succeededWithIssues'],
        ['use', 'succeeded'],
      ],
    );
    assert.match(agent.log(jobs[2]!.steps[1]!), / got so1\/2 lo2\/2$/m);
  });

  it('takes its matrix from an output, and its slices by number', async () => {
    const agent = new Agent();
    const run = await agent.run(`
jobs:
- job: plan
  steps:
  - script: echo '##vso[task.setvariable variable=legs;isoutput=true]{"x":{"v":"1"},"y":{"v":"2"}}'
    name: p
- job: legs
  dependsOn: plan
  strategy: {matrix: "$[ dependencies.plan.outputs['p.legs'] ]"}
  steps: [{script: 'exit $(v)', condition: "eq(variables.v, '2')", displayName: $(v)}]
- job: slices
  dependsOn: []
  strategy: {parallel: 2}
  steps: [{script: 'test $(System.JobPositionInPhase) -le $(System.TotalJobsInPhase)'}]
- {job: last, dependsOn: legs, steps: [{script: echo}]}
`);
    assert.deepEqual(
      run.stages[0]!.jobs.map(({ displayName, result }) => [displayName, result]),
      [
        ['plan', 'succeeded'],
        ['legs x', 'succeeded'],
        ['legs y', 'failed'],
        ['slices job1', 'succeeded'],
        ['slices job2', 'succeeded'],
        ['last', 'skipped'],
      ],
    );
  });

  it('does not run by a matrix that is none, and nor do those that wait for it', async () => {
    const run = await new Agent().run(`
jobs:
- {job: a, strategy: {matrix: "$[ variables.nosuch ]"}, steps: [{script: echo}]}
- {job: b, dependsOn: a, steps: [{script: echo}]}
`);
    assert.deepEqual(
      run.stages[0]!.jobs.map(({ result }) => result),
      ['failed', 'skipped'],
    );
  });
});

describe('a stage that waits to be started by hand', () => {
  const yaml = `
stages:
- {stage: a, jobs: [{job: j, steps: [{script: echo, displayName: a}]}]}
- {stage: b, trigger: manual, jobs: [{job: j, steps: [{script: echo, displayName: b}]}]}
`;
  it('is skipped unless it is asked for', async () => {
    const agent = new Agent();
    assert.deepEqual(results(await agent.run(yaml)), [['a', 'succeeded']]);
    assert.deepEqual(results(await agent.run(yaml, { stages: ['b'] })), [['b', 'succeeded']]);
  });
});

describe('the sources of a job', () => {
  const git = (folder: string, ...args: string[]) =>
    execFileSync(
      'git',
      ['-c', 'user.name=n', '-c', 'user.email=n@localhost', '-c', 'protocol.file.allow=always', ...args],
      {
        cwd: folder,
        encoding: 'utf8',
        stdio: 'pipe',
      },
    ).trim();

  /** A repository with two commits, the first of them tagged, and a change that is not committed. */
  function repository(): Agent {
    const agent = new Agent();
    git(agent.root, 'init', '--quiet', '--initial-branch', 'feature');
    writeFileSync(path.join(agent.root, 'a'), '1');
    git(agent.root, 'add', '.');
    git(agent.root, 'commit', '--quiet', '--message', 'One');
    git(agent.root, 'tag', 'v1.0');
    writeFileSync(path.join(agent.root, 'a'), '2');
    git(agent.root, 'commit', '--quiet', '--all', '--message', 'Two');
    writeFileSync(path.join(agent.root, 'a'), '3');
    return agent;
  }

  it('have the history of the repository, and its changes', async () => {
    const agent = repository();
    const run = await agent.run(`
steps:
- script: |
    git rev-parse HEAD
    git describe --tags
    git status --porcelain a
    git remote get-url origin
    git symbolic-ref HEAD || echo detached
    cat a; echo
`);
    assert.equal(run.result, 'succeeded', JSON.stringify(run.stages[0]!.jobs[0]!.steps, null, 1));
    const log = agent.log(run.stages[0]!.jobs[0]!.steps[1]!);
    const commit = git(agent.root, 'rev-parse', 'HEAD');
    for (const line of [commit, `v1.0-1-g${commit.slice(0, 7)}`, ' M a', 'detached', '3']) {
      assert.match(log, new RegExp(`^\\S+ ${line}$`, 'm'));
    }
    assert.match(
      log,
      /^\S+ https:\/\/localhost\/quick-starts\/_git\//m,
      'origin is not the repository of this machine',
    );
  });

  it('are as shallow, and where, the checkout says', async () => {
    const agent = repository();
    const run = await agent.run(`
steps:
- {checkout: self, fetchDepth: 1, fetchTags: false, path: s/my/repo}
- script: |
    echo $(git log --oneline | wc -l) $(git tag | wc -l)
    test "$PWD" = "$(Build.SourcesDirectory)" -a "$PWD" = "$(Agent.BuildDirectory)/s/my/repo" -a -e a
`);
    assert.equal(run.result, 'succeeded');
    assert.match(agent.log(run.stages[0]!.jobs[0]!.steps[1]!), /^\S+ 1 0$/m);
  });

  it('lie side by side where a job checks them out twice, and steps start above them', async () => {
    const agent = repository();
    const run = await agent.run(`
steps:
- checkout: self
- {checkout: self, path: s/second}
- script: |
    test "$PWD" = "$(Build.SourcesDirectory)" -a "$PWD" = "$(Agent.BuildDirectory)/s" -a ! -e a
    test -e "$(Build.Repository.Name)/a" -a -e second/a -a "$(Build.Repository.LocalPath)" = "$PWD/second"
`);
    assert.equal(run.result, 'succeeded', agent.log(run.stages[0]!.jobs[0]!.steps[2]!));
  });

  it('have submodules only where the checkout asks for them', async () => {
    const agent = repository();
    const library = repository();
    git(agent.root, 'submodule', '--quiet', 'add', library.root, 'lib');
    git(agent.root, 'commit', '--quiet', '--message', 'Library');
    const run = await agent.run(`
jobs:
- {job: without, steps: [{script: test ! -e lib/a}]}
- {job: with, steps: [{checkout: self, submodules: true}, {script: test -e lib/a}]}
`);
    assert.equal(run.result, 'succeeded');
  });

  it('are those of a pull request, which its conditions see', async () => {
    const agent = repository();
    const source = asPullRequest(sourceVersion(agent.root), 12, 'refs/heads/main');
    const run = await agent.run(
      `
stages:
- stage: review
  condition: eq(variables['Build.Reason'], 'PullRequest')
  jobs:
  - job: j
    condition: eq(variables['System.PullRequest.TargetBranch'], 'refs/heads/main')
    steps:
    - script: echo "$(Build.SourceBranch) $(System.PullRequest.PullRequestId) $(System.PullRequest.SourceBranch) $(System.PullRequest.TargetBranchName)"
      condition: startsWith(variables['Build.SourceBranch'], 'refs/pull/')
- stage: deploy
  condition: and(succeeded(), ne(variables['Build.Reason'], 'PullRequest'))
  jobs: [{job: d, steps: [{script: echo}]}]
`,
      { source },
    );
    const [, script] = run.stages[0]!.jobs[0]!.steps;
    assert.match(agent.log(script!), / refs\/pull\/12\/merge 12 refs\/heads\/feature main$/m);
    assert.equal(run.stages[1]!.result, 'skipped');
    const stored = JSON.parse(readFileSync(path.join(agent.folder, 'run.json'), 'utf8')) as typeof run;
    assert.equal(stored.source.pullRequest?.id, 12);
  });
});
