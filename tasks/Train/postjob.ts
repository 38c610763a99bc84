import { readPostJobInputs } from '../common/task/postJobInputs';
import { runPostJob } from '../common/task/runTask';
import { cancelLeftJob } from './cancelLeftJob';

void runPostJob(readPostJobInputs, cancelLeftJob);
