/**
 * Checks that a parsed record has the fields that record.schema.json demands.
 * @returns what is wrong, one sentence each
 */
export async function checkShape(value: unknown): Promise<string[]> {
  const { recordValidator } = await import('./recordValidator');
  const validate = await recordValidator();
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath || 'The record'} ${message}${params.additionalProperty ? `: ${params.additionalProperty}` : ''}.`,
  );
}
