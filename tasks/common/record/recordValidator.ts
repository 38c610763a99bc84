import type { ValidateFunction } from 'ajv';
import schema from './record.schema.json';

/** How the schema is compiled, in Ajv's words: what several places refer to becomes one function, as each task carries the code. */
export const validatorOptions = { allErrors: true, allowUnionTypes: true, inlineRefs: false };

/**
 * The compiled record.schema.json. In a built task the outcome stands in the place of this module (scripts/build.ts): to
 * load the compiler and to compile takes longer than all else that a task does before its first request.
 */
export async function recordValidator(): Promise<ValidateFunction> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  return new Ajv2020(validatorOptions).compile(schema);
}
