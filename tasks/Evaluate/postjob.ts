import { readPostJobInputs } from '../common/task/postJobInputs';
import { runPostJob } from '../common/task/runTask';
import { cancelLeftJobs } from './leftJobs';

void runPostJob(readPostJobInputs, cancelLeftJobs);
