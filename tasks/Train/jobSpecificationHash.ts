import { createHash } from 'node:crypto';
import type { JobProperties } from '../common/azure/ml/jobs/rest/jobs';

/** Property of a job: the SHA-256 of what it was asked to do, by which a later try, or a later run, knows it again. */
export const specificationProperty = 'mlops.specification';

/** Of code, environment, data and settings; what a job is merely called differs from run to run. */
export function specificationOf(body: JobProperties): string {
  const work = { ...body, displayName: undefined, description: undefined, tags: undefined };
  return createHash('sha256').update(JSON.stringify(work)).digest('hex');
}
