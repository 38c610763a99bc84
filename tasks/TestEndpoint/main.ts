import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';

void runTask('Test-Endpoint', readInputs, async () => (await import('./testEndpoint')).testEndpoint);
