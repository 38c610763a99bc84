import * as tl from 'azure-pipelines-task-lib/task';
import type { GitHubConnection } from '../hosts/gitHubConnection';
import { Secret } from '../secret';
import { TaskFailure } from '../taskFailure';
import { connectionName } from './connectionName';
import { registerSecret } from './registerSecret';

/**
 * Reads the GitHub service connection of this id from the agent and registers its token. Schemes: PersonalAccessToken, OAuth and
 * Token hold it under one name; that of a GitHub App (InstallationToken) holds none that a task could use.
 * Source: azure-pipelines-tasks, GitHubCommentV0 and GitHubReleaseV1.
 * @throws TaskFailure if the connection holds no token
 */
export function readGitHubConnection(id: string): GitHubConnection {
  const token = new Secret(tl.getEndpointAuthorizationParameter(id, 'accessToken', true) || '');
  registerSecret(token);
  if (!token.reveal()) {
    throw new TaskFailure(
      `the GitHub service connection ${connectionName(id)} has no token.`,
      'Choose one that was made by OAuth or with a personal access token; the connection of the GitHub app does not give its token to tasks.',
    );
  }
  return { url: tl.getEndpointUrl(id, true) || 'https://github.com', token };
}
