import { stringifyExact } from '../../common/json/exactJson';
import { differences } from '../../common/comparison/differences';
import type { Tolerance } from '../../common/requestsFile/tolerance';

/** Judges a reply's JSON as parseExact gives it: what is wrong, one sentence each; an empty list if nothing is. */
export type Assertion = (json: unknown) => string[];

/** By its value, compared deeply; numbers by tolerance. */
export function valueAssertion(expected: unknown, tolerance: Tolerance): Assertion {
  return (json) => differences(json, expected, tolerance);
}

/**
 * By JSON Schema, of the draft that its `$schema` names: 2020-12 (unless told), 2019-09 or 7.
 * @throws Error that says why it is not a schema
 */
export async function schemaAssertion(schema: unknown): Promise<Assertion> {
  if (typeof schema !== 'boolean' && (schema === null || typeof schema !== 'object' || Array.isArray(schema)))
    throw new Error('it is neither an object nor true or false');
  const Ajv = await ajvFor(typeof schema === 'object' && '$schema' in schema ? String(schema.$schema) : undefined);
  // Without its logger: that one prints words of the schema, and they come from a file that training may have written.
  const validate = new Ajv({ allErrors: true, strict: false, logger: false }).compile(schema);
  return (json) =>
    validate(JSON.parse(stringifyExact(json)))
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message }) => `$${instancePath.replaceAll('/', '.')}: ${message ?? 'it does not fit'}.`,
        );
}

async function ajvFor(draft: string | undefined) {
  if (draft === undefined || draft.includes('2020-12')) return (await import('ajv/dist/2020.js')).Ajv2020;
  if (draft.includes('2019-09')) return (await import('ajv/dist/2019.js')).Ajv2019;
  if (draft.includes('draft-07')) return (await import('ajv')).Ajv;
  throw new Error(`its $schema "${draft}" is none of JSON Schema 2020-12, 2019-09 and draft-07`);
}

/**
 * By JSONPath (RFC 9535): something must be there, and each match must have the value.
 * @throws Error that says why it is not a JSONPath
 */
export async function pathAssertion(path: string, expected: unknown, tolerance: Tolerance): Promise<Assertion> {
  const { query } = await import('jsonpath-rfc9535');
  query({}, path);
  return (json) => {
    const matches: unknown[] = query(json as Parameters<typeof query>[0], path);
    if (matches.length === 0) return [`${path}: nothing is there.`];
    return matches.flatMap((match) =>
      differences(match, expected, tolerance).map((difference) => `${path}: ${difference}`),
    );
  };
}
