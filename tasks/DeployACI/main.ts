import { runTask } from '../common/task/runTask';
import { deploy } from './deploy';
import { readInputs } from './inputs';

void runTask('Deploy-ACI', readInputs, deploy);
