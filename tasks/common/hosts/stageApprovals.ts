import { AzureDevOps, AzureDevOpsFailure } from './azureDevOps';
import { messageOf } from '../messageOf';
import type { Pipeline } from '../pipeline';
import type { Approvals } from '../record/record';
import type { TaskContext } from '../task/taskContext';

type Approver = Approvals['by'][number];
type Get = <T>(path: string) => Promise<T>;

interface Identity {
  readonly displayName?: string;
}

/**
 * Who approved the stage that runs, as Azure DevOps says it with the job's own token: the approvals of the stage's environments and
 * other resources, or those before the stage of a classic release. It is for the record, so what is not known is said there and
 * fails nothing.
 */
export async function stageApprovals(
  context: Pick<TaskContext, 'pipeline' | 'network' | 'signal' | 'log'>,
): Promise<Approvals> {
  const { pipeline, network, signal, log } = context;
  const { release } = pipeline;
  const stage = (pipeline.hostType === 'release' ? release?.environment : undefined) ?? pipeline.stage.name;
  try {
    const server = pipeline.server();
    if (!server) return unknown(stage, 'the agent gives this task no access token.');
    const url = pipeline.hostType === 'release' ? releaseManagementUrl(server.projectUrl) : server.projectUrl;
    const devOps = new AzureDevOps(url, server.accessToken, network);
    const get: Get = (path) => devOps.request({ method: 'GET', path, signal });
    const by = pipeline.hostType === 'release' ? await ofRelease(pipeline, get) : await ofBuild(pipeline, get);
    return { outcome: by.length > 0 ? 'approved' : 'none', stage, by };
  } catch (error) {
    if (signal.aborted) throw error;
    const advice =
      error instanceof AzureDevOpsFailure && error.isForbidden
        ? ' The identity of the job may not read them; give the build service "View builds" or "View releases".'
        : '';
    log.debug(`Who approved the stage is not known: ${messageOf(error)}`);
    return unknown(stage, `${messageOf(error)}${advice}`);
  }
}

const unknown = (stage: string, reason: string): Approvals => ({ outcome: 'unknown', stage, by: [], reason });

/**
 * Azure DevOps Services keeps releases at a host of their own; a server has one for all. The agent names that host to a release's
 * job, but not in every version. Source: learn.microsoft.com/rest/api/azure/devops/release.
 */
function releaseManagementUrl(projectUrl: string): string {
  return projectUrl
    .replace(/^https:\/\/dev\.azure\.com\//i, 'https://vsrm.dev.azure.com/')
    .replace(/^https:\/\/([^./]+)\.visualstudio\.com\//i, 'https://$1.vsrm.visualstudio.com/');
}

/** Source: learn.microsoft.com/rest/api/azure/devops/release/approvals/list, version 7.1. */
async function ofRelease({ release, stage }: Pipeline, get: Get): Promise<Approver[]> {
  interface Answer {
    value: Array<{
      attempt?: number;
      isAutomated?: boolean;
      status?: string;
      approvedBy?: Identity;
      comments?: string;
      modifiedOn?: string;
      releaseEnvironment?: { id?: number; name?: string };
    }>;
  }
  if (!release) throw new Error('the agent does not say which release runs.');
  const query = `releaseIdsFilter=${encodeURIComponent(release.id)}&statusFilter=approved&typeFilter=preDeploy&top=500`;
  const { value } = await get<Answer>(`_apis/release/approvals?${query}`);
  const own = value.filter(
    ({ releaseEnvironment, attempt }) => releaseEnvironment?.name === release.environment && attempt === stage.attempt,
  );
  // A stage that asks no one is approved all the same, by Azure DevOps itself.
  if (own.length === 0) throw new Error('the server lists no approval of this attempt of the stage.');
  return own
    .filter(({ isAutomated, status }) => !isAutomated && status === 'approved')
    .map(({ approvedBy, comments, modifiedOn }) => approver(approvedBy, comments, modifiedOn));
}

interface TimelineRecord {
  readonly id: string;
  readonly parentId?: string | null;
  readonly type: string;
  readonly name?: string;
  readonly identifier?: string | null;
}

/**
 * An approval's record in the timeline has the id of the approval, and stands below the checkpoint of its stage.
 * Source: learn.microsoft.com/rest/api/azure/devops/build/timeline/get and …/approvalsandchecks/approvals/query, version 7.1.
 */
async function ofBuild({ build, stage }: Pipeline, get: Get): Promise<Approver[]> {
  interface Answer {
    value: Array<{
      status?: string;
      steps?: Array<{ status?: string; actualApprover?: Identity; comment?: string; lastModifiedOn?: string }>;
    }>;
  }
  if (!build) throw new Error('the agent does not say which build runs.');
  const { records } = await get<{ records: TimelineRecord[] }>(
    `_apis/build/builds/${encodeURIComponent(build.id)}/timeline`,
  );
  // A classic build has no stages, and no one approves it.
  const stages = records.filter(({ type }) => type === 'Stage');
  if (stages.length === 0) return [];
  const own = stages.find(({ identifier, name }) => (identifier ?? name) === stage.name);
  if (!own) throw new Error(`the timeline of the build has no stage "${stage.name}".`);
  const checkpoints = records.filter(({ type, parentId }) => type === 'Checkpoint' && parentId === own.id);
  const ids = records
    .filter(({ type, parentId }) => type === 'Checkpoint.Approval' && checkpoints.some(({ id }) => id === parentId))
    .map(({ id }) => id);
  if (ids.length === 0) return [];
  const { value } = await get<Answer>(`_apis/pipelines/approvals?approvalIds=${ids.join(',')}&$expand=steps`);
  const steps = value.flatMap((each) => each.steps ?? []).filter(({ status }) => status === 'approved');
  if (steps.length === 0) throw new Error('the stage has approvals, and the server does not say whose.');
  return steps.map(({ actualApprover, comment, lastModifiedOn }) => approver(actualApprover, comment, lastModifiedOn));
}

/** People's own words: enough of them to be understood. */
const longestComment = 500;

function approver(identity: Identity | undefined, comment: string | undefined, at: string | undefined): Approver {
  return {
    name: identity?.displayName || 'someone whose name is not given',
    ...(at ? { at } : {}),
    ...(comment ? { comment: comment.slice(0, longestComment) } : {}),
  };
}
