import assert from 'node:assert/strict';
import { organizationOf } from '../../../local/agent/organization/organizationOf';
import { taskEventRoutes } from '../../../local/agent/organization/routes';
import { TaskEvents } from '../../../local/agent/organization/taskEvents';
import { SecretMasker } from '../../../local/agent/secretMasker';
import { StepContext, type HostType } from '../../../local/agent/stepContext';
import { Variables } from '../../../local/agent/variables';

const build = {
  'System.TeamProject': 'my project',
  'System.TeamProjectId': 'project-1',
  'System.PlanId': 'plan-1',
  'System.StageName': 'deploy',
  'System.StageDisplayName': 'To production',
  'Build.BuildId': '42',
};
const release = {
  ...build,
  'Release.ReleaseId': '7',
  'Release.EnvironmentId': '3',
  'Release.EnvironmentName': 'production',
  'Release.AttemptNumber': '2',
};

interface Asked {
  method?: string;
  authorization?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Servers that keep this process from ending. */
const listening = () => process.getActiveResourcesInfo().filter((each) => each === 'TCPServerWrap').length;

describe('Azure DevOps, as a step of a local run finds it', () => {
  const events = new TaskEvents();

  async function ask(path: string, asked: Asked = {}, variables: Record<string, string> = build) {
    const context = new StepContext({
      hostType: ('Release.ReleaseId' in variables ? 'release' : 'build') satisfies HostType,
      refName: 'step',
      variables: new Variables(variables),
      taskVariables: new Variables(),
      endpoints: [],
      masker: new SecretMasker(),
      earlierBuildTags: ['earlier'],
      prependPath: [],
      onLine: () => {},
    });
    const organization = organizationOf(context, 'token-1', taskEventRoutes(events));
    const servers = listening();
    const url = `${await organization.start()}${path}`;
    const { authorization = 'Bearer token-1', headers, ...request } = asked;
    // A run without an agent waits for nothing else, and must not end for that.
    assert.equal(listening(), servers + 1);
    try {
      const answer = await fetch(url, { ...request, headers: { authorization, ...headers } });
      const text = await answer.text();
      return { status: answer.status, body: (text ? JSON.parse(text) : undefined) as unknown, tags: context.buildTags };
    } finally {
      organization.stop();
    }
  }

  describe('of approvals', () => {
    const ofReleases = 'project-1/_apis/release/approvals?api-version=7.1';
    const automated = {
      id: 1,
      approvalType: 'preDeploy',
      status: 'approved',
      isAutomated: true,
      attempt: 2,
      releaseEnvironment: { id: 3, name: 'production' },
    };

    it('lists none of a stage of a pipeline, which has no checkpoint', async () => {
      const timeline = await ask('project-1/_apis/build/builds/42/timeline?api-version=7.1');
      assert.deepEqual(timeline.body, {
        records: [{ id: 'plan-1', parentId: null, type: 'Stage', identifier: 'deploy', name: 'To production' }],
      });
      const { status, body } = await ask('project-1/_apis/pipelines/approvals?approvalIds=a&$expand=steps');
      assert.deepEqual([status, body], [200, { count: 0, value: [] }]);
    });

    it('shows the stage of a release as approved by the server itself', async () => {
      const { status, body } = await ask(`${ofReleases}&releaseIdsFilter=6,7&statusFilter=approved`, {}, release);
      assert.deepEqual([status, body], [200, { count: 1, value: [automated] }]);
    });

    for (const [which, query] of [
      ['pending, which it lists where no status is asked for', '&releaseIdsFilter=7'],
      ['rejected', '&releaseIdsFilter=7&statusFilter=rejected'],
      ['of another release', '&releaseIdsFilter=8&statusFilter=approved'],
    ] as const) {
      it(`lists none that is ${which}`, async () =>
        assert.deepEqual((await ask(ofReleases + query, {}, release)).body, { count: 0, value: [] }));
    }
  });

  describe('of a build', () => {
    const tags = 'my%20project/_apis/build/builds/42/tags';

    it('reads its tags and adds to them', async () => {
      assert.deepEqual((await ask(tags)).body, { count: 1, value: ['earlier'] });
      const added = await ask(`${tags}/model-1?api-version=7.1`, { method: 'PUT' });
      assert.deepEqual([added.status, added.body], [200, { count: 2, value: ['earlier', 'model-1'] }]);
      assert.deepEqual(added.tags, ['model-1']);
    });

    it('does not know another build', async () => {
      for (const path of ['tags', 'timeline']) {
        assert.equal((await ask(`project-1/_apis/build/builds/43/${path}?api-version=7.1`)).status, 404);
      }
    });
  });

  describe('of a task that waits', () => {
    const path = 'project-1/_apis/distributedtask/hubs/build/plans/plan-1/events?api-version=2.0-preview.1';
    const report = (event: object) => ask(path, { method: 'POST', body: JSON.stringify(event) });

    for (const [said, expected] of [
      ['succeeded', 'succeeded'],
      ['Canceled', 'canceled'],
      ['cancelled', 'canceled'],
      ['skipped', 'failed'],
      [undefined, 'failed'],
    ] as const) {
      it(`takes "${said}" for ${expected}`, async () => {
        const end = events.endOf('task-1');
        const begun = await report({ name: 'TaskStarted', taskId: 'task-1' });
        assert.deepEqual([begun.status, begun.body], [204, undefined]);
        await report({ name: 'TaskCompleted', taskId: 'task-1', result: said });
        assert.equal(await end, expected);
      });
    }

    it('does not know a task that does not wait', async () =>
      assert.equal((await report({ name: 'TaskCompleted', taskId: 'task-2', result: 'succeeded' })).status, 404));
  });

  const path = 'project-1/_apis/build/builds/42/tags';
  const put = { method: 'PUT' };
  for (const [what, status, where, asked] of [
    ['the token as a password', 200, path, { authorization: `Basic ${btoa(':token-1')}` }],
    ['another token', 401, path, { authorization: 'Bearer another' }],
    ['another password', 401, path, { authorization: `Basic ${btoa('token-1:')}` }],
    ['a project in another case', 200, path.replace('project', 'PROJECT'), {}],
    ['another project', 404, path.replace('project-1', 'project-2'), {}],
    [
      'the version in its header',
      200,
      `${path}/a`,
      { ...put, headers: { accept: 'application/json; api-version=7.1' } },
    ],
    ['a change without a version', 400, `${path}/a`, put],
    ['a method that is not there', 405, `${path}?api-version=7.1`, put],
    ['a path that is not there', 404, 'project-1/_apis/wit/workitems', {}],
    ['a path that cannot be decoded', 400, `${path}/%E0%A4%A?api-version=7.1`, put],
  ] as Array<[string, number, string, Asked]>) {
    it(`answers ${status} to ${what}`, async () => assert.equal((await ask(where, asked)).status, status));
  }
});
