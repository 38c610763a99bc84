import path from 'node:path';
import type { ServiceEndpoint } from '../serviceEndpoint';
import type { TaskDefinition, TaskInput } from './taskDefinition';
import { inheritedEnvironment } from './taskEnvironment';
import { expandMacros, type Variables } from './variables';

/** An input by its name or one of its aliases, without case, as the server resolves them. */
export function findInput(task: TaskDefinition, name: string): TaskInput | undefined {
  const same = (other: string) => other.toLowerCase() === name.toLowerCase();
  return task.inputs.find((input) => same(input.name)) ?? task.inputs.find((input) => input.aliases?.some(same));
}

/** Service connections in an input, which names them by name or id, several with commas between. */
export function endpointsOf(value: string, endpoints: ServiceEndpoint[]): ServiceEndpoint[] {
  return value
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .map((item) => endpoints.find(({ id, name }) => id.toLowerCase() === item || name.toLowerCase() === item))
    .filter((endpoint) => endpoint !== undefined);
}

export function isConnectedService(input: TaskInput): boolean {
  return input.type.toLowerCase().startsWith('connectedservice:');
}

/** Variables put in, and then what is left of the agent's own environment (VarUtil.ExpandEnvironmentVariables). */
export function expandInput(text: string, variables: Variables): string {
  const expanded = variables.expand(text);
  if (!expanded.includes('$(')) return expanded;
  const environment = inheritedEnvironment();
  return expandMacros(expanded, (name) => environment[name]);
}

/**
 * The inputs as the agent hands them to a task (TaskRunner): defaults of task.json, over them what the step says, trimmed,
 * variables put in, service connections by id, `filePath` inputs rooted. Keys are the names of task.json.
 */
export function resolveInputs(
  task: TaskDefinition,
  given: Record<string, string>,
  context: { variables: Variables; endpoints: ServiceEndpoint[]; rootFolder: string },
): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const input of task.inputs) inputs[input.name] = String(input.defaultValue ?? '').trim();
  for (const [name, value] of Object.entries(given)) inputs[findInput(task, name)?.name ?? name] = value.trim();
  for (const name of Object.keys(inputs)) inputs[name] = expandInput(inputs[name]!, context.variables);
  for (const input of task.inputs) {
    const value = inputs[input.name]!;
    if (isConnectedService(input) && value !== '') {
      const found = endpointsOf(value, context.endpoints);
      if (found.length > 0) inputs[input.name] = found.map(({ id }) => id).join(',');
    }
    // An empty filePath becomes the root itself; tasks tell that apart by task-lib's filePathSupplied.
    if (input.type.toLowerCase() === 'filepath') inputs[input.name] = path.resolve(context.rootFolder, value);
  }
  return inputs;
}
