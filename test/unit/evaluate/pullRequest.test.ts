import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import sinon from 'sinon';
import { AzureDevOps, AzureDevOpsFailure, type AzureDevOpsRequest } from '../../../tasks/common/hosts/azureDevOps';
import type { Pipeline } from '../../../tasks/common/pipeline';
import { Secret } from '../../../tasks/common/secret';
import { postToPullRequest } from '../../../tasks/Evaluate/pullRequest';
import type { Report } from '../../../tasks/Evaluate/summary';
import { buildPipeline, taskContext } from '../../support/taskContext';
import { exampleReport } from './exampleReport';

const repository = {
  uri: 'https://dev.azure.com/example/p/_git/r',
  id: 'repository 1',
  provider: 'TfsGit',
  branch: 'refs/pull/7/merge',
  commit: 'c',
  localPath: '/s',
};
const pullRequest = { id: '7', number: '', targetBranch: 'main', sourceCommit: 'c' };
const server = () => ({
  projectUrl: 'https://dev.azure.com/example/p/',
  accessToken: new Secret('token'),
});
const place = '_apis/git/repositories/repository%201/pullRequests/7';

describe('The result on a pull request', () => {
  let asked: AzureDevOpsRequest[];
  let threads: unknown[];
  let failure: Error | undefined;
  let refuses: (request: AzureDevOpsRequest) => boolean;
  beforeEach(() => {
    asked = [];
    threads = [];
    failure = undefined;
    refuses = () => false;
    sinon.stub(AzureDevOps.prototype, 'request').callsFake(async (request) => {
      asked.push(request);
      if (failure) throw failure;
      if (refuses(request)) throw new AzureDevOpsFailure('Azure DevOps', 'PUT it', 403, 'no');
      return { value: threads };
    });
  });
  afterEach(() => sinon.restore());

  async function post(report: Report = exampleReport(), changes: Partial<Pipeline> = {}, signal?: AbortSignal) {
    const pipeline = { ...buildPipeline(tmpdir()), repository, pullRequest, server, ...changes };
    const { context, traces } = taskContext(tmpdir(), { pipeline, ...(signal && { signal }) });
    await postToPullRequest(report, undefined, context);
    return traces;
  }
  const sent = () => asked.map(({ method, path }) => `${method} ${path.replace(place, '')}`);
  const commentOf = (request: AzureDevOpsRequest | undefined) =>
    (request?.body as { comments: Array<{ content: string }> }).comments[0]!.content;

  it('is a new thread and a status', async () => {
    const { lines } = await post();
    assert.deepEqual(sent(), ['GET /threads', 'POST /threads', 'POST /statuses']);
    const content = commentOf(asked[1]);
    assert.match(content, /^<!-- mlops-evaluate cost%20model -->\n/);
    assert.match(content, /\n\[The run\]\(https:\/\/dev\.azure\.com\/example\/build\/42\)\n$/);
    const { comments, status } = asked[1]!.body as { comments: object[]; status: string };
    assert.deepEqual([status, comments], ['closed', [{ parentCommentId: 0, content, commentType: 'text' }]]);
    assert.deepEqual(asked[2]!.body, {
      state: 'succeeded',
      description: 'cost model 3 approved: rmse 4 is at most 5',
      context: { genre: 'mlops', name: 'evaluate/cost model' },
      targetUrl: 'https://dev.azure.com/example/build/42',
    });
    assert.deepEqual(lines, ['Wrote the result to pull request 7.']);
  });

  it('of a rejected model stays open and fails the status, whose reason is cut', async () => {
    const report = exampleReport({ decision: 'rejected', reason: 'x'.repeat(300) });
    await post(report, { build: undefined });
    assert.equal((asked[1]!.body as { status: string }).status, 'active');
    const { state, description } = asked[2]!.body as { state: string; description: string };
    assert.equal(state, 'failed');
    assert.equal(description.length, 200);
    assert.ok(description.endsWith('x…'));
    assert.doesNotMatch(commentOf(asked[1]), /The run/);
    const exact = exampleReport({ decision: 'rejected', reason: 'x'.repeat(200 - 'cost model 3 rejected: '.length) });
    await post(exact);
    assert.ok((asked.at(-1)!.body as { description: string }).description.endsWith('xx'));
  });

  it('takes the place of its own former comment, and of no other', async () => {
    const own = { id: 2, content: '<!-- mlops-evaluate cost%20model -->\nbefore' };
    threads = [
      { id: 1, comments: [{ id: 1, content: 'a comment of a person' }] },
      { id: 2 },
      { id: 3, isDeleted: true, comments: [own] },
      { id: 4, comments: [{ ...own, isDeleted: true }] },
      { id: 5, comments: [{ id: 1, content: '<!-- mlops-evaluate another -->' }] },
      { id: 6, comments: [{ id: 1 }, own] },
      { id: 7, comments: [own] },
    ];
    await post();
    assert.deepEqual(sent(), ['GET /threads', 'PATCH /threads/6/comments/2', 'PATCH /threads/6', 'POST /statuses']);
    assert.deepEqual(asked[2]!.body, { status: 'closed' });
    assert.match((asked[1]!.body as { content: string }).content, /^<!-- mlops-evaluate cost%20model -->/);
  });

  it('leaves what somebody else begins with its mark, and sets the status in any case', async () => {
    const foreign = { id: 1, content: '<!-- mlops-evaluate cost%20model -->\nof somebody else' };
    threads = [{ id: 1, comments: [foreign] }];
    refuses = ({ method }) => method === 'PATCH';
    await post();
    assert.deepEqual(sent(), ['GET /threads', 'PATCH /threads/1/comments/1', 'POST /threads', 'POST /statuses']);
    refuses = ({ path }) => /threads/.test(path);
    const { lines } = await post();
    assert.equal(sent().at(-1), 'POST /statuses');
    assert.match(lines[0]!, /may not write to it/);
  });

  const without: Array<[what: string, changes: Partial<Pipeline>, said: RegExp | undefined]> = [
    ['without a pull request', { pullRequest: undefined }, undefined],
    ['without a repository', { repository: undefined }, undefined],
    [
      'on Bitbucket',
      { repository: { ...repository, provider: 'Bitbucket' } },
      /no comment: it is on Bitbucket, and only Azure Repos and GitHub are supported\./,
    ],
    ['on GitHub without a connection', { repository: { ...repository, provider: 'GitHub' } }, /Choose a GitHub service connection in the input gitHubConnection/], // prettier-ignore
    ['without a token', { server: () => undefined }, /no comment: the agent gives this job no access token\./],
  ];
  for (const [what, changes, said] of without) {
    it(`is shown to nobody ${what}`, async () => {
      const { lines, warnings } = await post(exampleReport(), changes);
      assert.deepEqual([asked, warnings, lines.length], [[], [], said ? 1 : 0]);
      if (said) assert.match(lines[0]!, said);
    });
  }

  it('never decides: what goes wrong is said', async () => {
    failure = new AzureDevOpsFailure('Azure DevOps', 'PUT it', 403, 'no');
    const forbidden = await post();
    assert.match(forbidden.lines.join(), /may not write to it \(403\)\. Give it "Contribute to pull requests" in the security of the repository https:.*set postToPullRequest to false/); // prettier-ignore
    failure = new AzureDevOpsFailure('Azure DevOps', 'PUT it', 500, 'no');
    const broken = await post();
    assert.deepEqual(broken.warnings, [
      'The result could not be written to pull request 7: Azure DevOps answered 500 to PUT it: no',
    ]);
    assert.deepEqual(broken.lines, []);
  });

  it('ends with the run that is cancelled', async () => {
    failure = new Error('cancelled');
    await assert.rejects(post(exampleReport(), {}, AbortSignal.abort()), /cancelled/);
  });
});
