import type { ContainerGroup, ContainerGroups } from './containerGroups';

/**
 * Asks Azure about what surrounds a failure, with the service connection's own rights.
 * @returns a sentence, or undefined where there is nothing more to say or it may not be read
 */
export async function explainFurther(
  _cause: string,
  _groups: ContainerGroups,
  _definition: ContainerGroup,
  _signal: AbortSignal,
): Promise<string | undefined> {
  return Promise.resolve(undefined);
}
