import { runPostJob } from '../common/task/runTask';
import { readInputs } from './inputs';
import { finishUndoing } from './undo';

void runPostJob(readInputs, finishUndoing);
