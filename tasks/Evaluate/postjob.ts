import { runPostJob } from '../common/task/runTask';
import { cancelLeftJobs, readPostJobInputs } from './leftJobs';

void runPostJob(readPostJobInputs, cancelLeftJobs);
