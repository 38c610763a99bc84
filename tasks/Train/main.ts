import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';
import { train } from './train';

void runTask('Train', readInputs, train);
