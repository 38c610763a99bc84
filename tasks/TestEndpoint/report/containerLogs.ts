import { believedAbsence } from '../../common/azure/http/believedAbsence';
import { gatewayContainer } from '../../common/deployment/containers';
import { isRecordedEndpoint } from '../recordedEndpoint';
import type { TestRun } from '../testRun';
import { messageOf } from '../../common/messageOf';

/** The last lines that a container wrote. */
export interface ContainerLog {
  readonly container: string;
  readonly lines: readonly string[];
}

const shownLines = 40;

/**
 * What the deployment's containers wrote, beside the requests that failed: the cause stands there, where a scoring script
 * caught it for one. What cannot be read is a line in the log and no failure.
 */
export async function readContainerLogs({ subject, azure, ledger, context }: TestRun): Promise<ContainerLog[]> {
  const { target, record } = subject;
  const { log, clock, signal } = context;
  const deployment = record?.deployment;
  if (!deployment || !isRecordedEndpoint(record, target.scoringUri)) return [];
  if (!azure) {
    log.info('What the container wrote is not shown: the input azureSubscription is empty.');
    return [];
  }
  const groups = azure.groups(deployment.resourceGroup);
  const logs: ContainerLog[] = [];
  try {
    const group = await believedAbsence(() => groups.find(deployment.containerGroup, signal), clock, signal);
    for (const { name } of group?.containers ?? []) {
      if (name === gatewayContainer) continue;
      const lines = (await groups.log(deployment.containerGroup, name, shownLines, signal)).map((line) =>
        ledger.clean(line),
      );
      logs.push({ container: name, lines });
      log.group(`Container ${name}: the last ${shownLines} lines of its log`);
      log.info(lines.length > 0 ? lines.join('\n') : 'It has written nothing.');
      log.endGroup();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    log.info(`What the container wrote cannot be read: ${messageOf(error)}`);
  }
  return logs;
}

/** The last line that tells of an error; undefined where none does. */
export function lineOfCause(logs: readonly ContainerLog[] | undefined): string | undefined {
  return logs
    ?.flatMap(({ lines }) => lines)
    .findLast((line) => /\b\w*(error|exception)\b\s*[:(]|\b(no module named|exception during|failed)\b/i.test(line))
    ?.trim();
}
