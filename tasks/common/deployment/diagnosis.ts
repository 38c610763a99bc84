import { isAzureFailure } from '../azure/http/azureFailure';
import type { ContainerGroup, ContainerGroups, ContainerState } from '../azure/containerGroups/containerGroups';
import { TaskFailure } from '../taskFailure';
import type { HelpTopic } from '../troubleshooting';
import { findCause, type CauseName, type Evidence } from './causes';
import { withCircumstances } from './circumstances';
import type { DeploymentPorts } from './ports';
import { NotReady } from './readiness';
import { messageOf } from '../messageOf';

const logLines = 40;

/** What the guide treats of the causes, where a sentence does not hold the remedy. */
const helpOn: Partial<Record<CauseName, HelpTopic>> = {
  quota: 'quota-and-capacity',
  capacity: 'quota-and-capacity',
  imageNotAccessible: 'the-image-cannot-be-pulled',
  rateLimit: 'the-image-cannot-be-pulled',
  certificate: 'certificates',
  crashInInit: 'the-container-does-not-serve',
  crash: 'the-container-does-not-serve',
  probeFailing: 'the-container-does-not-serve',
  wrongPort: 'the-container-does-not-serve',
  wrongPath: 'the-container-does-not-serve',
  unhealthy: 'the-container-does-not-serve',
  unreachable: 'the-container-does-not-serve',
};

/**
 * Finds out why a deployment failed: writes the events, states and last log lines of every container into the log, and
 * says in one sentence what is wrong and in one what to do.
 * @returns the failure to throw; errors that are not Azure's nor the containers' come back as they are
 */
export async function diagnose(
  error: unknown,
  {
    groups,
    name,
    definition,
    minutes,
  }: { groups: ContainerGroups; name: string; definition: ContainerGroup; minutes: number },
  ports: Pick<DeploymentPorts, 'log' | 'signal'>,
): Promise<Error> {
  const { log, signal } = ports;
  const evidence = await gather();
  if (!evidence) return error as Error;
  for (const container of evidence.group?.containers ?? []) {
    const { restartCount = 0, currentState, previousState, events = [] } = container.instanceView ?? {};
    log.group(`Container ${container.name}: state, events and the last ${logLines} lines of its log`);
    log.info(`image     ${container.image}`);
    log.info(`now       ${tellState(currentState)}`);
    log.info(`before    ${tellState(previousState)}`);
    log.info(`restarts  ${restartCount}`);
    for (const { count = 1, lastTimestamp, type, name: event, message } of events) {
      log.info(`event     ${lastTimestamp?.toISOString() ?? ''} ${type} ${event} (${count}): ${message}`);
    }
    for (const line of evidence.logs[container.name] ?? []) log.info(`log       ${line}`);
    log.endGroup();
  }
  const { name: cause, problem, remedy } = await withCircumstances(findCause(evidence), groups, definition, ports);
  return new TaskFailure(problem, remedy, { cause: error, help: helpOn[cause] });

  /** What cannot be read now must not keep the deployment from being undone. */
  async function logOf(container: string): Promise<string[]> {
    try {
      return await groups.log(name, container, logLines, signal);
    } catch (fault) {
      if (signal.aborted) throw fault;
      log.warning(`The log of the container ${container} cannot be read: ${messageOf(fault)}`);
      return [];
    }
  }

  async function gather(): Promise<Evidence | undefined> {
    const known = { definition, minutes };
    if (isAzureFailure(error)) {
      const isAnswer = error.status !== undefined && error.status !== 401 && error.status !== 403;
      return isAnswer ? { ...known, error: { code: error.code, message: error.serviceMessage }, logs: {} } : undefined;
    }
    if (!(error instanceof NotReady)) return undefined;
    const { reason, group, failure, answer, url, before } = error;
    const logs = Object.fromEntries(
      await Promise.all(
        (group?.containers ?? []).map(async (container) => [container.name, await logOf(container.name)] as const),
      ),
    );
    const told = failure && { code: failure.code, message: failure.serviceMessage };
    return { ...known, reason, group, before, error: told, answer, url, logs };
  }
}

function tellState(state: ContainerState | undefined): string {
  if (!state?.state) return 'not known';
  const { startTime, finishTime, exitCode, detailStatus } = state;
  return [
    state.state,
    detailStatus && `(${detailStatus})`,
    startTime && `since ${startTime.toISOString()}`,
    finishTime && `until ${finishTime.toISOString()}`,
    exitCode !== undefined && state.state === 'Terminated' && `exit code ${exitCode}`,
  ]
    .filter(Boolean)
    .join(' ');
}
