import { ArmError } from '../context';

export interface Region {
  name: string;
  displayName: string;
  /** The most that one group of the standard kind may have. */
  maxCpu: number;
  maxMemoryInGB: number;
}

const region = (displayName: string, maxCpu: number, maxMemoryInGB: number): Region => ({
  name: displayName.replace(/ /g, '').toLowerCase(),
  displayName,
  maxCpu,
  maxMemoryInGB,
});

/** Some regions that run container instances. Sizes are the two that the service's page on quotas names most. */
export const regions: Region[] = [
  region('East US', 4, 16),
  region('East US 2', 31, 240),
  region('Central US', 4, 16),
  region('South Central US', 4, 16),
  region('West US', 4, 16),
  region('West US 2', 31, 240),
  region('Canada Central', 4, 16),
  region('North Europe', 4, 16),
  region('West Europe', 4, 16),
  region('UK South', 4, 16),
  region('France Central', 4, 16),
  region('Germany West Central', 4, 16),
  region('Switzerland North', 4, 16),
  region('Japan East', 4, 16),
  region('Australia East', 4, 16),
];

/** By name or display name. Throws what ARM answers for a location that the service does not run in. */
export function findRegion(location: unknown): Region {
  if (typeof location !== 'string' || location === '') {
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
  }
  const name = location.replace(/\s/g, '').toLowerCase();
  const found = regions.find((candidate) => candidate.name === name);
  if (found) return found;
  throw new ArmError(
    400,
    'LocationNotAvailableForResourceType',
    `The provided location '${location}' is not available for resource type 'Microsoft.ContainerInstance/containerGroups'. ` +
      `List of available regions for the resource type is '${regions.map((each) => each.name).join(',')}'.`,
  );
}
