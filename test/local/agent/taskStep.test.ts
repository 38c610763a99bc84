import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ServiceEndpoint } from '../../../local/serviceEndpoint';
import { obeyCommand } from '../../../local/agent/commandHandlers';
import { SecretMasker } from '../../../local/agent/secretMasker';
import { StepContext, type HostType } from '../../../local/agent/stepContext';
import { runStep } from '../../../local/agent/stepRun';
import { systemConnection } from '../../../local/agent/taskEnvironment';
import { runTaskStep, type TaskStepOptions } from '../../../local/agent/taskStep';
import { Variables } from '../../../local/agent/variables';
import { temporaryFolder } from '../../support/agent';
import { describeOnEachNode } from '../../support/node';
import { fakeTask, printing, type FakeTask } from './fakeTask';

const connection: ServiceEndpoint = {
  id: '75000000-0000-4000-8000-000000000001',
  name: 'my-connection',
  type: 'azurerm',
  url: 'https://localhost:1/',
  auth: { scheme: 'ServicePrincipal', parameters: { tenantid: 't', serviceprincipalkey: 'k3y-of-the-principal' } },
  data: { subscriptionId: 's', 'ml workspace.name': 'w' },
};

function run(task: FakeTask | string, options: Partial<TaskStepOptions> = {}) {
  const workFolder = temporaryFolder();
  const taskFolder = fakeTask(typeof task === 'string' ? { main: task } : task);
  return runTaskStep({ hostType: 'build', refName: 'step', ...options, taskFolder, workFolder });
}

/** Runs a task that prints these lines. */
function say(lines: string[], options: Partial<TaskStepOptions> & { hostType?: HostType } = {}) {
  return run(printing(...lines), options);
}

describeOnEachNode('a task step', (nodePath) => {
  it('starts the task on that Node with inputs, variables and service connections in the environment', async () => {
    const variables = new Variables({ 'Build.SourcesDirectory': '/src', size: 'large', CI: 'own' });
    variables.set('my.secret', 's3cret-value', { secret: true });
    const taskVariables = new Variables({ state: 'kept' });
    const main = `require('fs').writeFileSync(process.env.INPUT_TARGET, JSON.stringify({ ...process.env, cwd: process.cwd(), node: process.execPath }))`;
    const target = path.join(temporaryFolder(), 'environment.json');
    const result = await run(
      {
        main,
        inputs: [
          { name: 'target' },
          { name: 'azureSubscription', type: 'connectedService:AzureRM' },
          { name: 'Data Size', defaultValue: ' $(size) ' },
          { name: 'flag', type: 'boolean', defaultValue: false },
          { name: 'file', type: 'filePath', aliases: ['source'] },
          { name: 'noFile', type: 'filePath' },
        ],
      },
      {
        nodePath,
        variables,
        taskVariables,
        inputs: { target, AZURESUBSCRIPTION: ' My-Connection ', source: 'a/../b.txt' },
        endpoints: [
          connection,
          { ...connection, id: 'other', name: 'other' },
          systemConnection('https://s/', 'token-1'),
        ],
        env: { EXTRA: '$(size)-env' },
        environment: { FROM_AGENT: 'yes' },
      },
    );
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    const seen = JSON.parse(readFileSync(target, 'utf8')) as Record<string, string>;
    const expected = {
      node: nodePath,
      TF_BUILD: 'True',
      INPUT_AZURESUBSCRIPTION: connection.id,
      INPUT_DATA_SIZE: 'large',
      INPUT_FLAG: 'false',
      INPUT_FILE: '/src/b.txt',
      INPUT_NOFILE: '/src',
      SIZE: 'large',
      BUILD_SOURCESDIRECTORY: '/src',
      SECRET_MY_SECRET: 's3cret-value',
      VSTS_SECRET_VARIABLES: '["my.secret"]',
      VSTS_TASKVARIABLE_STATE: 'kept',
      [`ENDPOINT_URL_${connection.id}`]: 'https://localhost:1/',
      [`ENDPOINT_AUTH_${connection.id}`]: JSON.stringify(connection.auth),
      [`ENDPOINT_AUTH_SCHEME_${connection.id}`]: 'ServicePrincipal',
      [`ENDPOINT_AUTH_PARAMETER_${connection.id}_SERVICEPRINCIPALKEY`]: 'k3y-of-the-principal',
      [`ENDPOINT_DATA_${connection.id}`]: JSON.stringify(connection.data),
      [`ENDPOINT_DATA_${connection.id}_ML_WORKSPACE_NAME`]: 'w',
      ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: 'token-1',
      EXTRA: 'large-env',
      FROM_AGENT: 'yes',
    };
    assert.deepEqual({ ...seen, ...expected }, { ...seen });
    assert.ok(JSON.parse(seen.VSTS_PUBLIC_VARIABLES!).includes('Build.SourcesDirectory'));
    const absent = ['MY_SECRET', 'ENDPOINT_URL_other', 'ENDPOINT_DATA_SYSTEMVSSCONNECTION', 'NODE_OPTIONS'];
    assert.deepEqual(
      absent.filter((name) => name in seen),
      [],
    );
  });
});

