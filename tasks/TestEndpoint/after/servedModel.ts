import type { DeploymentSection, ImageSection, ModelSection } from '../../common/record/record';
import { deploymentTags } from '../../common/deployment/containers';
import type { ContainerGroups } from '../../common/azure/containerGroups/containerGroups';
import type { TestCase } from '../requests/testCase';

/**
 * Checks that what runs behind the scoring URI is what the record speaks of: the image by its digest, the model by the
 * version that the group's tags name.
 */
export async function servedModelCases(
  groups: Pick<ContainerGroups, 'find'>,
  deployment: DeploymentSection,
  packaged: ImageSection | undefined,
  model: ModelSection | undefined,
  signal: AbortSignal,
): Promise<TestCase[]> {
  const digest = packaged?.digest ?? deployment.imageDigest;
  const group = await groups.find(deployment.containerGroup, signal);
  if (!group) {
    const message = `The container group ${deployment.containerGroup} does not exist any more.`;
    return [{ kind: 'model', name: 'container group', outcome: 'failed', message }];
  }
  const images = group.containers.map(({ image }) => image);
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
    const { [deploymentTags.model]: name = 'no model', [deploymentTags.modelVersion]: version = 'no version' } =
      group.tags ?? {};
    const served = `${name}:${version}`;
    const wanted = `${model.name}:${model.version}`;
    cases.push({
      kind: 'model',
      name: 'model version',
      ...(served === wanted
        ? { outcome: 'passed' }
        : { outcome: 'failed', message: `The group's tags say ${served}; the record speaks of ${wanted}.` }),
    });
  }
  return cases;
}
