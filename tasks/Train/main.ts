import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';

void runTask('Train', readInputs, async () => (await import('./train')).train);
