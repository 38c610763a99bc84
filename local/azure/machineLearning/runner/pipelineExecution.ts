import type { Job } from '../jobs/jobStore';
import { userFailure } from './runFailure';
import type { JobControl, RunnerServices } from './services';

export async function executePipeline(_services: RunnerServices, _job: Job, _control: JobControl): Promise<void> {
  throw userFailure('Pipeline jobs are not run by this local Azure.', 'NotSupported');
}
