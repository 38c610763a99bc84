import { checkSchema, type Schema } from './checkSchema';
import schema from './record.schema.json';

/**
 * Checks that a parsed record has the fields that record.schema.json demands.
 * @returns what is wrong, one sentence each
 */
export function checkShape(value: unknown): string[] {
  return checkSchema(value, schema as Schema).map(([place, problem]) => `${place || 'The record'} ${problem}.`);
}
