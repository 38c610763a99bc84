import { runPostJob } from '../common/task/runTask';
import { readPostJobInputs } from './inputs';
import { finishUndoing } from './undo';

void runPostJob(readPostJobInputs, finishUndoing);
