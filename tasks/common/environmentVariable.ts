/**
 * Whether Azure takes it as the name of a container's environment variable, and a Dockerfile as that of an argument.
 * Source: the message of Azure's InvalidContainerEnvironmentVariable; Azure/azure-cli issue 21047, azure-rest-api-specs issue 19173.
 */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** What is wrong with it, for a sentence that has named it, or must not. */
export const variableNameRule = 'Use letters, digits and underscores only, and do not begin with a digit.';
