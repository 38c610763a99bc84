import { Outage } from '../common/azure/http/outage';
import type { Job } from '../common/azure/ml/jobs/rest/jobs';
import type { TaskContext } from '../common/task/taskContext';
import { specificationProperty } from './jobSpecificationHash';
import type { Services } from './services';

/**
 * The job that trained the newest version of the model, if it did what would be done now.
 * @returns undefined where there is no such version, or its job is gone or did something else
 */
export async function unchangedTraining(
  modelName: string,
  specification: string,
  services: Pick<Services, 'jobs' | 'models'>,
  { log, clock, signal }: TaskContext,
): Promise<Job | undefined> {
  const reading = new Outage(log, clock);
  const [newest] = await reading.insist(() => services.models.list(modelName, { top: 1 }), signal);
  const jobName = newest?.properties['mlops.job'];
  const job = jobName ? await reading.insist(() => services.jobs.find(jobName, signal), signal) : undefined;
  const isSame = job?.properties.properties?.[specificationProperty] === specification;
  if (!job || !isSame || job.properties.status !== 'Completed') {
    log.info(
      `There is something new to train since ${newest ? `version ${newest.version}` : 'the beginning'} of ${modelName}.`,
    );
    return undefined;
  }
  log.info(
    `Nothing has changed since the job ${job.name} trained ${modelName} version ${newest!.version}: reusing both.`,
  );
  return job;
}
