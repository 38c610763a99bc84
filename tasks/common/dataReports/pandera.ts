import { isObject, ValueCollector, type ReportValues } from './reportValues';

/**
 * What pandera tells of a lazy validation: `SchemaErrors.message`, by reason under SCHEMA and DATA, or `SchemaErrors.failure_cases`, the
 * table as pandas or Polars writes it. It names what fails and nothing else, so that there are no values by column: of a column
 * that is not named nobody knows whether it was looked at.
 * @returns undefined where it is not a report of pandera
 */
export function readPandera(content: unknown): ReportValues | undefined {
  const collected = new ValueCollector();
  const [schema, data] = isObject(content) ? [errorsIn(content.SCHEMA), errorsIn(content.DATA)] : [];
  if (isObject(content) && (schema !== undefined || data !== undefined)) {
    const others = Object.keys(content).filter((key) => key !== 'SCHEMA' && key !== 'DATA');
    if (others.length > 0) return undefined;
    const errors = (schema ?? 0) + (data ?? 0);
    collected.add('success', errors === 0);
    collected.add('errors', errors);
    collected.add('schema_errors', schema ?? 0);
    collected.add('data_errors', data ?? 0);
    return collected;
  }
  const cases = failureCases(content);
  if (cases === undefined) return undefined;
  collected.add('success', cases === 0);
  collected.add('failure_cases', cases);
  return collected;
}

/** How many errors are listed by reason: {"WRONG_DATATYPE": [{…}, …]}. */
function errorsIn(reasons: unknown): number | undefined {
  if (!isObject(reasons)) return undefined;
  const lists = Object.values(reasons);
  return lists.every((each) => Array.isArray(each))
    ? lists.reduce<number>((total, each) => total + (each as unknown[]).length, 0)
    : undefined;
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
