import type { Workspace } from '../../common/azure/ml/workspace';
import type { ImagePlan } from '../plan/imagePlan';

/**
 * Registers an image as an environment version with the routes by which Azure ML would serve it. Versions cannot be
 * changed: another image becomes the next version, the same image keeps the version that it has.
 * @returns ARM id of the environment version
 */
export async function registerEnvironment(
  workspace: Workspace,
  name: string,
  image: string,
  { port, readinessPath, scoringPath }: Pick<ImagePlan, 'port' | 'readinessPath' | 'scoringPath'>,
  tags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const versions = await workspace.newestVersions(({ environmentVersions }) => environmentVersions, name, 20, {
    signal,
  });
  const known = versions.find(({ properties }) => properties.image === image);
  if (known?.id) return known.id;
  const container = await workspace.find(
    ({ environmentContainers }, place, options) => environmentContainers.get(...place, name, options),
    { signal },
  );
  const version = container?.properties.nextVersion || '1';
  const route = (path: string) => ({ path, port });
  const registered = await workspace.request<{ id: string }>({
    method: 'PUT',
    url: `environments/${encodeURIComponent(name)}/versions/${version}`,
    body: {
      properties: {
        image,
        osType: 'Linux',
        inferenceConfig: {
          livenessRoute: route(readinessPath),
          readinessRoute: route(readinessPath),
          scoringRoute: route(scoringPath),
        },
        tags,
      },
    },
    signal,
  });
  return registered.body.id;
}
