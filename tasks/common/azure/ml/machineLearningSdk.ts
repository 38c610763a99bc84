import type { AzureMachineLearningWorkspaces } from '@azure/arm-machinelearning';
import type { AzureSession } from '../http/session';
import { machineLearningApiVersion } from './workspace';

/**
 * The typed client of Azure ML's control plane, for reads and long-running operations. It silently drops what its
 * generated models (api-version 2022-10-01) do not know, so never write back by it what was read by it: queue settings, a
 * model's stage and others would be lost. Writes go by `Workspace.request`.
 */
export async function machineLearningSdk(session: AzureSession): Promise<AzureMachineLearningWorkspaces> {
  const [{ AzureMachineLearningWorkspaces: Client }, credential] = await Promise.all([
    import('@azure/arm-machinelearning'),
    session.credential(),
  ]);
  return new Client(
    credential,
    session.connection.subscriptionId,
    session.clientOptions({ apiVersion: machineLearningApiVersion }),
  );
}
