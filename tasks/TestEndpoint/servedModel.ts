import type { DeploymentSection, ImageSection, ModelSection } from '../common/record/record';
import type { AzureSession } from '../common/azure/session';
import { isAzureFailure } from '../common/azure/azureFailure';
import type { TestCase } from './testCase';

/** Version of Microsoft.ContainerInstance that Deploy-ACI speaks too. */
const apiVersion = '2023-05-01';

interface ContainerGroup {
  tags?: Record<string, string>;
  properties: {
    instanceView?: { state?: string };
    containers: Array<{ name: string; properties: { image: string } }>;
  };
}

/**
 * Checks that what runs behind the scoring URI is what the record speaks of: the image by its digest, the model by the
 * version that the group's tags name.
 */
export async function servedModelCases(
  session: AzureSession,
  deployment: DeploymentSection,
  image: ImageSection | undefined,
  model: ModelSection | undefined,
  signal: AbortSignal,
): Promise<TestCase[]> {
  const digest = image?.digest ?? deployment.imageDigest;
  let group: ContainerGroup;
  try {
    ({ body: group } = await session.request<ContainerGroup>({ url: deployment.containerGroupId, apiVersion, signal }));
  } catch (error) {
    if (!isAzureFailure(error, 404)) throw error;
    const message = `The container group ${deployment.containerGroup} does not exist any more.`;
    return [{ kind: 'model', name: 'container group', outcome: 'failed', message }];
  }
  const images = group.properties.containers.map(({ properties }) => properties.image);
  const cases: TestCase[] = [
    images.some((each) => each.endsWith(`@${digest}`))
      ? { kind: 'model', name: 'image digest', outcome: 'passed' }
      : {
          kind: 'model',
          name: 'image digest',
          outcome: 'failed',
          message: `The group runs ${images.join(', ')}; the record speaks of ${digest}.`,
        },
  ];
  if (model) {
    const { model: name, modelVersion: version } = group.tags ?? {};
    const served = name && version ? `${name}:${version}` : undefined;
    const wanted = `${model.name}:${model.version}`;
    cases.push({
      kind: 'model',
      name: 'model version',
      ...(served === undefined
        ? { outcome: 'skipped', message: 'The container group carries no model tags.' }
        : served === wanted
          ? { outcome: 'passed' }
          : { outcome: 'failed', message: `The group serves ${served}; the record speaks of ${wanted}.` }),
    });
  }
  return cases;
}
