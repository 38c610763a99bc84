import { attest } from '../../common/evidence/attest';
import { signingTime } from '../../common/evidence/signingKey';
import type { ModelRecordPredicate } from '../../common/evidence/modelRecord';
import { modelRecordType, provenanceType } from '../../common/evidence/predicateTypes';
import type { Signer } from '../../common/evidence/signer';
import { statementOf } from '../../common/evidence/statement';
import type { Attestations } from '../../common/record/record';
import type { TaskContext } from '../../common/task/taskContext';
import type { Services } from '../services';
import { provenance, type Making } from './provenance';

/** Signs the record of the model in the image, and how the image was made. */
export async function signImage(
  contents: Services['contents'],
  signer: Signer,
  making: Omit<Making, 'finished'>,
  { clock, log, pipeline, signal }: TaskContext,
): Promise<Attestations> {
  const { image, record } = making;
  const { digest, repository } = image;
  const subject = { name: `${image.registry}/${repository}`, digest };
  const finished = signingTime(signer, clock.now());
  const said: ModelRecordPredicate = { signedAt: new Date(finished).toISOString(), record };
  const statements = [
    statementOf(subject, modelRecordType, said),
    statementOf(subject, provenanceType, provenance({ ...making, finished }, pipeline)),
  ];
  const made = await attest(contents, { repository, digest }, statements, signer, { now: finished, signal });
  log.info(`Signed by ${made.signer}: the record of the model and the provenance of ${image.reference}.`);
  return made;
}
