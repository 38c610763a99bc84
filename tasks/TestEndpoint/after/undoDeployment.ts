import { previousDeploymentVariable } from '../../common/deployment/previousDeployment';
import { rollback, type RollbackResult } from '../../common/deployment/rollback';
import type { ModelRecord } from '../../common/record/record';
import type { TaskContext } from '../../common/task/taskContext';
import { TaskFailure } from '../../common/taskFailure';
import type { AzureServices } from '../services';

/**
 * Brings back what ran before the record's deployment.
 * @throws TaskFailure if the record names no deployment, or if the previous one cannot be restored
 */
export async function undoDeployment(
  azure: Pick<AzureServices, 'groups' | 'health'>,
  record: ModelRecord | undefined,
  { log, clock, signal, jobSecrets }: TaskContext,
): Promise<RollbackResult> {
  const deployment = record?.deployment;
  if (!deployment) {
    throw new TaskFailure(
      'rollbackOnFailure needs a model record that names a deployment.',
      'Run Deploy-ACI before this task.',
    );
  }
  log.group('Roll back');
  try {
    return await rollback({
      groups: azure.groups(deployment.resourceGroup),
      deployment,
      handedOver: jobSecrets.get(previousDeploymentVariable),
      ports: { log, clock, signal, health: azure.health },
    });
  } finally {
    log.endGroup();
  }
}
