import { isAzureFailure } from '../common/azure/http/azureFailure';
import { listContainerGroups } from '../common/azure/containerGroups/groupList';
import type { AzureSession } from '../common/azure/http/session';
import { deploymentTags } from '../common/deployment/containers';
import type { TaskLog } from '../common/log';

/**
 * Which versions of a model the container groups that Deploy-ACI made say that they run, with the name of such a group. Whoever
 * may not see what runs is told, and compared with what was approved.
 */
export async function runningVersions(
  session: AzureSession,
  modelName: string,
  log: Pick<TaskLog, 'info'>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  try {
    const groups = await listContainerGroups(session, signal);
    const ofModel = groups.filter(
      ({ tags }) => tags[deploymentTags.model] === modelName && !tags[deploymentTags.besides],
    );
    return new Map(ofModel.map(({ name, tags }) => [tags[deploymentTags.modelVersion] ?? '', name]));
  } catch (error) {
    if (!isAzureFailure(error, 401, 403, 404)) throw error;
    log.info(`Which version runs cannot be seen by this service connection: ${error.message}`);
    return new Map();
  }
}
