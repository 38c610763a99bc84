import { ArmError, localCloud } from '../context';
import { regionNames } from './regions';
import { resourceTypeOf } from './resourceTypes';

/**
 * The api-versions that the local cloud answers, by resource provider. Machine Learning: every stable one whose bodies of
 * jobs, models and environments are the same (facts on Azure, §2); the others: those that clients of the project and
 * its neighbours send.
 */
const supported: Record<string, string[]> = {
  'microsoft.machinelearningservices': [
    '2022-10-01',
    '2023-04-01',
    '2023-10-01',
    '2024-04-01',
    '2024-10-01',
    '2025-04-01',
    '2025-06-01',
    '2025-09-01',
    '2025-12-01',
    '2026-03-01',
    '2026-05-01',
    // What azure-ai-ml (the `az ml` extension) sends.
    '2022-10-01-preview',
    '2023-02-01-preview',
    '2023-04-01-preview',
    '2023-06-01-preview',
    '2023-08-01-preview',
    '2024-01-01-preview',
    '2024-04-01-preview',
    '2024-07-01-preview',
    '2024-10-01-preview',
    '2025-01-01-preview',
    '2020-06-01',
    '2022-02-01-preview',
    '2022-05-01',
    '2022-06-01-preview',
    '2022-12-01-preview',
    '2025-10-01-preview',
  ],
  'microsoft.containerregistry': [
    '2019-04-01',
    '2019-06-01-preview',
    '2022-12-01',
    '2023-07-01',
    '2025-03-01-preview',
    '2025-11-01',
    // What `az acr` sends.
    '2026-09-01-preview',
  ],
  'microsoft.containerinstance': ['2018-06-01', '2022-09-01', '2023-05-01', '2024-05-01-preview', '2025-09-01'],
  'microsoft.storage': ['2021-09-01', '2022-09-01', '2023-01-01', '2023-05-01', '2025-08-01'],
  'microsoft.keyvault': ['2022-07-01', '2023-07-01'],
  'microsoft.resources': [
    '2019-10-01',
    '2020-10-01',
    '2021-04-01',
    '2022-09-01',
    '2023-07-01',
    '2024-03-01',
    '2024-11-01',
    '2025-04-01',
  ],
  // Subscriptions and resource groups.
  '': [
    '2016-06-01',
    '2019-10-01',
    '2020-01-01',
    '2021-01-01',
    '2021-04-01',
    '2022-09-01',
    '2022-12-01',
    '2024-03-01',
    '2024-11-01',
    '2025-04-01',
    '2026-03-01',
  ],
};

export const versionsOf = (namespace: string): string[] => [...(supported[namespace.toLowerCase()] ?? [])];

/**
 * Throws what Azure Resource Manager answers to a missing or unknown api-version: it lists its own newest first, and those of a
 * provider's type with the regions. Sources: Azure/azure-cli#28038 and #30847, Azure/azure-sdk-for-js#4097.
 */
export function checkApiVersion(path: string, apiVersion: string | undefined): void {
  if (!apiVersion) {
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  // The last one counts, as in a role assignment of a registry; a path that ends with a provider asks ARM about it.
  const provider = [...path.matchAll(/\/providers\/([^/?]+)(?=\/)/gi)].at(-1)?.[1] ?? '';
  const versions = supported[provider.toLowerCase()];
  // An unknown provider is answered as such by the route that is not there.
  if (!versions || versions.includes(apiVersion)) return;
  if (provider === '') {
    const newestFirst = [...versions].sort().reverse().join(',');
    const message = `The api-version '${apiVersion}' is invalid. The supported versions are '${newestFirst}'.`;
    throw new ArmError(400, 'InvalidApiVersionParameter', message);
  }
  const { type = '' } = resourceTypeOf(path) ?? {};
  const known = [...versions].sort().join(', ');
  const message = `No registered resource provider found for location '${localCloud.location}' and API version '${apiVersion}' for type '${type}'. The supported api-versions are '${known}'. The supported locations are '${Object.keys(regionNames).join(', ')}'.`;
  throw new ArmError(400, 'NoRegisteredProviderFound', message);
}
