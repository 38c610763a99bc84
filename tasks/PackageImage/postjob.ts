import { readPostJobInputs } from '../common/task/postJobInputs';
import { runPostJob } from '../common/task/runTask';
import { cancelLeftBuild } from './build/leftBuild';

void runPostJob(readPostJobInputs, cancelLeftBuild);