describe('a task step and its logging commands', () => {
  it('reads commands on both streams, anywhere in a line, and shows the rest', async () => {
    const { log, variables, commands } = await run(
      `console.log('before'); console.error('text ##vso[task.setvariable variable=x]1'); console.log('after\\rmore')`,
    );
    assert.deepEqual(variables, { x: '1' });
    assert.equal(commands.length, 1);
    assert.deepEqual(log.slice(8, -1), ['before', 'after', 'more']);
    assert.equal(log[0], '##[section]Starting: A fake task');
    assert.equal(log.at(-1), '##[section]Finishing: A fake task');
  });

  it('publishes declared and isOutput variables only under the name of the step', async () => {
    const variables = new Variables();
    const result = await run(
      {
        main: printing(
          '##vso[task.setvariable variable=declared]1',
          '##vso[task.setvariable variable=other;isOutput=true]2',
          '##vso[task.setvariable variable=plain]3',
        ),
        outputVariables: ['declared'],
      },
      { variables },
    );
    assert.deepEqual(result.outputs, { declared: '1', other: '2' });
    assert.deepEqual(result.variables, { plain: '3' });
    assert.deepEqual(
      ['step.declared', 'step.other', 'plain', 'declared', 'other'].map((name) => variables.get(name)),
      ['1', '2', '3', undefined, undefined],
    );
  });

  it('masks secrets from the moment the task names them', async () => {
    const { log, issues, summaries } = await say([
      '##vso[task.setsecret]tok3n',
      'a tok3n',
      '##vso[task.logissue type=error]bad tok3n',
      '##vso[task.setvariable variable=v;issecret=true]hidden-value',
      'b hidden-value',
    ]);
    assert.ok(log.includes('a ***') && log.includes('b ***') && log.includes('##[error]bad ***'));
    assert.equal(issues[0]!.message, 'bad ***');
    assert.deepEqual(summaries, []);
  });

  it('refuses a secret of several lines', async () => {
    const { result, variables } = await say(['##vso[task.setvariable variable=v;issecret=true]a%0Ab']);
    assert.equal(result, 'failed');
    assert.deepEqual(variables, {});
  });

  const completions: Array<[lines: string[], result: string]> = [
    [[], 'succeeded'],
    [['##vso[task.complete result=SucceededWithIssues;]'], 'succeededWithIssues'],
    [['##vso[task.complete result=Failed;]', '##vso[task.complete result=Succeeded;]'], 'failed'],
    [['##vso[task.complete result=Skipped;]', '##vso[task.complete result=Failed;]'], 'skipped'],
    [['##vso[task.complete result=Canceled;]'], 'canceled'],
    [['##vso[task.complete result=Cancelled;]'], 'failed'],
    [['##vso[task.complete result=succeeded;]'], 'failed'],
    [['##vso[task.complete]'], 'failed'],
    [['##vso[task.nosuch]'], 'failed'],
    [['##vso[nosuch.command]'], 'succeeded'],
    [['##vso[task.logissue type=error]bad'], 'succeeded'],
    [['##vso[task.logissue type=note]bad'], 'failed'],
    [['##vso[task.addattachment type=t;name=n]/no/such/file'], 'failed'],
  ];
  for (const [lines, expected] of completions) {
    it(`ends as ${expected} after ${JSON.stringify(lines)}`, async () => {
      assert.equal((await say(lines)).result, expected);
    });
  }

  it('fails a task that exits with another code than 0', async () => {
    const { result, exitCode, issues } = await run('process.exit(3)');
    assert.deepEqual([result, exitCode], ['failed', 3]);
    assert.match(issues[0]!.message, /Exit code 3/);
  });

  it('keeps ten errors and ten warnings, and counts the rest', async () => {
    const lines = Array.from({ length: 12 }, (_, n) => `##vso[task.logissue type=error]e${n}`);
    const { issues, errorCount } = await say([...lines, '##vso[task.logissue type=warning]w']);
    assert.deepEqual([issues.length, errorCount], [11, 12]);
  });

  it('warns about ##vso that is not a command', async () => {
    const { unreadableCommands, warningCount, result } = await say(['see ##vso in the docs']);
    assert.deepEqual([unreadableCommands.length, warningCount, result], [1, 1, 'succeeded']);
  });

  it('writes debug lines only when System.Debug says so', async () => {
    const quiet = await say(['##vso[task.debug]detail']);
    const loud = await say(['##vso[task.debug]detail'], { variables: new Variables({ 'System.Debug': 'true' }) });
    assert.deepEqual(
      [quiet, loud].map(({ log }) => log.includes('##[debug]detail')),
      [false, true],
    );
  });

  it('leaves out commands that a task forbids itself', async () => {
    const { result, variables, buildTags, warningCount } = await run(
      {
        main: printing(
          '##vso[task.setvariable variable=Free.one]1',
          '##vso[task.setvariable variable=PATH]/evil',
          '##vso[build.addbuildtag]tag',
        ),
        restrictions: { commands: { mode: 'restricted' }, settableVariables: { allowed: ['free.*'] } },
      },
      { variables: buildVariables() },
    );
    assert.deepEqual([result, variables, buildTags, warningCount], ['succeeded', { 'Free.one': '1' }, [], 2]);
  });
});

