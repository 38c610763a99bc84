import type { DeploymentSection, ImageSection, ModelSection } from '../common/record/record';
import type { ContainerGroups } from '../common/azure/containerGroups/containerGroups';
import type { TestCase } from './testCase';

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
