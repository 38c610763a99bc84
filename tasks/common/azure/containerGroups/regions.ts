import type { ContainerGroup, ContainerGroups } from './containerGroups';

/** The most that one group can have in a region. */
interface Limits {
  readonly cpu: number;
  readonly memoryInGB: number;
}

/** What a group asks for, over its containers. */
export function sizeOf({ containers }: ContainerGroup): Limits {
  return {
    cpu: containers.reduce((sum, { resources }) => sum + resources.requests.cpu, 0),
    memoryInGB: containers.reduce((sum, { resources }) => sum + resources.requests.memoryInGB, 0),
  };
}

async function limitsOf(groups: ContainerGroups, location: string, signal: AbortSignal): Promise<Limits | undefined> {
  return groups.call(`what ${location} can run`, signal, async (sdk, options) => {
    for await (const { osType, gpu, capabilities } of sdk.location.listCapabilities(location, options)) {
      const { maxCpu, maxMemoryInGB } = capabilities ?? {};
      // Rows without a GPU are for both systems and say NotSpecified. Source: Get-AzContainerInstanceCapability.Recording.json.
      const isForUs = (!gpu || gpu === 'None') && (osType === 'NotSpecified' || osType === 'Linux');
      if (isForUs && maxCpu && maxMemoryInGB) return { cpu: maxCpu, memoryInGB: maxMemoryInGB };
    }
    return undefined;
  });
}

/** Regions that run container instances, by their display names, e.g. "East US". */
async function regions(groups: ContainerGroups, signal: AbortSignal): Promise<string[]> {
  interface Provider {
    resourceTypes: Array<{ resourceType: string; locations: string[] }>;
  }
  const { session } = groups;
  const { body } = await session.request<Provider>({
    url: `/subscriptions/${session.connection.subscriptionId}/providers/Microsoft.ContainerInstance`,
    apiVersion: '2021-04-01',
    shape: { resourceTypes: 'list' },
    signal,
  });
  return body.resourceTypes.find(({ resourceType }) => resourceType === 'containerGroups')?.locations ?? [];
}

const compact = (region: string) => region.replace(/\s/g, '').toLowerCase();

/** "East US 2" lies in "US", as does "West US". */
const geography = (region: string) =>
  region
    .split(' ')
    .filter((word) => !/^(north|south|east|west|central|southeast|northeast|\d+)$/i.test(word))
    .join(' ');

/**
 * Which sizes the region gives, and which regions of the same part of the world take this group by their limits.
 * Whether they have room at this moment, Azure tells only when asked to.
 */
export async function whereItFits(
  groups: ContainerGroups,
  definition: ContainerGroup,
  signal: AbortSignal,
): Promise<string> {
  const size = sizeOf(definition);
  const fits = (limits: Limits | undefined) =>
    limits !== undefined && limits.cpu >= size.cpu && limits.memoryInGB >= size.memoryInGB;
  const location = definition.location ?? '';
  const [here, all] = await Promise.all([limitsOf(groups, location, signal), regions(groups, signal)]);
  const part = geography(all.find((region) => compact(region) === location) ?? '');
  const near = all.filter((region) => geography(region) === part && compact(region) !== location).slice(0, 6);
  const others = await Promise.all(
    near.map(async (region) => ((await limitsOf(groups, compact(region), signal).then(fits)) ? [compact(region)] : [])),
  );
  const names = others.flat();
  const most = here && `A group has at most ${here.cpu} CPU and ${here.memoryInGB} GB in ${location}.`;
  const elsewhere = names.length > 0 ? `By their limits it would fit in ${names.join(', ')}.` : undefined;
  return [most, elsewhere].filter(Boolean).join(' ');
}

/** What of the region's quota is used up, e.g. "100 of 100 StandardCores are in use in eastus." */
export async function usageOf(groups: ContainerGroups, location: string, signal: AbortSignal): Promise<string> {
  return groups.call(`the usage of ${location}`, signal, async (sdk, options) => {
    const used: string[] = [];
    for await (const { name, currentValue = 0, limit = 0 } of sdk.location.listUsage(location, options)) {
      if (currentValue > 0) used.push(`${currentValue} of ${limit} ${name?.localizedValue ?? name?.value}`);
    }
    return used.length > 0 ? `In use in ${location}: ${used.join(', ')}.` : '';
  });
}
