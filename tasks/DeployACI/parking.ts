import { isAzureFailure } from '../common/azure/http/azureFailure';
import type { ContainerGroup } from '../common/azure/containerGroups/containerGroups';
import { DeploymentNotes } from '../common/azure/containerGroups/deploymentNotes';
import type { AzureSession } from '../common/azure/http/session';
import type { DeploymentPorts } from '../common/deployment/ports';
import { untilDeadline } from '../common/deployment/untilDeadline';
import { stillServes } from './stillServes';

/**
 * Where what runs is kept while it is changed, for a run on another agent should this one die: a group that is deleted first
 * is nowhere else by then. What Azure says of a group is kept, which holds no secret.
 */
export interface Parking {
  /** What a run that did not come to its end has left. */
  find(signal: AbortSignal): Promise<ContainerGroup | undefined>;
  park(definition: ContainerGroup, ports: Pick<DeploymentPorts, 'log' | 'clock' | 'signal'>): Promise<void>;
  /** The change has come to its end, well or not. */
  clear(ports: Pick<DeploymentPorts, 'log' | 'clock' | 'signal'>): Promise<void>;
}

/** Milliseconds that a note may take: it is a precaution. */
const patience = 60_000;

/** A place for one container group in the deployment history of its resource group. */
export function createParking(session: AzureSession, resourceGroup: string, group: string): Parking {
  const notes = new DeploymentNotes(session, resourceGroup);
  return {
    async find(signal) {
      try {
        const note = await notes.read(group, signal);
        return note === undefined ? undefined : (JSON.parse(note) as ContainerGroup);
      } catch (error) {
        // Nobody but who may write it has left something there.
        if (isAzureFailure(error, 403)) return undefined;
        throw error;
      }
    },
    async park(definition, { log, clock, signal }) {
      try {
        const note = JSON.stringify(definition);
        await untilDeadline((until) => notes.write(group, note, clock, until), clock.now() + patience, {
          clock,
          signal,
        });
      } catch (error) {
        if (!isAzureFailure(error)) throw error;
        log.warning(
          `What runs as ${group} could not be noted in the deployment history of ${resourceGroup}: if this agent dies now, a later run could not restore it. ${error.message}`,
        );
      }
    },
    async clear({ log, clock, signal }) {
      try {
        await untilDeadline((until) => notes.write(group, '', clock, until), clock.now() + patience, { clock, signal });
      } catch (error) {
        if (!isAzureFailure(error)) throw error;
        // What serves tells the next run that the note is of no use any more.
        log.debug(`The note on what ran before could not be emptied: ${error.message}`);
      }
    },
  };
}

/**
 * What a run that died has left to bring back, should this one fail.
 * @returns undefined where what is there now serves: then that run had come to its end, and only its note is left
 */
export async function leftByDeadRun(
  parking: Parking,
  parked: ContainerGroup | undefined,
  current: ContainerGroup | undefined,
  ports: DeploymentPorts,
): Promise<ContainerGroup | undefined> {
  if (!parked || !current || current.provisioningState !== 'Succeeded') return parked;
  if (!(await stillServes(current, ports))) return parked;
  await parking.clear(ports);
  return undefined;
}
