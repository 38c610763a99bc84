import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';
import { testEndpoint } from './testEndpoint';

void runTask('Test-Endpoint', readInputs, testEndpoint);
