import { AzureFailure } from '../../common/azure/http/azureFailure';
import { TooMuchAttached } from '../../common/azure/registry/containerRegistryContents';
import { verifyEvidence } from '../../common/evidence/verifyEvidence';
import { requireDeployedImage } from '../../common/imageName';
import { TaskFailure } from '../../common/taskFailure';
import { requireRecordedEndpoint } from '../recordedEndpoint';
import type { TestCase } from '../requests/testCase';
import type { TestRun } from '../testRun';

/** Tests that a trusted key vouches for the image that the record says is deployed, where that is asked for. */
export async function testEvidence(run: TestRun): Promise<void> {
  const { inputs, ledger, context } = run;
  if (!inputs.trustedKeys) return;
  const { log, signal } = context;
  const test = { kind: 'model', name: 'signed evidence' } as const;
  log.group('Signed evidence');
  try {
    await verify(run);
    ledger.note({ ...test, outcome: 'passed' });
  } catch (error) {
    if (signal.aborted || !(error instanceof TaskFailure)) throw error;
    ledger.note(failed(test, error));
  }
  log.endGroup();
}

/** That Azure could not be asked, or has more than is read, says nothing against the deployment; it is not promoted all the same. */
function failed(test: Pick<TestCase, 'kind' | 'name'>, error: TaskFailure): TestCase {
  const isInconclusive = [error, error.cause].some(
    (each) => each instanceof AzureFailure || each instanceof TooMuchAttached,
  );
  return { ...test, outcome: 'failed', message: error.message, isInconclusive };
}

async function verify({ inputs, subject, azure, context }: TestRun): Promise<void> {
  const { clock, log, signal } = context;
  const { record, target } = subject;
  const { image, deployment } = record ?? {};
  if (!record || !image || !deployment || !azure) {
    throw new TaskFailure(
      'requireSignature needs a model record that names an image and its deployment.',
      'Run Package-Image and Deploy-ACI before this task, or switch requireSignature off.',
    );
  }
  requireRecordedEndpoint(record, target.scoringUri, 'requireSignature');
  const name = requireDeployedImage(deployment);
  const { imageDigest: digest } = deployment;
  const registryId = digest === image.digest ? image.registryId : undefined;
  const contents = await azure.registry({ registry: name.registry, registryId });
  const keys = azure.trustedKeys(inputs.trustedKeys!);
  await verifyEvidence(
    { reference: deployment.image, repository: name.repository, digest, record, requireApproval: true },
    { contents, keys, now: clock.now(), signal, log },
  );
}
