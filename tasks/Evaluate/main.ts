import { runTask } from '../common/task/runTask';
import { evaluate } from './evaluate';
import { readInputs } from './inputs';

void runTask('Evaluate', readInputs, evaluate);
