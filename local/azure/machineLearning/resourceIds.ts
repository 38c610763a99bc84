import { localCloud } from '../context';

/** The ARM id of the workspace, as Azure writes it in answers. */
export const workspaceArmId =
  `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}` +
  `/providers/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;

/** The route of everything beneath a workspace, in the resource manager. */
export const workspaceRoute =
  '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.MachineLearningServices/workspaces/:workspace';

/** The route of everything beneath a workspace, in a data plane, e.g. `/history/v1.0`. */
export const dataPlaneRoute = (service: string): string => `/${service}/:version${workspaceRoute}`;

/** `resourceType` e.g. jobs, `name` e.g. job-1. */
export const resourceId = (resourceType: string, name: string): string => `${workspaceArmId}/${resourceType}/${name}`;

export const versionId = (resourceType: string, name: string, version: string): string =>
  `${workspaceArmId}/${resourceType}/${name}/versions/${version}`;

export interface AssetReference {
  name: string;
  version?: string;
  label?: string;
  /** Of a registry (shared between workspaces); absent for the workspace's own. */
  registry?: string;
}

/**
 * Reads every form in which the service accepts an asset: ARM id, `azureml:name:version`, `azureml:name@label`,
 * `azureml://registries/...`, `azureml://locations/...`. Undefined if it is none of that type.
 */
export function parseAssetReference(resourceType: string, text: string): AssetReference | undefined {
  const withoutScheme = text.replace(/^azureml:(?=\/subscriptions\/)/i, '');
  const registry = new RegExp(
    `^azureml://registries/([^/]+)/${resourceType}/([^/]+)/(versions|labels)/([^/]+)$`,
    'i',
  ).exec(text);
  if (registry) {
    const [, registryName, name = '', kind, value] = registry;
    return {
      registry: registryName,
      name,
      ...(kind?.toLowerCase() === 'labels' ? { label: value } : { version: value }),
    };
  }
  const arm = new RegExp(
    `/workspaces/([^/]+)/${resourceType}/([^/]+)(?:/versions/([^/]+)|/labels/([^/]+))?$`,
    'i',
  ).exec(withoutScheme);
  if (arm) return { name: arm[2] ?? '', version: arm[3], label: arm[4] };
  const short = /^(?:azureml:)?([A-Za-z0-9][\w.-]*)(?::([^:@/]+)|@([^:@/]+))$/.exec(text);
  return short ? { name: short[1] ?? '', version: short[2], label: short[3] } : undefined;
}
