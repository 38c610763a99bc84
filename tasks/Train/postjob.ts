import { readPostJobInputs } from '../common/task/postJobInputs';
import { runPostJob } from '../common/task/runTask';

void runPostJob(readPostJobInputs, async () => (await import('./cancelLeftJob')).cancelLeftJob);
