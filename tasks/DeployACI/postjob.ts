import { runPostJob } from '../common/task/runTask';
import { readPostJobInputs } from './inputs';

void runPostJob(readPostJobInputs, async () => (await import('./undo')).finishUndoing);
