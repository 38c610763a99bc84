import type { HealthRequest } from '../azure/containerGroups/healthRequest';
import type { Clock } from '../clock';
import type { TaskLog } from '../log';

/** What the steps of a deployment are given beside their arguments. */
export interface DeploymentPorts {
  readonly log: TaskLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly health: HealthRequest;
}
