import { localCloud } from '../context';
import type { RegistryAccount } from '../registry/registryAccounts';
import { registryId } from './registryAnswer';
import type { TaskRun } from './taskRun';

/** What Azure tells of a run, wherever it tells it. Source: azure-specs 2019-06-01-preview, Run. */
export function runAnswer(run: TaskRun, account: RegistryAccount) {
  return {
    id: `${registryId(account)}/runs/${run.runId}`,
    name: run.runId,
    type: 'Microsoft.ContainerRegistry/registries/runs',
    systemData: { lastModifiedBy: localCloud.clientId, lastModifiedByType: 'Application', lastModifiedAt: run.lastUpdatedTime }, // prettier-ignore
    properties: {
      runId: run.runId,
      status: run.status,
      lastUpdatedTime: run.lastUpdatedTime,
      runType: 'QuickBuild',
      createTime: run.createTime,
      startTime: run.startTime,
      finishTime: run.finishTime,
      outputImages: run.outputImages,
      platform: { os: 'linux', architecture: run.request.platform.architecture },
      agentConfiguration: { cpu: run.request.agentConfiguration?.cpu ?? 2 },
      sourceRegistryAuth: run.request.sourceRegistryLogin,
      customRegistries: run.request.customRegistries,
      runErrorMessage: run.runErrorMessage,
      provisioningState: run.provisioningState,
      isArchiveEnabled: run.request.isArchiveEnabled,
    },
  };
}
