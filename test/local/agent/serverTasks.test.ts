import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { localCloud } from '../../../local/azure/context';
import { meetsCriteria } from '../../../local/agent/server/successCriteria';
import { expandTemplate } from '../../../local/agent/server/requestTemplate';
import { readTask, root, serverRequest } from '../../../scripts/taskManifest';
import { localAzure } from '../../support/azure';
import { MlWorkspace } from '../../support/mlWorkspace';
import { printing } from './fakeTask';
import { Agent, results } from './pipelineAgent';

const task = (folder: string): string => path.join(root, 'tasks', folder);
const { resourceGroup, workspace, subscriptionId, serviceConnectionName } = localCloud;

describe('MLOpsWaitForTraining, as the server runs it', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'wait-'));
  after(() => rmSync(folder, { recursive: true }));
  let ml: MlWorkspace;
  let environmentId: string;
  before(async () => {
    ml = new MlWorkspace(await localAzure());
    environmentId = await ml.environment();
  });

  /** A job that ends as it is told to, and not before. */
  async function heldJob(): Promise<{ name: string; end(code: number): void }> {
    const file = path.join(folder, `end-${Math.random()}`);
    const command = `while [ ! -s '${file}' ]; do sleep 0.05; done; exit $(cat '${file}')`;
    return { name: await ml.submit({ command, environmentId }), end: (code) => writeFileSync(file, String(code)) };
  }

  async function wait(
    inputs: Record<string, string>,
    { onWaiting = () => {}, ...overrides }: { onWaiting?: () => void; [key: string]: unknown } = {},
    scheme: 'WorkloadIdentityFederation' | 'ServicePrincipal' = 'WorkloadIdentityFederation',
  ) {
    const azure = await localAzure();
    const agent = new Agent([], [task('WaitForTraining')]);
    const run = await agent.run(
      `jobs:
- job: wait
  pool: server
  steps:
  - task: MLOpsWaitForTraining@1
    inputs: ${JSON.stringify(inputs)}
`,
      {
        endpoints: [azure.serviceConnection(scheme, overrides)],
        environment: azure.environment,
        oidcRequestUri: azure.oidcRequestUri,
        accessToken: azure.systemAccessToken,
        observer: { stepLine: (line) => line.startsWith('Waits for the end') && onWaiting() },
      },
    );
    const [step] = run.stages[0]!.jobs[0]!.steps;
    return { step: step!, log: agent.log(step!) };
  }
  const place = { azureSubscription: serviceConnectionName, resourceGroup, workspace };

  it('succeeds when the job has completed, and shows nobody the token', async () => {
    const { systemAccessToken } = await localAzure();
    const job = await heldJob();
    let shown: unknown;
    const onWaiting = async () => {
      shown = await ml.call('GET', ml.arm(`/jobs/${job.name}`)).then(({ body }) => body);
      job.end(0);
    };
    const { step, log } = await wait({ ...place, jobName: job.name }, { onWaiting: () => void onWaiting() });
    assert.equal(step.result, 'succeeded', log);
    assert.match(
      JSON.stringify(shown),
      /"webhooks":\{"ADO_Webhook_[^"]+":\{"webhookType":"AzureDevOps","eventType":"RunTerminated"\}/,
    );
    assert.ok(!JSON.stringify(shown).includes(systemAccessToken) && !log.includes(systemAccessToken));
  });

  it('fails when the job has failed, by the names of AzureMLJobWaitTask and a secret', async () => {
    const job = await heldJob();
    const inputs = {
      serviceConnection: serviceConnectionName,
      resourceGroupName: resourceGroup,
      azureMLWorkspaceName: workspace,
      azureMLJobName: job.name,
    };
    const { step } = await wait(inputs, { onWaiting: () => job.end(3) }, 'ServicePrincipal');
    assert.equal(step.result, 'failed');
    assert.match(step.issues[0]!.message, /has failed/);
  });

  it('fails when the job was cancelled, by a connection of a management group', async () => {
    const job = await heldJob();
    const onWaiting = (): void => void ml.call('POST', ml.arm(`/jobs/${job.name}/cancel`));
    const { step } = await wait(
      { ...place, subscription: subscriptionId, jobName: job.name },
      { onWaiting, data: { subscriptionId: '', scopeLevel: 'ManagementGroup' } },
    );
    assert.match(step.issues[0]!.message, /has been canceled/);
  });

  it('fails at once for a job that is not there', async () => {
    const { step, log } = await wait({ ...place, jobName: 'no-such-job' });
    assert.match(step.issues[0]!.message, /returned an error: 404/);
    assert.match(log, /no-such-job/);
  });
});

