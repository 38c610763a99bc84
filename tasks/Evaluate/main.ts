import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';

void runTask('Evaluate', readInputs, async () => (await import('./evaluate')).evaluate);
