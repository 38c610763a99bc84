import { isAzureFailure } from '../../common/azure/http/azureFailure';
import { HiddenResource } from '../../common/azure/rights/neededRole';
import type { RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import { attest } from '../../common/evidence/attest';
import { releaseType } from '../../common/evidence/predicateTypes';
import type { Signer } from '../../common/evidence/signer';
import { signingTime } from '../../common/evidence/signingKey';
import { statementOf } from '../../common/evidence/statement';
import { requireDeployedImage, type ImageName } from '../../common/imageName';
import { append } from '../../common/record/chain';
import type { Attestations, DeploymentSection, ModelRecord, TestsSection } from '../../common/record/record';
import type { TaskContext } from '../../common/task/taskContext';
import { TaskFailure } from '../../common/taskFailure';
import { requireRecordedEndpoint } from '../recordedEndpoint';
import type { Subject } from '../endpointToTest';
import type { Inputs } from '../inputs';
import type { AzureServices } from '../services';

/** Signs what was deployed and what its tests found. */
export type SignRelease = (section: TestsSection) => Promise<{ attestations?: Attestations; failure?: string }>;

/**
 * Makes ready to sign, before anything is tested.
 * @throws TaskFailure where there is nothing that could be signed, the key cannot, or the registry is not one to write to
 */
export async function prepareSigning(
  { signingKey }: Pick<Inputs, 'signingKey'>,
  { record, target }: Subject,
  azure: Pick<AzureServices, 'registry' | 'signer'> | undefined,
  context: TaskContext,
): Promise<SignRelease> {
  if (!signingKey) return () => Promise.resolve({});
  const { deployment } = record ?? {};
  if (!record || !deployment?.imageDigest || !azure) {
    throw new TaskFailure(
      'signWith needs a model record that names the deployment of an image, by its digest.',
      'Run Package-Image and Deploy-ACI before this task, or set signWith to none.',
    );
  }
  requireRecordedEndpoint(record, target.scoringUri, 'signWith');
  const name = requireDeployedImage(deployment);
  const registryId = record.image?.registry === name.registry ? record.image.registryId : undefined;
  const open = async () => ({
    signer: await azure.signer(signingKey),
    contents: await azure.registry({ registry: name.registry, registryId }),
  });
  // Azure may be away, or show no registry: the tests do not wait for it, nor does a roll-back that is due, and it is asked again after them.
  const opened = await open().catch((error: unknown) => {
    if (context.signal.aborted || !isAskedAgain(error)) throw error;
    return undefined;
  });
  return async (section) => {
    try {
      const { signer, contents } = opened ?? (await open());
      return { attestations: await sign(record, deployment, section, signer, { name, contents }, context) };
    } catch (error) {
      // A roll-back that is due must not fail for want of a signature.
      if (context.signal.aborted || !(error instanceof TaskFailure)) throw error;
      return { failure: `What was tested could not be signed: ${error.message}` };
    }
  };
}

const isAskedAgain = (error: unknown): boolean => isAzureFailure(error) || error instanceof HiddenResource;

async function sign(
  record: ModelRecord,
  deployment: DeploymentSection,
  tests: TestsSection,
  signer: Signer,
  { name, contents }: { readonly name: ImageName; readonly contents: RegistryContents },
  { clock, log, pipeline, signal }: TaskContext,
): Promise<Attestations> {
  const now = signingTime(signer, clock.now());
  const { model, image, evaluation } = record;
  const predicate = {
    signedAt: new Date(now).toISOString(),
    record: { sha256: append(record, 'tests', tests).sha256 },
    run: (pipeline.release ?? pipeline.build)?.url,
    model: model && { name: model.name, version: model.version },
    decision: evaluation?.decision,
    evidence: image?.attestations,
    deployment,
    tests,
  };
  const digest = deployment.imageDigest;
  const statement = statementOf({ name: `${name.registry}/${name.repository}`, digest }, releaseType, predicate);
  const made = await attest(contents, { repository: name.repository, digest }, [statement], signer, { now, signal });
  log.info(`Signed by ${made.signer}: what was deployed of ${deployment.image}, and what the tests found.`);
  return made;
}
