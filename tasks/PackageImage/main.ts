import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';

void runTask('Package-Image', readInputs, async () => (await import('./packageImage')).packageImage);
