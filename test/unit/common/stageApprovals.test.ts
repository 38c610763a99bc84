import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { Pipeline } from '../../../tasks/common/pipeline';
import { Secret } from '../../../tasks/common/secret';
import { stageApprovals } from '../../../tasks/common/hosts/stageApprovals';
import { JsonServer, type JsonAnswer } from '../../support/jsonServer';
import { buildPipeline, taskContext } from '../../support/taskContext';

/** Answers by path and query, as the host that a test describes. */
class Host extends JsonServer {
  readonly asked: string[] = [];

  constructor(private readonly answers: Record<string, unknown>) {
    super();
  }

  protected answer(request: IncomingMessage): JsonAnswer {
    const path = decodeURIComponent(request.url!)
      .replace(/[?&]api-version=7\.1$/, '')
      .replace('/project-1/', '');
    this.asked.push(path);
    const body = this.answers[path];
    if (typeof body === 'number') return { status: body, body: { message: 'Access denied.' } };
    return body === undefined ? { status: 404, body: { message: `no ${path}` } } : { status: 200, body };
  }
}

const ids = ['0a', '0b'];
const timeline = {
  records: [
    { id: 's1', parentId: null, type: 'Stage', name: 'Build', identifier: 'build' },
    { id: 'c1', parentId: 's1', type: 'Checkpoint', name: 'Checkpoint', identifier: 'Checkpoint' },
    { id: 'other', parentId: 'c1', type: 'Checkpoint.Approval' },
    { id: 's2', parentId: null, type: 'Stage', name: 'To production', identifier: 's' },
    { id: 'c2', parentId: 's2', type: 'Checkpoint' },
    ...ids.map((id) => ({ id, parentId: 'c2', type: 'Checkpoint.Approval' })),
    { id: 'check', parentId: 'c2', type: 'Checkpoint.TaskCheck' },
  ],
};
const step = (displayName: string, status = 'approved') => ({
  assignedApprover: { displayName: 'A group' },
  actualApprover: { displayName },
  status,
  comment: 'fine',
  lastModifiedOn: '2026-06-02T08:00:00Z',
});
const timelinePath = '_apis/build/builds/42/timeline';
const approvalsPath = `_apis/pipelines/approvals?approvalIds=${ids.join(',')}&$expand=steps`;
const releasePath = '_apis/release/approvals?releaseIdsFilter=7&statusFilter=approved&typeFilter=preDeploy&top=500';

async function ask(answers: Record<string, unknown>, changes: Partial<Pipeline> = {}) {
  const host = new Host(answers);
  await host.start();
  try {
    const server = () => ({ projectUrl: `${host.origin}/project-1/`, accessToken: new Secret('token') });
    const pipeline = { ...buildPipeline('/tmp'), server, ...changes };
    const { context, traces } = taskContext('/tmp', { pipeline });
    const approvals = await stageApprovals(context);
    assert.deepEqual(traces.warnings, []);
    return { approvals, asked: host.asked };
  } finally {
    host.stop();
  }
}

const release: Partial<Pipeline> = {
  hostType: 'release',
  release: { id: '7', name: 'Release-7', environment: 'production', url: 'https://x' },
  stage: { name: 'production', attempt: 2 },
};
const given = (changes: object = {}) => ({
  attempt: 2,
  isAutomated: false,
  status: 'approved',
  approver: { displayName: 'A group' },
  approvedBy: { displayName: 'First approver' },
  comments: 'go',
  modifiedOn: '2026-06-02T08:00:00Z',
  releaseEnvironment: { id: 3, name: 'production' },
  ...changes,
});

describe('who approved the stage', () => {
  it('is read from the checkpoint of a stage of a YAML pipeline', async () => {
    const value = [{ id: '0a', steps: [step('First approver'), step('Asked too', 'skipped')] }, { id: '0b', steps: [step('Second approver')] }]; // prettier-ignore
    const { approvals, asked } = await ask({ [timelinePath]: timeline, [approvalsPath]: { value } });
    const at = '2026-06-02T08:00:00Z';
    assert.deepEqual(approvals, {
      outcome: 'approved',
      stage: 's',
      by: [
        { name: 'First approver', at, comment: 'fine' },
        { name: 'Second approver', at, comment: 'fine' },
      ],
    });
    assert.deepEqual(asked, [timelinePath, approvalsPath]);
  });

  it('is read from the approvals before the stage of a classic release, of this attempt', async () => {
    const value = [
      given(),
      given({ attempt: 1, approvedBy: { displayName: 'An earlier one' } }),
      given({ releaseEnvironment: { name: 'staging' } }),
      given({ isAutomated: true }),
    ];
    const { approvals, asked } = await ask({ [releasePath]: { value } }, release);
    assert.deepEqual(approvals, {
      outcome: 'approved',
      stage: 'production',
      by: [{ name: 'First approver', at: '2026-06-02T08:00:00Z', comment: 'go' }],
    });
    assert.deepEqual(asked, [releasePath]);
  });

  it('is no one where no one is asked', async () => {
    const none = async (...args: Parameters<typeof ask>) => (await ask(...args)).approvals;
    const bare = { records: timeline.records.filter(({ type }) => type !== 'Checkpoint.Approval') };
    assert.deepEqual(await none({ [timelinePath]: bare }), { outcome: 'none', stage: 's', by: [] });
    assert.deepEqual((await none({ [timelinePath]: { records: [] } })).outcome, 'none');
    assert.deepEqual(
      (await none({ [releasePath]: { value: [given({ isAutomated: true })] } }, release)).outcome,
      'none',
    );
  });

  for (const [what, answers, changes, reason] of [
    ['the token may not read it', { [timelinePath]: 403 }, {}, /403.*give the build service "View builds"/],
    ['the approvals may not be read', { [timelinePath]: timeline, [approvalsPath]: 401 }, {}, /401/],
    ['the stage is not in the timeline', { [timelinePath]: { records: [timeline.records[0]] } }, {}, /no stage "s"/],
    [
      'the server names no one',
      { [timelinePath]: timeline, [approvalsPath]: { value: [{ steps: [] }] } },
      {},
      /does not say whose/,
    ],
    ['a release may not be read', { [releasePath]: 403 }, release, /"View releases"/],
    [
      'a release lists other attempts only',
      { [releasePath]: { value: [given({ attempt: 1 })] } },
      release,
      /this attempt/,
    ],
    ['there is no token', {}, { server: () => undefined }, /no access token/],
  ] as const) {
    it(`is said not to be known where ${what}`, async () => {
      const { approvals } = await ask(answers, changes);
      assert.deepEqual([approvals.outcome, approvals.by], ['unknown', []]);
      assert.match(approvals.reason!, reason);
    });
  }
});
