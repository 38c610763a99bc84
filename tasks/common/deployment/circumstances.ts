import type { ContainerGroup, ContainerGroups } from '../azure/containerGroups/containerGroups';
import { whyNotAccessible, type Finding } from '../azure/containerGroups/imageAccess';
import { usageOf, whereItFits } from '../azure/containerGroups/regions';
import type { Cause } from './causes';
import type { DeploymentPorts } from './ports';
import { messageOf } from '../messageOf';

/**
 * Asks Azure about what surrounds a failure, with the service connection's own rights: it can tell more than the
 * failure itself does.
 * @returns the cause, made more precise where something was found
 */
export async function withCircumstances(
  cause: Cause,
  groups: ContainerGroups,
  definition: ContainerGroup,
  { log, signal }: Pick<DeploymentPorts, 'log' | 'signal'>,
): Promise<Cause> {
  try {
    const found = await lookAround(cause, groups, definition, signal);
    if (!found) return cause;
    return { ...cause, problem: `${cause.problem} ${found.finding}`, remedy: found.remedy ?? cause.remedy };
  } catch (error) {
    if (signal.aborted) throw error;
    // Not every connection may read all of this; the cause stands without it.
    log.debug(`Looking further failed: ${messageOf(error)}`);
    return cause;
  }
}

async function lookAround(
  { name }: Cause,
  groups: ContainerGroups,
  definition: ContainerGroup,
  signal: AbortSignal,
): Promise<(Pick<Finding, 'finding'> & Partial<Finding>) | undefined> {
  if (name === 'imageNotAccessible') return whyNotAccessible(groups.session, definition, signal);
  if (name !== 'capacity' && name !== 'quota') return undefined;
  const finding =
    name === 'capacity'
      ? await whereItFits(groups, definition, signal)
      : await usageOf(groups, definition.location ?? '', signal);
  return finding ? { finding } : undefined;
}
