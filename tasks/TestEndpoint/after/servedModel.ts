import type { ContainerGroups } from '../../common/azure/containerGroups/containerGroups';
import { believedAbsence } from '../../common/azure/http/believedAbsence';
import type { Clock } from '../../common/clock';
import { deploymentTags } from '../../common/deployment/containers';
import type { DeploymentSection, ImageSection, ModelSection } from '../../common/record/record';
import { TaskFailure } from '../../common/taskFailure';
import { isRecordedEndpoint } from '../recordedEndpoint';
import type { TestCase } from '../requests/testCase';
import type { TestRun } from '../testRun';

/** Tests that the right model is served, where record and connection allow it. What Azure cannot say is no word against it. */
export async function testServedModel({ subject, azure, ledger, context }: TestRun): Promise<void> {
  const { target, record } = subject;
  const { log, clock, signal } = context;
  const deployment = record?.deployment;
  if (!deployment) return;
  if (!azure) {
    log.info('Whether the right model is served is not checked: the input azureSubscription is empty.');
    return;
  }
  if (!isRecordedEndpoint(record, target.scoringUri)) {
    log.info('Whether the right model is served is not checked: the record is about another scoring URI.');
    return;
  }
  log.group('The right model');
  const groups = azure.groups(deployment.resourceGroup);
  try {
    ledger.note(...(await servedModelCases(groups, deployment, record.image, record.model, clock, signal)));
  } catch (error) {
    if (signal.aborted || !(error instanceof TaskFailure)) throw error;
    const test = { kind: 'model', name: 'container group', outcome: 'failed' } as const;
    ledger.note({ ...test, message: `It cannot be checked: ${error.message}`, isInconclusive: true });
  }
  log.endGroup();
}

/**
 * Checks that what runs behind the scoring URI is what the record speaks of: the image by its digest, the model by the
 * version that the group's tags name.
 */
export async function servedModelCases(
  groups: Pick<ContainerGroups, 'find'>,
  deployment: DeploymentSection,
  packaged: ImageSection | undefined,
  model: ModelSection | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<TestCase[]> {
  const digest = packaged?.digest ?? deployment.imageDigest;
  const group = await believedAbsence(() => groups.find(deployment.containerGroup, signal), clock, signal);
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
