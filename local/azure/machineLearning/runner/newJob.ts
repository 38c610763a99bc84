import type { JobSpecification } from '../jobs/jobSpecification';

export interface NewJob {
  name: string;
  specification: JobSpecification;
  displayName?: string;
  description?: string;
  tags: Record<string, string>;
  properties: Record<string, string>;
  parent?: string;
  /** As run history names it; follows from the type of the job unless told. */
  runType?: string;
}
