import { registryWriter } from '../common/azure/registry/imageRegistry';
import type { NeededRole } from '../common/azure/rights/neededRole';
import type { PackageInputs } from './inputs';

const provider = 'Microsoft.ContainerRegistry/registries';

/** What is needed on the registry that the image goes to. */
export function registryRoles(
  registry: NeededRole['scope'],
  { builder }: Pick<PackageInputs, 'builder'>,
): NeededRole[] {
  const tasks = ['listBuildSourceUploadUrl/action', 'scheduleRun/action', 'runs/read', 'runs/listLogSasUrl/action'];
  const isTasks = builder === 'acrTasks';
  return [
    {
      role: isTasks ? 'Container Registry Tasks Contributor' : 'Reader',
      scope: registry,
      actions: ['read', ...(isTasks ? tasks : [])].map((right) => `${provider}/${right}`),
      purpose: isTasks ? 'to find it and to build' : 'to find it',
    },
    registryWriter(registry, 'to find, push and tag images'),
  ];
}
