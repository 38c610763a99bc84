import { execFileSync } from 'node:child_process';
import type { SourceVersion } from '../jobVariables';

/** What is checked out as Azure Repos gives it to a run of a pull request: its merge into the branch that it is for. */
export function asPullRequest(source: SourceVersion, id: number, targetBranch: string): SourceVersion {
  const short = (branch: string): string => branch.replace('refs/heads/', '');
  return {
    ...source,
    branch: `refs/pull/${id}/merge`,
    message: `Merge pull request ${id} from ${short(source.branch)} into ${short(targetBranch)}`,
    pullRequest: { id, sourceBranch: source.branch, targetBranch },
  };
}

/** The branch that pull requests are for: that of the remote, or main. */
export function defaultBranch(root: string): string {
  try {
    const args = ['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD'];
    const remote = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return remote.trim().replace('refs/remotes/origin/', 'refs/heads/');
  } catch {
    return 'refs/heads/main';
  }
}
