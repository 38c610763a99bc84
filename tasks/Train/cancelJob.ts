import type { TaskContext } from '../common/task/taskContext';
import { leftJob } from './leftJob';
import type { Services } from './services';
import { messageOf } from '../common/messageOf';

/** The pipeline is being cancelled: 7.5 s are left, and the token is at hand from the last look. */
export async function cancelJob(
  name: string,
  { jobs }: Pick<Services, 'jobs'>,
  { log, state }: Pick<TaskContext, 'log' | 'state'>,
): Promise<void> {
  try {
    await jobs.requestCancel(name);
    leftJob(state).settle();
    log.info(`Asked Azure ML to cancel the job ${name}.`);
  } catch (error) {
    log.warning(`The job ${name} could not be cancelled: ${messageOf(error)} The post-job step tries again.`);
  }
}
