import { AzureDevOps, AzureDevOpsFailure } from '../common/hosts/azureDevOps';
import { GitHub, GitHubFailure } from '../common/hosts/gitHub';
import { messageOf } from '../common/messageOf';
import type { GitHubConnection } from '../common/hosts/gitHubConnection';
import type { TaskContext } from '../common/task/taskContext';
import { writeToAzureRepos } from './pullRequestOfAzureRepos';
import { writeToGitHub } from './pullRequestOfGitHub';
import type { Report } from './summary';

type Surroundings = Pick<TaskContext, 'pipeline' | 'log' | 'network' | 'signal'>;

/**
 * Shows the result on the pull request that the build is of: one comment a model, which later runs update, and a status.
 * It never decides: what goes wrong is said in the log.
 */
export async function postToPullRequest(
  report: Report,
  gitHub: GitHubConnection | undefined,
  context: Surroundings,
): Promise<void> {
  const { pullRequest, repository } = context.pipeline;
  if (!pullRequest || !repository) return;
  const { provider } = repository;
  if (provider === 'TfsGit') return postToAzureRepos(report, context);
  if (/^GitHub/.test(provider)) return postToGitHub(report, gitHub, context);
  context.log.info(
    `The pull request gets no comment: it is on ${provider}, and only Azure Repos and GitHub are supported.`,
  );
}

async function postToAzureRepos(report: Report, { pipeline, log, network, signal }: Surroundings): Promise<void> {
  const { id } = pipeline.pullRequest!;
  const { id: repositoryId, uri } = pipeline.repository!;
  const server = pipeline.server();
  if (!server) {
    log.info('The pull request gets no comment: the agent gives this job no access token.');
    return;
  }
  const devOps = new AzureDevOps(server.projectUrl, server.accessToken, network);
  const place = `_apis/git/repositories/${encodeURIComponent(repositoryId)}/pullRequests/${encodeURIComponent(id)}`;
  try {
    await writeToAzureRepos(report, { devOps, place, run: pipeline.build?.url, signal });
    log.info(`Wrote the result to pull request ${id}.`);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof AzureDevOpsFailure && error.isForbidden) {
      log.info(
        `The pull request gets no comment: the build service may not write to it (${error.status}). Give it "Contribute to pull requests" in the security of the repository ${uri}, or set postToPullRequest to false.`,
      );
      return;
    }
    log.warning(`The result could not be written to pull request ${id}: ${messageOf(error)}`);
  }
}

async function postToGitHub(
  report: Report,
  connection: GitHubConnection | undefined,
  { pipeline, log, network, signal }: Surroundings,
): Promise<void> {
  const { number, sourceCommit } = pipeline.pullRequest!;
  const { origin, pathname } = new URL(pipeline.repository!.uri);
  if (!connection) {
    log.info(
      'The pull request gets no comment: it is on GitHub, to which a task has no access by itself. Choose a GitHub service connection in the input gitHubConnection, or set postToPullRequest to false.',
    );
    return;
  }
  const connected = new URL(connection.url).origin;
  if (connected !== origin) {
    log.warning(
      `The pull request gets no comment: it is on ${origin}, and the input gitHubConnection names a connection to ${connected}.`,
    );
    return;
  }
  const repository = `repos${pathname.replace(/\/+$|\.git\/*$/g, '')}`;
  const place = { gitHub: new GitHub(connection, network), repository, number, commit: sourceCommit };
  try {
    await writeToGitHub(report, { ...place, run: pipeline.build?.url, signal });
    log.info(`Wrote the result to pull request ${number}.`);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof GitHubFailure && error.isForbidden) {
      log.info(
        `The result could not be written to pull request ${number} in full: the token of gitHubConnection may not do so (${error.message}). It needs to write pull requests and commit statuses of the repository (scope repo, or public_repo).`,
      );
      return;
    }
    log.warning(`The result could not be written to pull request ${number}: ${messageOf(error)}`);
  }
}
