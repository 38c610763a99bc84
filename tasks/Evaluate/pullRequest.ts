import { AzureDevOps, AzureDevOpsFailure } from '../common/azure/azureDevOps';
import type { TaskContext } from '../common/task/taskContext';
import { summaryMarkdown, type Report } from './summary';
import { messageOf } from '../common/messageOf';

interface Thread {
  id: number;
  isDeleted?: boolean;
  comments?: Array<{ id: number; content?: string; isDeleted?: boolean }>;
}

/** A status' description is cut by Azure DevOps; so much of a reason is shown in any case. */
const longestDescription = 200;

/**
 * Shows the result on the pull request that the build is of: one comment a model, which later runs update, and a status.
 * It never decides: what goes wrong is said in the log.
 */
export async function postToPullRequest(
  report: Report,
  { pipeline, log, network, signal }: Pick<TaskContext, 'pipeline' | 'log' | 'network' | 'signal'>,
): Promise<void> {
  const { pullRequest, repository } = pipeline;
  if (!pullRequest || !repository) return;
  if (repository.provider !== 'TfsGit') {
    log.info(`The pull request gets no comment: it is on ${repository.provider}, and only Azure Repos is supported.`);
    return;
  }
  const server = pipeline.server();
  if (!server) {
    log.info('The pull request gets no comment: the agent gives this job no access token.');
    return;
  }
  const devOps = new AzureDevOps(server.projectUrl, server.accessToken, network);
  const place = `_apis/git/repositories/${encodeURIComponent(repository.id)}/pullRequests/${encodeURIComponent(pullRequest.id)}`;
  try {
    await comment(devOps, place, report, pipeline.build?.url, signal);
    await setStatus(devOps, place, report, pipeline.build?.url, signal);
    log.info(`Wrote the result to pull request ${pullRequest.id}.`);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof AzureDevOpsFailure && error.isForbidden) {
      log.info(
        `The pull request gets no comment: the build service may not write to it (${error.status}). Give it "Contribute to pull requests" in the security of the repository ${repository.uri}, or set postToPullRequest to false.`,
      );
      return;
    }
    log.warning(`The result could not be written to pull request ${pullRequest.id}: ${messageOf(error)}`);
  }
}

async function comment(
  devOps: AzureDevOps,
  place: string,
  report: Report,
  url: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  // Invisible in the rendered comment; by it a later run finds its own.
  const mark = `<!-- mlops-evaluate ${encodeURIComponent(report.model.name)} -->`;
  const link = url ? `\n[The run](${url})\n` : '';
  const content = `${mark}\n${summaryMarkdown({ ...report, attachments: [] })}${link}`;
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
    await devOps.request({ method: 'PATCH', path: `${path}/comments/${own.id}`, body: { content }, signal });
    await devOps.request({ method: 'PATCH', path, body: { status }, signal });
    return;
  }
  const body = { comments: [{ parentCommentId: 0, content, commentType: 'text' }], status };
  await devOps.request({ method: 'POST', path: `${place}/threads`, body, signal });
}

/** A branch policy may demand this status: genre mlops, name evaluate/{model}. */
async function setStatus(
  devOps: AzureDevOps,
  place: string,
  { model, decision }: Report,
  targetUrl: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const approved = decision.decision === 'approved';
  const text = `${model.name} ${model.version} ${decision.decision}: ${decision.reason}`;
  const description = text.length > longestDescription ? `${text.slice(0, longestDescription - 1)}…` : text;
  const context = { genre: 'mlops', name: `evaluate/${model.name}` };
  const body = { state: approved ? 'succeeded' : 'failed', description, context, targetUrl };
  await devOps.request({ method: 'POST', path: `${place}/statuses`, body, signal });
}
