import type { TaskInput, TaskManifest } from './taskManifest';
import { parseVisibleRule, type VisibleCondition } from './visibleRule';

/** Of two or more inputs one must be given. task.json cannot say so; test/contract/requiredInputs.test.ts holds it against the tasks. */
const oneOf: Record<string, string[][]> = {
  MLOpsTrain: [['environment', 'condaFile']],
  MLOpsEvaluate: [['criteria', 'criteriaFile']],
};
/** What a connection that is scoped to a resource group or a workspace says too, and no record does. */
const unlessScoped: Record<string, string[]> = {
  MLOpsTrain: ['resourceGroup', 'workspace'],
  MLOpsDeployACI: ['resourceGroup'],
};

function holds({ input, operator, value }: VisibleCondition, values: Record<string, string>): boolean {
  const actual = (values[input] ?? '').toLowerCase();
  if (operator === '=') return actual === value.toLowerCase();
  if (operator === '!=') return actual !== value.toLowerCase();
  throw new Error(`The rule's operator ${operator} is not expected here.`);
}

/** Whether the designer shows an input, given the values of the others (defaults included). */
export function isVisible({ visibleRule }: TaskInput, values: Record<string, string>): boolean {
  if (visibleRule === undefined) return true;
  const conditions = parseVisibleRule(visibleRule);
  return visibleRule.includes('||')
    ? conditions.some((each) => holds(each, values))
    : conditions.every((each) => holds(each, values));
}

/** The inputs' defaults, by name. */
export function defaultValues(task: TaskManifest): Record<string, string> {
  return Object.fromEntries(task.inputs.map(({ name, defaultValue }) => [name, String(defaultValue ?? '')]));
}

/** When an input must be given, in words; undefined where it is optional. */
export function requirement(task: TaskManifest, input: TaskInput): string | undefined {
  const when = input.visibleRule === undefined ? '' : ` when \`${input.visibleRule}\``;
  if (input.required === true && !input.defaultValue) return `**required**${when}`;
  const others = (oneOf[task.name] ?? []).find((names) => names.includes(input.name));
  if (others) {
    const names = others.filter((name) => name !== input.name).map((name) => `\`${name}\``);
    return `**required**${when}, unless ${names.join(' or ')} is given`;
  }
  if (unlessScoped[task.name]?.includes(input.name)) {
    return '**required** unless the service connection is scoped to one';
  }
  return undefined;
}

/**
 * The names of the inputs that must be given with these values, under a connection that is scoped to a subscription. Of
 * several of which one is needed it is the first.
 */
export function neededInputs(task: TaskManifest, values: Record<string, string>): string[] {
  const first = (oneOf[task.name] ?? []).map(([name]) => name);
  const all = { ...defaultValues(task), ...values };
  return task.inputs
    .filter((input) => isVisible(input, all))
    .filter(({ name, required, defaultValue }) => {
      const isRequired = required === true && !defaultValue;
      return isRequired || first.includes(name) || (unlessScoped[task.name] ?? []).includes(name);
    })
    .map(({ name }) => name);
}
