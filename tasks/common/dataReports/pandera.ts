import { isObject, ValueCollector, type ReportValues } from './reportValues';

/**
 * What pandera tells of a lazy validation: `SchemaErrors.message`, by reason under SCHEMA and DATA, or `SchemaErrors.failure_cases`, the
 * table as pandas or Polars writes it. It names what fails and nothing else, so that there are no values by column: of a column
 * that is not named nobody knows whether it was looked at.
 * @returns undefined where it is not a report of pandera
 * @throws Error that says what such a report lacks
 */
export function readPandera(content: unknown): ReportValues | undefined {
  const collected = new ValueCollector();
  if (isObject(content) && isMessage(content)) {
    const [schema, data] = [errorsIn('SCHEMA', content), errorsIn('DATA', content)];
    collected.add('success', schema + data === 0);
    collected.add('errors', schema + data);
    collected.add('schema_errors', schema);
    collected.add('data_errors', data);
    return collected;
  }
  const cases = failureCases(content);
  if (cases === undefined) return undefined;
  collected.add('success', cases === 0);
  collected.add('failure_cases', cases);
  return collected;
}

function isMessage(content: Record<string, unknown>): boolean {
  const keys = Object.keys(content);
  return (
    (isObject(content.SCHEMA) || isObject(content.DATA)) && keys.every((key) => key === 'SCHEMA' || key === 'DATA')
  );
}

/**
 * How many errors are listed by reason: {"WRONG_DATATYPE": [{…}, …]}. A part that is not there has none.
 * @throws Error where there is something else
 */
function errorsIn(part: 'SCHEMA' | 'DATA', content: Record<string, unknown>): number {
  if (!(part in content)) return 0;
  const reasons = content[part];
  if (!isObject(reasons)) throw new Error(`its ${part} does not list errors by reason`);
  return Object.entries(reasons).reduce((total, [reason, errors]) => {
    if (!Array.isArray(errors))
      throw new Error(`its ${part} has something else than a list of errors for ${reason.slice(0, 80)}`);
    return total + errors.length;
  }, 0);
}

/** The columns that each table of failure cases has. */
const columns = ['schema_context', 'check', 'failure_case'];

/** The rows of the table, in the orientation records, columns, index or split; none can only be told in columns and split. */
function failureCases(content: unknown): number | undefined {
  const isCase = (row: unknown) => isObject(row) && columns.every((name) => name in row);
  if (Array.isArray(content)) return content.length > 0 && content.every(isCase) ? content.length : undefined;
  if (!isObject(content)) return undefined;
  if (isCase(content)) return isObject(content.check) ? Object.keys(content.check).length : undefined;
  if (Array.isArray(content.columns) && Array.isArray(content.data)) {
    const names = content.columns;
    return columns.every((name) => names.includes(name)) ? content.data.length : undefined;
  }
  const rows = Object.values(content);
  return rows.length > 0 && rows.every(isCase) ? rows.length : undefined;
}
