import { isWell } from '../common/azure/containerGroups/healthRequest';
import type { ContainerGroup } from '../common/azure/containerGroups/containerGroups';
import { groupOrigin, probedPath } from '../common/deployment/containers';
import type { DeploymentPorts } from '../common/deployment/ports';

/** Milliseconds that a group which people use may take to answer: one slow answer is no reason to change anything. */
const patience = 20_000;
const betweenRequests = 1_000;

/** Whether a group that was deployed before answers by its health route. */
export async function stillServes(group: ContainerGroup, { clock, signal, health }: DeploymentPorts): Promise<boolean> {
  const origin = groupOrigin(group);
  if (!origin) return false;
  for (const until = clock.now() + patience; ;) {
    if (isWell(await health(origin + probedPath(group), signal))) return true;
    if (clock.now() >= until) return false;
    await clock.sleep(betweenRequests, signal);
  }
}
