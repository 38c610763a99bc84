import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';

void runTask('Deploy-ACI', readInputs, async () => (await import('./deploy')).deploy);
