/**
 * JSON values as YAML in blocks, so that people can read a card's front matter. Strings stand in JSON's quotes, which YAML reads
 * as they are; PyYAML, by which the hub reads it, wants a point in a number with an exponent, and no character
 * that does not print. Nor is there one that turns the direction of writing.
 */
export function yamlText(value: Readonly<Record<string, unknown>>): string {
  return entries(value, '').join('\n');
}

function entries(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, each]) => item(`${indent}${name(key)}:`, each, indent));
}

function item(start: string, value: unknown, indent: string): string[] {
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object') return [`${start} ${scalar(value)}`];
  const isList = Array.isArray(value);
  if (Object.keys(value).length === 0) return [`${start} ${isList ? '[]' : '{}'}`];
  if (!isList) return [start, ...entries(value, `${indent}  `)];
  return [
    start,
    ...value.flatMap((each: unknown) => {
      const inner = `${indent}  `;
      if (each === null || typeof each !== 'object' || Array.isArray(each) || Object.keys(each).length === 0)
        return [`${inner}- ${flow(each)}`];
      const [first, ...rest] = entries(each, `${inner}  `);
      return [`${inner}- ${first!.trimStart()}`, ...rest];
    }),
  ];
}

/** A value within a list of lists: on one line, as JSON, which is YAML too. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, each]) => `${quoted(key)}: ${flow(each)}`)
      .join(', ')}}`;
  return scalar(value);
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return String(value).replace(/^(-?\d+)e/, '$1.0e');
  return JSON.stringify(value) ?? 'null';
}

const name = (key: string): string =>
  /^[A-Za-z_][\w-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key) ? key : quoted(key);

/** JSON of which every character can be seen; it says the same. */
export const visibleJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const quoted = (text: string): string => visibleJson(text);
