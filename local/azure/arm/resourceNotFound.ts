import { ArmError } from '../context';

/**
 * What the resource manager answers where there is no such resource.
 * @param type with the names of the resources above it, e.g. `Microsoft.Storage/storageAccounts`
 */
export function resourceNotFound(type: string, name: string, group: string): ArmError {
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}