describe('MLOpsCheckDecision, as the server runs it', () => {
  async function check(tags: string[], inputs = '') {
    const tagging = { name: 'Evaluate', main: printing(...tags.map((tag) => `##vso[build.addbuildtag]${tag}`)) };
    const agent = new Agent([tagging], [task('CheckDecision')]);
    const run = await agent.run(`jobs:
- job: judge
  steps: [{task: Evaluate@1}]
- job: decision
  dependsOn: judge
  pool: server
  steps:
  - task: MLOpsCheckDecision@1
    ${inputs}
`);
    return results(run).at(-1)![1];
  }
  for (const [tags, expected] of [
    [['cost-estimator-4', 'model-approved'], 'succeeded'],
    [['model-approved', 'model-rejected'], 'failed'],
    [['model-rejected'], 'failed'],
    [['cost-estimator-4', 'not-model-approved'], 'failed'],
    [[], 'failed'],
  ] as const) {
    it(`has ${expected} with the tags [${tags.join(', ')}]`, async () =>
      assert.equal(await check([...tags]), expected));
  }
  it('fails for a build that it cannot see', async () => {
    assert.equal(await check(['model-approved'], 'inputs: {buildId: 4711}'), 'failed');
  });

  it('asks what the check of an environment in the guide asks', () => {
    const guide = readFileSync(path.join(root, 'docs/guides/agentless.md'), 'utf8');
    const [, text = ''] = /### A check of an environment.*?```json\n(.*?)```/s.exec(guide) ?? [];
    const settings = JSON.parse(text) as Record<string, unknown>;
    const own = serverRequest(readTask('CheckDecision'))!;
    assert.equal(settings.successCriteria, own.Expression);
    assert.deepEqual(settings.headers, JSON.parse(own.Headers!));
    const values: Record<string, string> = {
      'system.TeamFoundationCollectionUri': 'https://dev.azure.com/contoso/',
      project: '$(system.TeamProjectId)',
      buildId: '$(Build.BuildId)',
    };
    const url = expandTemplate(own.EndpointUrl!, (name) => values[name]);
    assert.equal(`https://dev.azure.com/contoso/${String(settings.urlSuffix)}`, url);
  });
});

describe('Jobs of the server', () => {
  it('have no steps of an agent, and jobs of an agent none of theirs', async () => {
    const agent = new Agent([], [task('CheckDecision')]);
    await assert.rejects(
      agent.run('jobs: [{job: a, pool: server, steps: [{script: echo}]}]'),
      /'CmdLine' needs an agent/,
    );
    await assert.rejects(
      agent.run('steps: [{task: MLOpsCheckDecision@1}]'),
      /MLOpsCheckDecision runs without an agent, in a job of its own with 'pool: server'/,
    );
  });
});

describe('An expression on an answer', () => {
  const answer = { queryType: 'flat', workItems: [{ id: 1 }, { id: 2 }], value: [] };
  for (const [expression, expected] of [
    ["eq(root['queryType'], 'flat')", true],
    ["le(count(root['workItems']), 1)", false],
    ["eq(count(jsonpath('$.value[*]')), 0)", true],
    ["and(eq(count(jsonpath('workItems[?(@.id>1)]')), 1), eq(count(jsonpath('workItems[?(@.id>5)]')), 0))", true],
    ["containsValue(root['value'], 'x')", false],
  ] as const) {
    it(`${expression} is ${expected}`, () => assert.equal(meetsCriteria(expression, answer), expected));
  }
});

describe('A template of a request', () => {
  const expand = (text: string) => expandTemplate(text, (name) => ({ a: 'one', empty: '' })[name]);
  it('takes variables and Mustache, as the server does', () => {
    assert.equal(
      expand('$(a)/{{a}}/{{#if a}}x$(a){{/if}}{{#unless a}}y{{/unless}}/{{#if empty}}z{{/if}}/$(b)/{{b}}'),
      'one/one/xone//$(b)/',
    );
  });
});
