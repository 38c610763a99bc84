import type { Workspace } from '../../common/azure/ml/workspace';
import type { ImagePlan } from '../plan/imagePlan';

interface Version {
  id: string;
  name: string;
  properties: { image?: string };
}

/**
 * Registers an image as an environment version with the routes by which Azure ML would serve it. Versions cannot be
 * changed: another image becomes the next version, the same image keeps the version that it has.
 * @returns ARM id of the environment version
 */
export async function registerEnvironment(
  workspace: Workspace,
  name: string,
  image: string,
  { port, readinessPath, scoringPath }: ImagePlan,
  tags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const url = `environments/${encodeURIComponent(name)}`;
  const { body } = await workspace.request<{ value?: Version[] }>({
    url: `${url}/versions`,
    query: { $orderBy: 'createdtime desc', $top: '20' },
    accept: [404],
    signal,
  });
  const known = (body.value ?? []).find(({ properties }) => properties.image === image);
  if (known) return known.id;
  const container = await workspace.request<{ properties?: { nextVersion?: string } }>({ url, accept: [404], signal });
  const version = (container.status === 200 && container.body.properties?.nextVersion) || '1';
  const route = (path: string) => ({ path, port });
  const registered = await workspace.request<Version>({
    method: 'PUT',
    url: `${url}/versions/${version}`,
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
