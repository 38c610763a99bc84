import * as tl from 'azure-pipelines-task-lib/task';
import type { Secret } from '../secret';
import { secretLines } from './secretText';

/** Has the agent hide a secret, line by line. */
export function registerSecret(secret: Secret): void {
  for (const line of secretLines(secret.reveal())) tl.setSecret(line);
}
