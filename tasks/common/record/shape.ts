import schema from './record.schema.json';

/**
 * Checks that a parsed record has the fields that record.schema.json demands.
 * @returns what is wrong, one sentence each
 */
export async function checkShape(value: unknown): Promise<string[]> {
  // Loaded when needed: the validator takes longer to start than a task needs to read its inputs.
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath || 'The record'} ${message}${params.additionalProperty ? `: ${params.additionalProperty}` : ''}.`,
  );
}
