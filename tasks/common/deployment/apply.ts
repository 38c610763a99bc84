import { isAzureFailure } from '../azure/azureFailure';
import type { ContainerGroup, ContainerGroups, Provisioning } from '../azure/containerGroups/containerGroups';
import type { DeploymentPorts } from './ports';

export interface Application {
  readonly groups: ContainerGroups;
  readonly name: string;
  readonly definition: ContainerGroup;
  /** Delete what is there and wait until it is gone, before. */
  readonly deleteFirst: boolean;
  /** The name in the DNS was this group's own a moment ago: Azure sets it free only a while after the deletion. */
  readonly isNameOurs?: boolean;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Called as soon as what was there before may be changed: a refused definition changes nothing. */
  readonly onChange?: () => void;
}

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
  for (;;) {
    if (deleteFirst && !deleted) {
      onChange?.();
      await removeAndWait(groups, name, deadline, ports);
      deleted = true;
    }
    try {
      const provisioning = await groups.put(name, definition, signal);
      onChange?.();
      return provisioning;
    } catch (error) {
      const isRefusal = isAzureFailure(error) && error.status !== undefined && error.status < 500;
      if (!isRefusal) {
        onChange?.();
        throw error;
      }
      if (error.code === 'InvalidContainerGroupUpdate' && !deleted) {
        log.warning(`Azure cannot change ${name} in place, it is deleted and made anew: ${error.serviceMessage}`);
        deleteFirst = true;
        continue;
      }
      const isNameOurs = application.isNameOurs || deleted;
      const passes =
        error.code === 'ContainerGroupTransitioning' || (isNameOurs && error.code === 'DnsNameLabelAlreadyTaken');
      if (!passes || clock.now() + betweenTries > deadline) throw error;
      log.info(`Azure is not ready to change ${name} (${error.code}), asking again in ${betweenTries / 1000} s.`);
      await clock.sleep(betweenTries, signal);
    }
  }
}

/** Deletes a group and waits until it is gone. */
export async function removeAndWait(
  groups: ContainerGroups,
  name: string,
  deadline: number,
  { clock, signal }: DeploymentPorts,
): Promise<void> {
  for (;;) {
    try {
      await groups.remove(name, signal);
      break;
    } catch (error) {
      if (!isAzureFailure(error, 409) || clock.now() + betweenTries > deadline) throw error;
      await clock.sleep(betweenTries, signal);
    }
  }
  while ((await groups.find(name, signal)) && clock.now() < deadline) await clock.sleep(betweenLooks, signal);
}
