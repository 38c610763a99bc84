import { runTask } from '../common/task/runTask';
import { readInputs } from './inputs';
import { packageImage } from './packageImage';

void runTask('Package-Image', readInputs, packageImage);
