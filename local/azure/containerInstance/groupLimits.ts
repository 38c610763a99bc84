import { ArmError, type LocalAzureContext } from '../context';
import type { ContainerGroup } from './containerGroup';
import { sizeOf, type GroupDefinition } from './groupDefinition';
import { capacityMessage } from './groupRunner';
import { findRegion } from './regions';

/** The service's default quotas of a region and subscription (facts on Azure, §4). */
export const quotas = {
  ContainerGroups: 100,
  StandardCores: 100,
  StandardSpotCores: 100,
  StandardK80Cores: 0,
  ConfidentialContainerGroups: 0,
  ConfidentialCores: 0,
} as const;

/**
 * Makes sure that a region has room for a group.
 * @param others that are there, in whatever region
 * @throws ArmError
 */
export function checkLimits(
  definition: GroupDefinition,
  others: readonly ContainerGroup[],
  context: Pick<LocalAzureContext, 'takeFault'>,
): void {
  const { cpu, memoryInGB } = sizeOf(definition.properties);
  const region = findRegion(definition.location);
  const sync = context.takeFault('aci.capacityAtOnce');
  if (sync || cpu > region.maxCpu || memoryInGB > region.maxMemoryInGB) {
    throw new ArmError(409, 'ServiceUnavailable', capacityMessage({ definition }));
  }
  const there = others.filter((group) => group.definition.location === definition.location);
  const cores = there.reduce((sum, group) => sum + sizeOf(group.definition.properties).cpu, 0);
  const planned = context.takeFault('aci.quota');
  const check = (quota: string, limit: number, usage: number, requested: number): void => {
    if (!planned && usage + requested <= limit) return;
    throw new ArmError(
      400,
      'ContainerGroupQuotaReached',
      `Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota '${quota}' exceeded in region '${definition.location}'. ` +
        `Limit: '${limit}', Usage: '${planned ? limit : usage}' Requested: '${requested}'.`,
    );
  };
  check('StandardCores', quotas.StandardCores, cores, cpu);
  check('ContainerGroups', quotas.ContainerGroups, there.length, 1);
}
