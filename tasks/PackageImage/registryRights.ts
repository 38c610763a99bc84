import type { NeededRole } from '../common/azure/rights/requireRights';
import type { PackageInputs } from './inputs';

const provider = 'Microsoft.ContainerRegistry/registries';

/** What is needed on the registry that the image goes to. */
export function registryRoles(registryId: string, { builder }: Pick<PackageInputs, 'builder'>): NeededRole[] {
  const tasks = ['listBuildSourceUploadUrl/action', 'scheduleRun/action', 'runs/read', 'runs/listLogSasUrl/action'];
  const isTasks = builder === 'acrTasks';
  return [
    {
      role: isTasks ? 'Container Registry Tasks Contributor' : 'Reader',
      scope: registryId,
      actions: ['read', ...(isTasks ? tasks : [])].map((right) => `${provider}/${right}`),
      purpose: isTasks ? 'to find it and to build' : 'to find it',
    },
    {
      role: 'AcrPush',
      scope: registryId,
      // Of a registry with ABAC repository permissions these are rights on data, in other roles.
      actions: [
        [`${provider}/pull/read`, `${provider}/repositories/content/read`],
        [`${provider}/push/write`, `${provider}/repositories/content/write`],
      ],
      purpose:
        'to find, push and tag images (Container Registry Repository Writer on one with ABAC repository permissions)',
    },
  ];
}
