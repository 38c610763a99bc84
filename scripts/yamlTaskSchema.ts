import type { TaskInput, TaskManifest } from './taskManifest';

type Schema = Record<string, unknown>;

/** The parts of Azure Pipelines' own YAML schema that name the tasks. */
interface PipelinesSchema {
  definitions: { task: { properties: { task: { anyOf: Schema[] } }; anyOf: Schema[] } };
}

function inputSchema(input: TaskInput): Schema {
  const description = input.label;
  const aliases = input.aliases ? { aliases: input.aliases } : {};
  if (input.type === 'boolean') return { type: 'boolean', description, ignoreCase: 'key', ...aliases };
  const isClosed = input.options !== undefined && input.properties?.EditableOptions !== 'True';
  if (isClosed) return { description, ignoreCase: 'all', enum: Object.keys(input.options!), ...aliases };
  return { type: 'string', description, ignoreCase: 'key', ...aliases };
}

/** Whether a YAML pipeline must give the input: the server refuses the step without it. */
function isMandatory({ required, defaultValue, visibleRule }: TaskInput): boolean {
  return required === true && !defaultValue && visibleRule === undefined;
}

/** What Azure DevOps adds to its YAML schema when an organisation installs these tasks. */
export function withTasks<T extends object>(schema: T, tasks: TaskManifest[]): T {
  const extended = structuredClone(schema) as unknown as PipelinesSchema;
  const { task: definition } = extended.definitions;
  for (const task of tasks) {
    const reference = `${task.name}@${task.version.Major}`;
    const mandatory = task.inputs.filter(isMandatory).map((input) => input.name);
    definition.properties.task.anyOf.push({ description: task.description, ignoreCase: 'value', enum: [reference] });
    definition.anyOf.push({
      properties: {
        task: { description: task.description, ignoreCase: 'value', pattern: `^${reference}$` },
        inputs: {
          description: `${task.friendlyName} inputs`,
          properties: Object.fromEntries(task.inputs.map((input) => [input.name, inputSchema(input)])),
          additionalProperties: false,
          required: mandatory,
        },
      },
      firstProperty: ['task'],
      required: mandatory.length > 0 ? ['task', 'inputs'] : ['task'],
    });
  }
  return extended as unknown as T;
}
