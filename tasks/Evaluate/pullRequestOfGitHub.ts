import type { GitHub } from '../common/hosts/gitHub';
import { commentText, markOf, statusText } from './pullRequestText';
import type { Report } from './summary';

export interface GitHubPullRequest {
  readonly gitHub: GitHub;
  /** repos/{owner}/{name} */
  readonly repository: string;
  readonly number: string;
  /** The newest of the branch that is to be merged. */
  readonly commit: string;
  /** The page of the run. */
  readonly run: string | undefined;
  readonly signal: AbortSignal;
}

interface Comment {
  id: number;
  body?: string;
  user?: { id: number } | null;
}

const pageSize = 100;
/** GitHub refuses a longer comment. */
const longestComment = 65_536;
/** GitHub refuses a longer description of a status. */
const longestDescription = 140;

/**
 * One comment a model, which later runs update, and the commit status mlops/evaluate/{model}, which a rule of the branch may
 * demand. Where a token may write only one of them, that one is written. @throws GitHubFailure, of the first that failed
 */
export async function writeToGitHub(report: Report, place: GitHubPullRequest): Promise<void> {
  const outcomes = await Promise.allSettled([comment(report, place), setStatus(report, place)]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

async function comment(report: Report, place: GitHubPullRequest): Promise<void> {
  const { gitHub, repository, number, run, signal } = place;
  const body = { body: cut(commentText(report, run), run) };
  const own = await ownComment(markOf(report), place);
  await (own
    ? gitHub.request('PATCH', `${repository}/issues/comments/${own.id}`, signal, body)
    : gitHub.request('POST', `${repository}/issues/${encodeURIComponent(number)}/comments`, signal, body));
}

/** As many whole lines as there is room for. */
function cut(text: string, run: string | undefined): string {
  if (text.length <= longestComment) return text;
  const note = `\n\nThe rest is in ${run ? `[the run](${run})` : 'the run'}.\n`;
  const kept = text.slice(0, longestComment - note.length);
  return kept.slice(0, kept.lastIndexOf('\n')) + note;
}

/** Whoever may comment can write our mark, and who may write to the repository could change any comment: only one of the token's own is changed. A pull request is an issue, too. */
async function ownComment(
  mark: string,
  { gitHub, repository, number, signal }: GitHubPullRequest,
): Promise<Comment | undefined> {
  const { id } = await gitHub.request<{ id: number }>('GET', 'user', signal);
  const list = `${repository}/issues/${encodeURIComponent(number)}/comments`;
  for (let page = 1; ; page++) {
    const path = `${list}?per_page=${pageSize}&page=${page}`;
    const comments = await gitHub.request<Comment[]>('GET', path, signal);
    const own = comments.find(({ body, user }) => user?.id === id && body?.startsWith(mark));
    if (own || comments.length < pageSize) return own;
  }
}

async function setStatus(
  report: Report,
  { gitHub, repository, commit, run, signal }: GitHubPullRequest,
): Promise<void> {
  const approved = report.decision.decision === 'approved';
  await gitHub.request('POST', `${repository}/statuses/${encodeURIComponent(commit)}`, signal, {
    state: approved ? 'success' : 'failure',
    description: statusText(report, longestDescription),
    context: `mlops/evaluate/${report.model.name}`,
    target_url: run,
  });
}
