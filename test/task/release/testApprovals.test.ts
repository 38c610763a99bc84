import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { localProject } from '../../../local/agent/jobVariables';
import { ApiError } from '../../../local/agent/organization/apiError';
import type { Route } from '../../../local/agent/organization/route';
import type { HostType } from '../../../local/agent/stepContext';
import { systemConnection } from '../../../local/agent/taskEnvironment';
import type { Approvals } from '../../../tasks/common/record/record';
import { readRecord } from '../../../tasks/common/record/recordFile';
import { runBuiltTask } from '../../support/agent';
import { recordOf } from './deployableImages';

const digest = `sha256:${'d'.repeat(64)}`;
const image = { reference: `registry.example.com/estimator@${digest}`, digest };
const record = 'record/mlops-record.json';
const modifiedOn = '2026-06-02T08:15:30Z';

/** What a server whose stages ask for approval answers; the local organization's own asks no one. */
const ofPipeline: Route[] = [
  {
    method: 'GET',
    path: 'build/builds/{buildId}/timeline',
    answer: () => ({
      records: [
        { id: 's', parentId: null, type: 'Stage', name: 'Build', identifier: 'Build' },
        { id: 'c', parentId: 's', type: 'Checkpoint', name: 'Checkpoint', identifier: 'Checkpoint' },
        { id: 'approval-1', parentId: 'c', type: 'Checkpoint.Approval', name: 'Checkpoint.Approval' },
      ],
    }),
  },
  {
    method: 'GET',
    path: 'pipelines/approvals',
    answer: ({ query }) => {
      assert.equal(query.get('approvalIds'), 'approval-1');
      const approved = { status: 'approved', actualApprover: { displayName: 'An approver' }, comment: 'as <agreed>', lastModifiedOn: modifiedOn }; // prettier-ignore
      return { value: [{ id: 'approval-1', status: 'approved', steps: [approved] }] };
    },
  },
];
const ofRelease: Route[] = [
  {
    method: 'GET',
    path: 'release/approvals',
    answer: ({ query }) => {
      assert.deepEqual([query.get('releaseIdsFilter'), query.get('statusFilter')], ['7', 'approved']);
      const given = { approvalType: 'preDeploy', status: 'approved', isAutomated: false, comments: 'go', modifiedOn };
      const inAttempt = (attempt: number, displayName: string) =>
        ({ ...given, attempt, approvedBy: { displayName }, releaseEnvironment: { id: 1, name: 'Build' } }); // prettier-ignore
      return { value: [inAttempt(1, 'An approver'), inAttempt(2, 'Of another attempt')] };
    },
  },
];
const refusing: Route[] = [
  {
    method: 'GET',
    path: 'build/builds/{buildId}/timeline',
    answer: () => {
      throw new ApiError(403, 'TF401027: You need the View builds permission.');
    },
  },
];

describe('MLOpsTestEndpoint, of who approved its stage', function () {
  this.timeout(120_000);
  let endpoint: Server;
  before((done) => {
    endpoint = createServer((_, response) => void response.end('[1]'));
    endpoint.listen(0, '127.0.0.1', done);
  });
  after(() => endpoint.close());

  async function approvalsIn(hostType: HostType, routes: Route[]): Promise<{ approvals: Approvals; said: string }> {
    const { port } = endpoint.address() as AddressInfo;
    const { result, log, summaries, job } = await runBuiltTask('TestEndpoint', {
      hostType,
      routes,
      endpoints: [systemConnection(localProject.collectionUri, 'the-token-of-the-job')],
      inputs: {
        scoringUri: `http://127.0.0.1:${port}/score`,
        requestsFile: 'requests.json',
        recordFile: record,
        loadDurationInSeconds: '0',
        robustness: 'off',
        negativeTests: 'none',
      },
      files: {
        'requests.json': JSON.stringify([{ name: 'one', request: [[1]], expected: [1] }]),
        [record]: JSON.stringify(recordOf(image)),
      },
    });
    assert.equal(result, 'succeeded', log.join('\n'));
    const { tests } = await readRecord(path.join(job.root, record));
    const said = /^Stage approved by: .*$/m.exec(summaries[0]!.text)?.[0] ?? '';
    return { approvals: tests!.approvals!, said: said.replaceAll('\\', '') };
  }

  it('says the approver of a stage of a YAML pipeline, with what they said, as text', async () => {
    const { approvals, said } = await approvalsIn('build', ofPipeline);
    const by = [{ name: 'An approver', at: modifiedOn, comment: 'as <agreed>' }];
    assert.deepEqual(approvals, { outcome: 'approved', stage: 'Build', by });
    assert.equal(said, 'Stage approved by: An approver (2026-06-02 08:15 UTC): “as &lt;agreed&gt;”');
  });

  it('says the approver of this attempt of a stage of a classic release', async () => {
    const { approvals, said } = await approvalsIn('release', ofRelease);
    const by = [{ name: 'An approver', at: modifiedOn, comment: 'go' }];
    assert.deepEqual(approvals, { outcome: 'approved', stage: 'Build', by });
    assert.equal(said, 'Stage approved by: An approver (2026-06-02 08:15 UTC): “go”');
  });

  it('passes where the job may not read approvals, and says which permission it lacks', async () => {
    const { approvals, said } = await approvalsIn('build', refusing);
    assert.deepEqual([approvals.outcome, approvals.by], ['unknown', []]);
    for (const text of [approvals.reason!, said]) {
      assert.match(text, /403.*give the build service "View builds" or "View releases"/);
    }
    assert.match(said, /^Stage approved by: not known: /);
  });
});
