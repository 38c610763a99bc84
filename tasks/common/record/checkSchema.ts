/** As much of JSON Schema 2020-12 as record.schema.json speaks. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** Of the whole schema. */
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** The place as a JSON pointer, and Ajv's words for what is wrong there. */
type Problem = readonly [place: string, problem: string];

/**
 * Checks a value by a schema as it is: the code that a compiler makes of it has ten times its size, in every task.
 * @returns all that is wrong
 */
export function checkSchema(value: unknown, root: Schema): Problem[] {
  const check = (each: unknown, schema: Schema, place: string): Problem[] => [
    ...(schema.$ref === undefined ? [] : check(each, root.$defs![schema.$ref.slice('#/$defs/'.length)]!, place)),
    ...ownProblems(each, schema).map((problem): Problem => [place, problem]),
    ...(schema.anyOf?.every((one) => check(each, one, place).length > 0)
      ? [[place, 'must match a schema in anyOf'] as const]
      : []),
    ...within(each, schema).flatMap(([name, inner, known]) => check(inner, known, `${place}/${name}`)),
  ];
  return check(value, root, '');
}

/** What is wrong with the value itself, whatever is in it. */
function ownProblems(value: unknown, schema: Schema): string[] {
  const { type, enum: allowed } = schema;
  return [
    type !== undefined && ![type].flat().some((one) => isOfType(value, one)) && `must be ${[type].flat().join()}`,
    'const' in schema && value !== schema.const && 'must be equal to constant',
    allowed && !allowed.includes(value) && 'must be equal to one of the allowed values',
    ...(typeof value === 'string' ? [patternProblem(value, schema)] : []),
    ...(typeof value === 'number' ? numberProblems(value, schema) : []),
    ...(isObject(value) ? nameProblems(value, schema) : []),
  ].filter((problem) => typeof problem === 'string');
}

const patternProblem = (value: string, { pattern }: Schema) =>
  pattern !== undefined && !new RegExp(pattern, 'u').test(value) && `must match pattern "${pattern}"`;

const numberProblems = (value: number, { minimum, exclusiveMinimum: above }: Schema) => [
  minimum !== undefined && value < minimum && `must be >= ${minimum}`,
  above !== undefined && value <= above && `must be > ${above}`,
];

function nameProblems(value: object, { required = [], properties = {}, additionalProperties }: Schema): string[] {
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
  return [
    ...missing.map((name) => `must have required property '${name}'`),
    ...(additionalProperties === false ? unknown : []).map((name) => `must NOT have additional properties: ${name}`),
  ];
}

/** What is in the value and has a schema of its own, by its name as a JSON pointer has it. */
function within(value: unknown, { items, properties = {}, additionalProperties }: Schema) {
  const names: Array<readonly [name: string, inner: unknown, known: Schema]> = [];
  if (Array.isArray(value) && items) value.forEach((inner, at) => names.push([String(at), inner, items]));
  if (!isObject(value)) return names;
  for (const [name, inner] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (typeof known === 'object') names.push([name.replace(/~/g, '~0').replace(/\//g, '~1'), inner, known]);
  }
  return names;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}
