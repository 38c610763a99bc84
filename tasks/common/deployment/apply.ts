import { isAnotherOperation } from '../azure/http/anotherOperation';
import { isAzureFailure, type AzureFailure } from '../azure/http/azureFailure';
import { believedAbsence } from '../azure/http/believedAbsence';
import type { ContainerGroup, ContainerGroups, Provisioning } from '../azure/containerGroups/containerGroups';
import { Outage } from '../azure/http/outage';
import type { DeploymentPorts } from './ports';
import { untilDeadline } from './untilDeadline';

export interface Application {
  readonly groups: ContainerGroups;
  readonly name: string;
  readonly definition: ContainerGroup;
  /** Delete what is there and wait until it is gone, before. */
  readonly deleteFirst: boolean;
  /**
   * It ran a moment ago. Azure frees what a group had, its name in the DNS and its place, only a while after the deletion;
   * and while it is gone, there is nothing to lose by asking again.
   */
  readonly ranBefore?: boolean;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Called as soon as what was there before may be changed: a refused definition changes nothing. */
  readonly onChange?: () => void;
}

/** Codes by which Azure refuses what there is no room for, or not yet again. */
const freedLate = ['DnsNameLabelAlreadyTaken', 'ServiceUnavailable', 'ContainerGroupQuotaReached'];

const betweenTries = 5_000;
const betweenLooks = 2_000;

/**
 * Sends a definition until Azure takes it: a group in transition refuses every change, and the name of a group that was
 * just deleted is free only a while later. Azure's word on what cannot be changed in place is the last: it may ask for
 * the deletion that the comparison did not foresee.
 * @throws AzureFailure for every other refusal, or when the deadline has passed
 */
export async function apply(application: Application, ports: DeploymentPorts): Promise<Provisioning> {
  const { groups, name, definition, deadline, onChange } = application;
  const { clock, log, signal } = ports;
  let deleteFirst = application.deleteFirst;
  let deleted = false;
  const outage = new Outage(log, clock, { deadline });
  for (;;) {
    if (deleteFirst && !deleted) {
      onChange?.();
      await removeAndWait(groups, name, deadline, ports);
      deleted = true;
    }
    try {
      const accepted = await outage.ride(() =>
        untilDeadline((until) => groups.put(name, definition, until), deadline, ports),
      );
      // Where Azure is out of reach, nobody knows whether it took the definition: it takes the same one twice.
      onChange?.();
      if (accepted) return accepted;
      await clock.sleep(betweenTries, signal);
    } catch (error) {
      // Azure's no changes nothing, and a fault of its own is ridden out: of anything else nobody knows what came of it.
      if (!isAzureFailure(error)) {
        onChange?.();
        throw error;
      }
      if (error.code === 'InvalidContainerGroupUpdate' && !deleted) {
        log.warning(`Azure cannot change ${name} in place, it is deleted and created again: ${error.serviceMessage}`);
        deleteFirst = true;
        continue;
      }
      if (!(await passes(error, deleted, application, ports)) || clock.now() + betweenTries > deadline) throw error;
      log.info(`Azure is not ready to change ${name} (${error.code}), asking again in ${betweenTries / 1000} s.`);
      await clock.sleep(betweenTries, signal);
    }
  }
}

/**
 * Whether a refusal passes by itself: another operation is at work, or the name or the room of a group that is deleted is not free yet.
 * @param deleted whether this deployment has deleted the group
 */
async function passes(
  { status, code, serviceMessage }: AzureFailure,
  deleted: boolean,
  { groups, name, ranBefore, deadline }: Application,
  ports: DeploymentPorts,
): Promise<boolean> {
  if (status === 409 && isAnotherOperation(`${code} ${serviceMessage}`)) return true;
  if (deleted && code === 'DnsNameLabelAlreadyTaken') return true;
  return ranBefore === true && freedLate.includes(code) && !(await look(groups, name, deadline, ports));
}

/** Deletes a group and waits until it is gone. */
export async function removeAndWait(
  groups: ContainerGroups,
  name: string,
  deadline: number,
  ports: DeploymentPorts,
): Promise<void> {
  const { log, clock, signal } = ports;
  const outage = new Outage(log, clock, { deadline });
  for (;;) {
    try {
      await outage.insist(() => untilDeadline((until) => groups.remove(name, until), deadline, ports), signal);
      break;
    } catch (error) {
      if (!isAzureFailure(error, 409) || clock.now() + betweenTries > deadline) throw error;
      await clock.sleep(betweenTries, signal);
    }
  }
  const find = () => untilDeadline((until) => groups.find(name, until), deadline, ports);
  // Whoever puts something in its place is refused while it is there, should one look have been wrong.
  while ((await outage.insist(find, signal)) && clock.now() < deadline) await clock.sleep(betweenLooks, signal);
}

/**
 * What is there now, of Azure if it answers before the deadline: a change that is not undone weighs more than a wait. That
 * nothing is there is believed only when Azure says so again.
 */
export function look(
  groups: ContainerGroups,
  name: string,
  deadline: number,
  ports: Pick<DeploymentPorts, 'log' | 'clock' | 'signal'>,
): Promise<ContainerGroup | undefined> {
  const { log, clock, signal } = ports;
  const outage = new Outage(log, clock, { deadline });
  const find = () => untilDeadline((until) => groups.find(name, until), deadline, ports);
  return believedAbsence(() => outage.insist(find, signal), clock, signal);
}
