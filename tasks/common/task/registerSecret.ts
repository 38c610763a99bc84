import * as tl from 'azure-pipelines-task-lib/task';
import { secretLines } from './secretText';

/** Has the agent hide a text, line by line. */
export function registerSecret(text: string): void {
  for (const line of secretLines(text)) tl.setSecret(line);
}