function buildVariables(): Variables {
  return new Variables({ 'System.TeamProjectId': 'p', 'Build.BuildId': '1' });
}

describe('a task step and its host', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'file.md');
  writeFileSync(file, '# A summary');

  const hosts: Array<[line: string, build: string, release: string]> = [
    [`##vso[artifact.upload artifactname=a]${file}`, 'succeeded', 'failed'],
    [`##vso[artifact.associate artifactname=a;artifacttype=Container]#/1/a`, 'succeeded', 'failed'],
    [`##vso[task.uploadsummary]${file}`, 'succeeded', 'succeeded'],
    [`##vso[task.addattachment type=t;name=n]${file}`, 'succeeded', 'succeeded'],
    ['##vso[build.addbuildtag]tag', 'succeeded', 'succeeded'],
    ['##vso[release.updatereleasename]name', 'failed', 'succeeded'],
  ];
  for (const [line, onBuild, onRelease] of hosts) {
    it(`takes ${line.slice(0, line.indexOf(']') + 1)} as that host does`, async () => {
      const results = await Promise.all(
        (['build', 'release'] as const).map((hostType) => say([line], { hostType, variables: buildVariables() })),
      );
      assert.deepEqual(
        results.map(({ result }) => result),
        [onBuild, onRelease],
      );
    });
  }

  it('refuses build commands without a build', async () => {
    const { result } = await say(['##vso[build.addbuildtag]tag'], { hostType: 'release' });
    assert.equal(result, 'failed');
  });

  const tags: Array<[tag: string, result: string]> = [
    ['cost-estimator-1.0_2', 'succeeded'],
    ['two words', 'succeeded'],
    ['model:1', 'failed'],
    ['a\\b', 'failed'],
    ['größe', 'failed'],
    ['tag ', 'failed'],
  ];
  for (const [tag, expected] of tags) {
    it(`${expected === 'failed' ? 'fails at' : 'takes'} the build tag '${tag}' as the server does`, async () => {
      const { result, buildTags } = await say([`##vso[build.addbuildtag]${tag}`], { variables: buildVariables() });
      assert.deepEqual([result, buildTags], [expected, expected === 'failed' ? [] : [tag]]);
    });
  }

  it('fails at a build tag that the identity of the job may not set, as the agent does', async () => {
    const { result, buildTags, issues } = await say(['##vso[build.addbuildtag]tag'], {
      variables: buildVariables(),
      mayEditBuildQuality: false,
    });
    assert.deepEqual([result, buildTags], ['failed', []]);
    assert.match(issues.map(({ message }) => message).join(), /needs Edit build quality permissions/);
  });

  it('tags the build for a task that asks with the token of its job, as far as it may', async () => {
    const calls: Array<[method: string, path: string, token: string]> = [
      ['PUT', 'p/_apis/build/builds/1/tags/model-1?api-version=7.1', 'token-1'],
      ['PUT', 'p/_apis/build/builds/1/tags/a%3Ab?api-version=7.1', 'token-1'],
      ['PUT', 'p/_apis/build/builds/1/tags/%E0%A4%A?api-version=7.1', 'token-1'],
      ['PUT', 'p/_apis/build/builds/2/tags/other?api-version=7.1', 'token-1'],
      ['PUT', 'q/_apis/build/builds/1/tags/other?api-version=7.1', 'token-1'],
      ['PUT', 'p/_apis/build/builds/1/tags/other', 'token-1'],
      ['PUT', 'p/_apis/build/builds/1/tags/other?api-version=7.1', 'another'],
      ['POST', 'p/_apis/build/builds/1/tags/other?api-version=7.1', 'token-1'],
      ['PUT', 'p/_apis/else?api-version=7.1', 'token-1'],
    ];
    const main = `
      (async () => {
        const statuses = [];
        for (const [method, path, token] of ${JSON.stringify(calls)}) {
          const url = process.env.ENDPOINT_URL_SYSTEMVSSCONNECTION + path;
          statuses.push((await fetch(url, { method, headers: { authorization: 'Bearer ' + token } })).status);
        }
        console.log('answers ' + statuses);
      })();`;
    const endpoints = [systemConnection('https://s/', 'token-1')];
    for (const [mayEditBuildQuality, answers, tags] of [
      [true, '200,400,400,404,404,400,401,405,404', ['model-1']],
      [false, '403,403,400,404,404,400,401,405,404', []],
    ] as const) {
      const step = await run(main, { variables: buildVariables(), endpoints, mayEditBuildQuality });
      assert.ok(step.log.includes(`answers ${answers}`), step.log.join('\n'));
      assert.deepEqual([step.result, step.buildTags], ['succeeded', tags]);
    }
  });

  it('hands on artifacts, summaries, tags and test results', async () => {
    const results = path.join(folder, 'results.xml');
    const junit = `<testsuites><testsuite name="s"><testcase classname="c" name="good" time="0.5"/>
      <testcase classname="c" name="bad &lt;1&gt;"><failure message="wrong">was 2</failure></testcase>
      <testsuite name="nested"><testcase name="left"><skipped/></testcase></testsuite></testsuite></testsuites>`;
    writeFileSync(results, junit);
    mkdirSync(path.join(folder, 'artifact'));
    writeFileSync(path.join(folder, 'artifact', 'a.txt'), 'a');
    const step = await say(
      [
        `##vso[artifact.upload artifactname=model;containerfolder=in]${path.join(folder, 'artifact')}`,
        `##vso[task.uploadsummary]${file}`,
        '##vso[build.addbuildtag]one',
        '##vso[build.addbuildtag]one',
        `##vso[results.publish type=JUnit;runTitle=Endpoint;resultFiles=${results}]`,
      ],
      { variables: buildVariables() },
    );
    assert.equal(step.result, 'succeeded', step.log.join('\n'));
    assert.deepEqual(step.artifacts, [{ name: 'model', containerFolder: 'in', path: path.join(folder, 'artifact') }]);
    assert.deepEqual(step.summaries, [{ path: file, text: '# A summary' }]);
    assert.deepEqual(step.buildTags, ['one']);
    assert.deepEqual(step.testRuns, [
      {
        title: 'Endpoint',
        files: [results],
        cases: [
          { suite: 's', name: 'good', className: 'c', seconds: 0.5, outcome: 'passed' },
          {
            suite: 's',
            name: 'bad <1>',
            className: 'c',
            seconds: 0,
            outcome: 'failed',
            message: 'wrong',
            details: 'was 2',
          },
          { suite: 'nested', name: 'left', className: '', seconds: 0, outcome: 'skipped' },
        ],
      },
    ]);
  });
});

