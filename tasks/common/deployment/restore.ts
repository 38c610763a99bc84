import type { ContainerGroup, ContainerGroups } from '../azure/containerGroups/containerGroups';
import { TaskFailure } from '../taskFailure';
import { apply, look } from './apply';
import { differences, notUpdatable } from './definitionChange';
import { deploymentTags } from './containers';
import { diagnose } from './diagnosis';
import type { PreviousDeployment } from './previousDeployment';
import type { DeploymentPorts } from './ports';
import { waitUntilReady, type Ready } from './readiness';

export interface Restoration {
  readonly groups: ContainerGroups;
  readonly name: string;
  readonly previous: PreviousDeployment;
  readonly minutes: number;
  /** Azure does not say what is there now: the definition is sent all the same, since sending may work where reading does not. */
  readonly isUnseen?: boolean;
}

/**
 * Brings the previous definition back and proves that it serves.
 * @throws TaskFailure if one of its secure values is not known (nothing is changed then) or if it does not serve either
 */
export async function restore(
  { groups, name, previous, minutes, isUnseen = false }: Restoration,
  ports: DeploymentPorts,
): Promise<Ready> {
  const definition = completeDefinition(previous, name);
  const deadline = ports.clock.now() + minutes * 60_000;
  try {
    const current = isUnseen ? undefined : await look(groups, name, deadline, ports);
    const provisioning = await apply(
      { groups, name, definition, deleteFirst: mustDelete(current, definition), ranBefore: true, deadline },
      ports,
    );
    // Azure restarts nothing for a definition that it has already.
    const before = current && isAsDefined(current, definition) ? undefined : current;
    return await waitUntilReady({ groups, name, provisioning, before, deadline }, ports);
  } catch (error) {
    const failure = await diagnose(error, { groups, name, definition, minutes }, ports);
    throw failure instanceof TaskFailure
      ? new TaskFailure(`The previous deployment of ${name} could not be restored. ${failure.message}`, undefined, {
          cause: error,
        })
      : failure;
  }
}

/** Whether Azure wants the group deleted before it takes the definition. */
export function mustDelete(current: ContainerGroup | undefined, definition: ContainerGroup): boolean {
  if (!current) return false;
  return (
    notUpdatable(current) !== undefined || differences(current, definition).some(({ needsDeletion }) => needsDeletion)
  );
}

function isAsDefined(current: ContainerGroup, definition: ContainerGroup): boolean {
  const { secrets } = deploymentTags;
  return differences(current, definition).length === 0 && current.tags?.[secrets] === definition.tags?.[secrets];
}

function completeDefinition({ definition, missing }: PreviousDeployment, name: string): ContainerGroup {
  if (!definition) throw new TaskFailure(`Nothing ran as ${name} before, so there is nothing to restore.`);
  if (missing.length === 0) return definition;
  throw new TaskFailure(
    `The previous deployment of ${name} cannot be restored: Azure never returns secret values, and this run was not given ${missing.join(', ')}.`,
    'Set them in the inputs of Deploy-ACI, also those that only the previous version needs, or deploy the previous release again.',
    { help: 'what-ran-before-is-not-restored' },
  );
}
