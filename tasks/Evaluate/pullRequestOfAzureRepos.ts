import { AzureDevOpsFailure, type AzureDevOps } from '../common/hosts/azureDevOps';
import { commentText, markOf, statusText } from './pullRequestText';
import type { Report } from './summary';

export interface AzureReposPullRequest {
  readonly devOps: AzureDevOps;
  /** _apis/git/repositories/{id}/pullRequests/{id} */
  readonly place: string;
  /** The page of the run. */
  readonly run: string | undefined;
  readonly signal: AbortSignal;
}

interface Thread {
  id: number;
  isDeleted?: boolean;
  comments?: Array<{ id: number; content?: string; isDeleted?: boolean }>;
}

/** A status' description is cut by Azure DevOps; so much of a reason is shown in any case. */
const longestDescription = 200;

/**
 * One comment a model, which later runs update, and a status. Where only one of them may be written, that one is.
 * @throws AzureDevOpsFailure, of the first that failed
 */
export async function writeToAzureRepos(report: Report, place: AzureReposPullRequest): Promise<void> {
  const commented = comment(report, place);
  await Promise.allSettled([commented]);
  await setStatus(report, place);
  await commented;
}

async function comment(report: Report, { devOps, place, run, signal }: AzureReposPullRequest): Promise<void> {
  const mark = markOf(report);
  const content = commentText(report, run);
  const status = report.decision.decision === 'approved' ? 'closed' : 'active';
  const { value: threads } = await devOps.request<{ value: Thread[] }>({
    method: 'GET',
    path: `${place}/threads`,
    signal,
  });
  for (const thread of threads) {
    const own = thread.comments?.find((each) => !each.isDeleted && each.content?.startsWith(mark));
    if (thread.isDeleted || !own) continue;
    const path = `${place}/threads/${thread.id}`;
    try {
      await devOps.request({ method: 'PATCH', path: `${path}/comments/${own.id}`, body: { content }, signal });
    } catch (error) {
      // Azure Repos lets only its author change a comment: one that somebody else begins with our mark is left to them.
      if (error instanceof AzureDevOpsFailure && error.isForbidden) continue;
      throw error;
    }
    await devOps.request({ method: 'PATCH', path, body: { status }, signal });
    return;
  }
  const body = { comments: [{ parentCommentId: 0, content, commentType: 'text' }], status };
  await devOps.request({ method: 'POST', path: `${place}/threads`, body, signal });
}

/** A branch policy may demand this status: genre mlops, name evaluate/{model}. */
async function setStatus(report: Report, { devOps, place, run, signal }: AzureReposPullRequest): Promise<void> {
  const approved = report.decision.decision === 'approved';
  const description = statusText(report, longestDescription);
  const context = { genre: 'mlops', name: `evaluate/${report.model.name}` };
  const body = { state: approved ? 'succeeded' : 'failed', description, context, targetUrl: run };
  await devOps.request({ method: 'POST', path: `${place}/statuses`, body, signal });
}
