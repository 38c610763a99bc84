/** Source: azure-rest-api-specs, mfe.json, JobStatus. */
export type JobStatus =
  | 'NotStarted'
  | 'Starting'
  | 'Provisioning'
  | 'Preparing'
  | 'Queued'
  | 'Running'
  | 'Finalizing'
  | 'CancelRequested'
  | 'Completed'
  | 'Failed'
  | 'Canceled'
  | 'NotResponding'
  | 'Paused'
  | 'Unknown';

/** States that a job never leaves. */
export function hasEnded(status: string): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Canceled';
}

/** States before the job's own code runs: time in them counts against the queue's limit, not the run's. */
export function isWaiting(status: string): boolean {
  return ['NotStarted', 'Starting', 'Provisioning', 'Preparing', 'Queued', 'Unknown'].includes(status);
}
