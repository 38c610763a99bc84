import { runPostJob } from '../common/task/runTask';
import { cancelLeftJob, readPostJobInputs } from './cancelLeftJob';

void runPostJob(readPostJobInputs, cancelLeftJob);
