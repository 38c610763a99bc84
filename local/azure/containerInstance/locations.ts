import type { FastifyInstance } from 'fastify';
import { versionsOf } from '../arm/apiVersions';
import { localCloud } from '../context';
import type { ContainerGroup } from './containerGroup';
import type { ContainerGroups } from './containerGroups';
import { quotas } from './groupLimits';
import { sizeOf } from './groupDefinition';
import { findRegion, regions, type Region } from './regions';

type Params = { location: string };

/** What a region offers and how much of it is used, and the provider itself. */
export function registerLocations(app: FastifyInstance, groups: ContainerGroups): void {
  const provider = '/subscriptions/:subscription/providers/Microsoft.ContainerInstance';
  const location = `${provider}/locations/:location`;

  app.get<{ Params: Params }>(`${location}/usages`, async ({ params }) => {
    const { name: region } = findRegion(params.location);
    const own = groups.list().filter((group) => group.definition.location === region);
    return { value: usages(region, own) };
  });
  app.get<{ Params: Params }>(`${location}/capabilities`, async ({ params }) => ({
    value: capabilities(findRegion(params.location)),
  }));
  app.get<{ Params: Params }>(`${location}/cachedImages`, async ({ params }) => {
    findRegion(params.location);
    return { value: [] };
  });
  app.get(provider, async () => ({
    id: `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.ContainerInstance`,
    namespace: 'Microsoft.ContainerInstance',
    registrationState: 'Registered',
    registrationPolicy: 'RegistrationRequired',
    resourceTypes: [
      {
        resourceType: 'containerGroups',
        locations: regions.map((region) => region.displayName),
        apiVersions: versionsOf('Microsoft.ContainerInstance').sort().reverse(),
      },
    ],
  }));
}

function usages(region: string, groups: ContainerGroup[]) {
  const cores = (priority: 'Regular' | 'Spot'): number =>
    groups
      .filter((group) => (group.definition.properties.priority ?? 'Regular') === priority)
      .reduce((sum, group) => sum + Math.ceil(sizeOf(group.definition.properties).cpu), 0);
  const usage = (value: keyof typeof quotas, localizedValue: string, currentValue: number) => ({
    id: `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.ContainerInstance/locations/${region}/usages/${value}`,
    unit: 'Count',
    currentValue,
    limit: quotas[value],
    name: { value, localizedValue },
  });
  return [
    usage('ContainerGroups', 'Container Groups', groups.length),
    usage('StandardCores', 'Standard Cores', cores('Regular')),
    usage('StandardSpotCores', 'Standard Spot Cores', cores('Spot')),
    // As recorded, though nothing here can use them: Get-AzContainerInstanceUsage.Recording.json.
    usage('StandardK80Cores', 'Standard K80 Cores', 0),
    usage('ConfidentialContainerGroups', 'Dedicated Container Groups', 0),
    usage('ConfidentialCores', 'Dedicated Cores', 0),
  ];
}

const capabilities = ({ name, maxCpu, maxMemoryInGB }: Region) => [
  ...['Public', 'Private'].map((ipAddressType) => ({
    resourceType: 'containerGroups',
    // Rows without a GPU are for both systems. Source: Get-AzContainerInstanceCapability.Recording.json.
    osType: 'NotSpecified',
    location: name,
    ipAddressType,
    gpu: 'None',
    capabilities: { maxMemoryInGB, maxCpu, maxGpuCount: 0 },
  })),
  {
    resourceType: 'containerGroups',
    osType: 'Linux',
    location: name,
    ipAddressType: 'Public',
    gpu: 'V100',
    capabilities: { maxMemoryInGB: 448, maxCpu: 24, maxGpuCount: 4 },
  },
];
