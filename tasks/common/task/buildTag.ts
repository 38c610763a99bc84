import { AzureDevOps, AzureDevOpsFailure } from '../hosts/azureDevOps';
import type { NetworkSettings } from '../azure/http/network';
import type { TaskLog } from '../log';
import { messageOf } from '../messageOf';
import type { Pipeline } from '../pipeline';

/** What the server is called with where the agent does not do it. */
export interface ServerCalls {
  readonly log: TaskLog;
  readonly network: NetworkSettings;
  readonly signal: AbortSignal;
}

/**
 * Tags the build that runs, by REST and as the same identity as the agent: its logging command build.addbuildtag fails the step
 * where the server refuses the tag, after all its work (microsoft/azure-quantum-python issue 600). A release is none: the build
 * whose artifact it releases says nothing of what is found in the release.
 *
 * Letters, digits, dots, hyphens and underscores stand in the tag as they are, anything else as a hyphen, since it stands in a
 * URL's path. Source: azure-pipelines-task-lib issue 1072, azure-pipelines-agent issue 2877, azure-pipelines-tasks issue 10972.
 *
 * @returns false where there is a build and it was not tagged
 */
export async function addBuildTag(
  text: string,
  pipeline: Pick<Pipeline, 'hostType' | 'build' | 'server'>,
  { log, network, signal }: ServerCalls,
): Promise<boolean> {
  const tag = text.replace(/[^A-Za-z0-9._-]+/g, '-');
  const { hostType, build } = pipeline;
  if (hostType !== 'build' || !build) {
    log.debug(`This is not a build, so it cannot be tagged: ${tag}`);
    return true;
  }
  const server = pipeline.server();
  if (!server) {
    log.warning(`The build was not tagged ${tag}: the agent gives this task no access token.`);
    return false;
  }
  const path = `_apis/build/builds/${encodeURIComponent(build.id)}/tags/${tag}`;
  try {
    const devOps = new AzureDevOps(server.projectUrl, server.accessToken, network);
    await devOps.request({ method: 'PUT', path, signal });
    log.info(`Tagged the build ${tag}.`);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    const mayNot = error instanceof AzureDevOpsFailure && error.isForbidden;
    const advice = mayNot
      ? ' Allow the project\'s build service "Edit build quality" in the security of the pipeline.'
      : '';
    log.warning(`The build was not tagged ${tag}: ${messageOf(error)}${advice}`);
    return false;
  }
}
