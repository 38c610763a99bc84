import assert from 'node:assert/strict';
import { apiOf } from '../../../tasks/common/hosts/gitHub';
import type { GitHubConnection } from '../../../tasks/common/hosts/gitHubConnection';
import { Secret } from '../../../tasks/common/secret';
import type { Pipeline } from '../../../tasks/common/pipeline';
import { readInputs } from '../../../tasks/Evaluate/inputs';
import { postToPullRequest } from '../../../tasks/Evaluate/pullRequest';
import type { Report } from '../../../tasks/Evaluate/summary';
import { readAsAgent, someConnection } from '../../support/agentInputs';
import { FakeGitHub } from '../../support/gitHub';
import { buildPipeline, taskContext } from '../../support/taskContext';

describe('A pull request on GitHub', () => {
  const gitHub = new FakeGitHub();
  before(() => gitHub.start());
  after(() => gitHub.stop());
  beforeEach(() => {
    for (const list of [gitHub.comments, gitHub.statuses, gitHub.forbidden]) list.length = 0;
  });

  const report = (decision: 'approved' | 'rejected', model = 'cost-estimator'): Report => ({
    model: { name: model, version: '4' },
    decision: { decision, reason: `It is ${decision} ${'for many reasons '.repeat(20)}.`, verdicts: [] },
    champion: undefined,
    sources: { candidate: 'the job' },
    warnings: [],
    histories: [],
    plots: [],
    places: [],
    attachments: [],
  });

  /** Posts a report; gives the lines of the log. */
  async function post(
    what: Report,
    {
      connection = { url: gitHub.url, token: new Secret(gitHub.token) },
      provider = 'GitHubEnterprise',
      host = gitHub.url,
    }: { connection?: GitHubConnection | null; provider?: string; host?: string } = {},
  ): Promise<string[]> {
    const pipeline: Pipeline = {
      ...buildPipeline('.'),
      pullRequest: { id: '90071992', number: '7', targetBranch: 'main', sourceCommit: 'a'.repeat(40) },
      repository: {
        provider,
        uri: `${host}/contoso/models.git`,
        id: 'contoso/models',
        branch: 'main',
        commit: 'a'.repeat(40),
        localPath: '.',
      },
    };
    const { context, traces } = taskContext('.', { pipeline });
    await postToPullRequest(what, connection ?? undefined, context);
    return [...traces.lines, ...traces.warnings.map((text) => `warning: ${text}`)];
  }

  it('gets one comment a model, which later runs update among many others, and a status each time', async () => {
    for (let id = 1; id <= 120; id++)
      gitHub.comments.push({ id, user: { id: 2 }, body: `A word of somebody else, number ${id}.` });
    assert.deepEqual(await post(report('approved')), ['Wrote the result to pull request 7.']);
    await post(report('rejected', 'other-model'));
    await post(report('rejected'));
    assert.equal(gitHub.comments.length, 122);
    assert.match(
      gitHub.comments[120]!.body,
      /^<!-- mlops-evaluate cost-estimator -->\n[^]*rejected[^]*\[The run\]\(https:/,
    );
    assert.match(gitHub.comments[121]!.body, /^<!-- mlops-evaluate other-model -->/);
    assert.deepEqual(
      gitHub.statuses.map(({ state, context }) => [state, context]),
      [
        ['success', 'mlops/evaluate/cost-estimator'],
        ['failure', 'mlops/evaluate/other-model'],
        ['failure', 'mlops/evaluate/cost-estimator'],
      ],
    );
    assert.ok(gitHub.statuses.every(({ description }) => description.length === 140 && description.endsWith('…')));
  });

  it('leaves alone what somebody else begins with the mark of its comment', async () => {
    const body = '<!-- mlops-evaluate cost-estimator -->\nmine';
    gitHub.comments.push({ id: 1, user: { id: 2 }, body });
    await post(report('rejected'));
    await post(report('approved'));
    assert.deepEqual([gitHub.comments.length, gitHub.comments[0]!.body], [2, body]);
    assert.match(gitHub.comments[1]!.body, /approved/);
  });

  it('gets its status where the token may not comment, and the other way round', async () => {
    gitHub.forbidden.push('POST issues/7/comments');
    const [said] = await post(report('approved'));
    assert.match(
      said!,
      /could not be written to pull request 7 in full: .* may not do so .*403.*pull requests and commit statuses/,
    );
    assert.equal(gitHub.statuses.length, 1);
    gitHub.forbidden.splice(0, 1, 'POST statuses');
    await post(report('approved'));
    assert.equal(gitHub.comments.length, 1);
  });

  it('gets as much of a long result as a comment holds', async () => {
    const warnings = Array.from({ length: 900 }, (_, index) => `Warning ${index} ${'of many words '.repeat(10)}.`);
    await post({ ...report('approved'), warnings });
    const { body } = gitHub.comments[0]!;
    assert.match(body, /Warning 10 /);
    assert.match(body, /\n\nThe rest is in \[the run\]\(https:.*\)\.\n$/);
  });

  const refusals: Array<[what: string, options: Parameters<typeof post>[1], said: RegExp]> = [
    [
      'no connection is chosen',
      { connection: null, provider: 'GitHub' },
      /^The pull request gets no comment: it is on GitHub,.*gitHubConnection/,
    ],
    [
      'the connection is to another GitHub',
      { host: 'https://github.com' },
      /^warning: .* it is on https:\/\/github\.com, .* a connection to http:\/\/127\.0\.0\.1/,
    ],
    [
      'the token is refused',
      { connection: { url: '', token: new Secret('old') } },
      /token of gitHubConnection may not do so \(GitHub answered 401 .*Bad credentials/,
    ],
    ['it is on Bitbucket', { provider: 'Bitbucket' }, /^The pull request gets no comment: it is on Bitbucket/],
  ];
  for (const [what, options, said] of refusals) {
    it(`is told why not where ${what}`, async () => {
      const connection = options?.connection && { ...options.connection, url: gitHub.url };
      const lines = await post(report('approved'), { ...options, ...(connection && { connection }) });
      assert.match(lines.join('\n'), said);
      assert.deepEqual(gitHub.comments, []);
      assert.ok(!lines.join().includes(gitHub.token));
    });
  }
});

describe('The API of a GitHub', () => {
  for (const [url, expected] of [
    ['https://github.com', 'https://api.github.com/'],
    ['https://www.github.com/', 'https://api.github.com/'],
    ['https://contoso.ghe.com', 'https://api.contoso.ghe.com/'],
    ['https://github.contoso.example:8443/', 'https://github.contoso.example:8443/api/v3/'],
    ['https://github.com.example.org', 'https://github.com.example.org/api/v3/'],
  ] as const) {
    it(`at ${url} is ${expected}`, () => assert.equal(apiOf(url), expected));
  }
});

describe('The connection to GitHub', () => {
  const connection = (scheme: string, parameters: Record<string, string>) => ({
    id: 'aaaa1111-0000-4000-8000-000000000001',
    name: 'to-github',
    type: 'github',
    url: 'https://github.com',
    auth: { scheme, parameters },
    data: {},
  });
  const read = (scheme: string, parameters: Record<string, string>) =>
    readAsAgent(readInputs, {
      inputs: {
        azureSubscription: someConnection.id,
        criteria: 'rmse <= 5',
        champion: 'tagged',
        firstModel: 'skipComparison',
        metricsFrom: 'auto',
        onRejection: 'fail',
        gitHubConnection: 'aaaa1111-0000-4000-8000-000000000001',
      },
      endpoints: [someConnection, connection(scheme, parameters)],
    });

  for (const [scheme, name] of [
    ['PersonalAccessToken', 'accessToken'],
    ['OAuth', 'AccessToken'],
    ['Token', 'AccessToken'],
  ] as const) {
    it(`gives its token by the scheme ${scheme}`, async () => {
      const { inputs, problems } = await read(scheme, { [name]: 'the-token' });
      assert.deepEqual(problems, []);
      assert.equal(inputs.gitHub?.token.reveal(), 'the-token');
    });
  }

  it('of the GitHub app is refused, with what to choose instead', async () => {
    const { problems } = await read('InstallationToken', { idToken: 'x' });
    assert.match(
      problems.join(),
      /^Input gitHubConnection: the GitHub service connection .* has no token\. .*personal access token/,
    );
  });
});