describe('a task step and time', () => {
  it('keeps task variables from main to postjob', async () => {
    const taskFolder = fakeTask({
      main: printing('##vso[task.settaskvariable variable=job;issecret=true]j0b-1'),
      postjob: `console.log('##vso[task.setvariable variable=seen]' + process.env.VSTS_TASKVARIABLE_JOB)`,
    });
    const step = { taskFolder, workFolder: temporaryFolder(), hostType: 'build' as const };
    const { taskVariables } = await runTaskStep(step);
    const post = await runTaskStep({ ...step, phase: 'postjob', taskVariables });
    assert.deepEqual(post.variables, { seen: 'j0b-1' });
  });

  it('tries a failed task again as often as it is told', async () => {
    const main = `const fs = require('fs'); const f = process.env.COUNT; const n = fs.existsSync(f) ? Number(fs.readFileSync(f)) + 1 : 1;
      fs.writeFileSync(f, String(n)); console.log('##vso[task.complete result=' + (n < 2 ? 'Failed' : 'Succeeded') + ';]attempt ' + n)`;
    const COUNT = path.join(temporaryFolder(), 'count');
    const { result, log } = await run(main, { retryCountOnTaskFailure: 2, env: { COUNT } });
    assert.equal(result, 'succeeded');
    assert.equal(log.filter((line) => line.startsWith('Task  ')).length, 1, 'the header stands there once');
  });

  it('judges a step by its last attempt, which nothing of the first one ends', async () => {
    let attempt = 0;
    let isOver: boolean | undefined;
    const variables = new Variables();
    const masker = new SecretMasker();
    const context = new StepContext({
      ...{ hostType: 'build', refName: 's', variables, taskVariables: new Variables(), endpoints: [], masker },
      prependPath: [],
      onLine: () => {},
    });
    const result = await runStep(context, { displayName: 's', retryCountOnTaskFailure: 1 }, async () => {
      attempt++;
      if (attempt === 1) {
        obeyCommand(context, '##vso[task.complete result=Failed;done=true;]no');
        obeyCommand(context, '##vso[task.setvariable]');
      } else {
        isOver = await Promise.race([context.completed.then(() => true), Promise.resolve(false)]);
        obeyCommand(context, '##vso[task.complete result=SucceededWithIssues;done=true;]yes');
      }
    });
    assert.deepEqual([attempt, isOver, result], [2, false, 'succeededWithIssues']);
  });

  it('fails a step whose process is killed and says nothing', async () => {
    const { result } = await run("process.kill(process.pid, 'SIGKILL')");
    assert.equal(result, 'failed');
  });

  it('puts the environment of the agent into inputs, where no variable has the name', async () => {
    const main = 'console.log(process.env.INPUT_A)';
    const variables = new Variables({ own: 'x' });
    const { rawOutput } = await run(
      { main, inputs: [{ name: 'a' }] },
      { variables, inputs: { a: '$(HOME) $(own) $(no)' } },
    );
    assert.equal(rawOutput, `${process.env.HOME} x $(no)`);
  });

  it('lets a restricted task prepend to PATH only where it may set "path"', async () => {
    const line = '##vso[task.prependpath]/tools';
    for (const [allowed, expected] of [
      [undefined, []],
      [['other*'], []],
      [['Path'], ['/tools']],
    ] as const) {
      const prependPath: string[] = [];
      const restrictions = { settableVariables: { ...(allowed && { allowed: [...allowed] }) } };
      const { warningCount } = await run({ main: printing(line), restrictions }, { prependPath });
      assert.deepEqual([prependPath, warningCount], [expected, expected.length === 0 ? 1 : 0]);
    }
  });

  it('warns when a variable of the agent or its server is overwritten', async () => {
    const { issues } = await say([
      '##vso[task.setvariable variable=Build.BuildId]9',
      '##vso[task.setvariable variable=x]9',
    ]);
    assert.deepEqual(
      issues.map(({ message }) => message),
      ["Overwriting readonly variable 'Build.BuildId'. This behavior will be disabled in the future."],
    );
  });

  it('takes a summary by build.uploadsummary, and refuses a timeline record whose id is not a GUID', async () => {
    const file = path.join(temporaryFolder(), 's.md');
    writeFileSync(file, '# Good');
    const good = await say([`##vso[build.uploadsummary]${file}`]);
    assert.deepEqual([good.result, good.summaries], ['succeeded', [{ path: file, text: '# Good' }]]);
    const bad = await say(['##vso[task.logdetail id=notaguid;name=n;type=t]']);
    assert.equal(bad.result, 'failed');
  });

  /** A task that reports each signal; it says `ready`, and ends at the signal that it is told to obey. */
  const listener = `
    for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => { console.log('got ' + s); if (s === process.env.OBEY) process.exit(0); });
    require('child_process').spawn('sleep', ['60'], { stdio: 'ignore' }).on('spawn', function () { require('fs').writeFileSync(process.env.PID_FILE, String(this.pid)); console.log('ready'); });
    setInterval(() => {}, 1000);`;

  for (const [obey, expected] of [
    ['SIGINT', ['got SIGINT']],
    ['SIGTERM', ['got SIGINT', 'got SIGTERM']],
    ['neither', ['got SIGINT', 'got SIGTERM']],
  ] as const) {
    it(`cancels by SIGINT, SIGTERM and the end of the tree: a task that obeys ${obey}`, async () => {
      const cancel = new AbortController();
      const pidFile = path.join(temporaryFolder(), 'pid');
      const { result, log } = await run(listener, {
        signal: cancel.signal,
        env: { OBEY: obey, PID_FILE: pidFile },
        variables: new Variables({ PROCESS_SIGINT_TIMEOUT: '300', PROCESS_SIGTERM_TIMEOUT: '300' }),
        onLine: (line) => line === 'ready' && cancel.abort(),
      });
      assert.equal(result, 'canceled');
      assert.deepEqual(
        log.filter((line) => line.startsWith('got ')),
        expected,
      );
      if (obey === 'neither') {
        assert.ok(!isRunning(Number(readFileSync(pidFile, 'utf8'))), 'a grandchild is still running');
      }
    });
  }

  it('fails a task that takes longer than its timeout', async () => {
    const { result, issues } = await run('process.on("SIGINT", () => process.exit(0)); setInterval(() => {}, 1000)', {
      timeoutInMinutes: 0.5 / 60,
    });
    assert.equal(result, 'failed');
    assert.equal(issues.at(-1)!.message, 'The task has timed out.');
  });

  it('says that a task has no built files', async () => {
    await assert.rejects(
      runTaskStep({ taskFolder: '/no/such', workFolder: temporaryFolder(), hostType: 'build' }),
      /task\.json is missing.*npm run build/,
    );
    const taskFolder = fakeTask({ main: '' });
    rmSync(path.join(taskFolder, 'main.js'));
    const { result, issues } = await runTaskStep({ taskFolder, workFolder: temporaryFolder(), hostType: 'build' });
    assert.deepEqual([result, existsSync(taskFolder)], ['failed', true]);
    assert.match(issues[0]!.message, /points to main\.js/);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody waited for does not run.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
