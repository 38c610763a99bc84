import type { Job } from '../jobs/jobStore';
import { userFailure } from './runFailure';
import type { JobControl, RunnerServices } from './services';

export async function executeSweep(_services: RunnerServices, _job: Job, _control: JobControl): Promise<void> {
  throw userFailure('Sweep jobs are not run by this local Azure.', 'NotSupported');
}
