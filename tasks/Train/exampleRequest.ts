/** What MLflow's file MLmodel says of requests. Source: mlflow.org, MLflow Model, "Model Signatures" and "Model Input Example". */
export interface MlModel {
  /** `inputs` is JSON text: columns, or tensors. */
  signature?: { inputs?: string };
  saved_input_example_info?: { serving_input_path?: string };
}

interface Column {
  name?: string;
  type?: unknown;
  'tensor-spec'?: { dtype?: string; shape?: number[] };
}

/** A tensor of more values makes no request that anybody would read. */
const largestTensor = 100_000;

/** JSON of a value of each of MLflow's types; those that are not here need an example of their own. */
const values: Record<string, string> = {
  integer: '1',
  long: '1',
  float: '1.0',
  double: '1.0',
  boolean: 'true',
  string: '"a"',
  datetime: '"2024-01-01T00:00:00"',
};

/**
 * The text of a request that an MLflow model must take, made of its signature.
 * @param inputs `signature.inputs` of MLmodel
 * @returns undefined where there is no signature, or one whose types say too little
 */
export function requestOfSignature(inputs: string | undefined): string | undefined {
  const columns = parsed(inputs);
  if (!columns || columns.length === 0) return undefined;
  return columns.every(({ type }) => type === 'tensor') ? ofTensors(columns) : ofColumns(columns);
}

function parsed(inputs: string | undefined): Column[] | undefined {
  try {
    const value: unknown = JSON.parse(inputs ?? 'null');
    return Array.isArray(value) ? (value as Column[]) : undefined;
  } catch {
    return undefined;
  }
}

function ofColumns(columns: readonly Column[]): string | undefined {
  const row = columns.map(({ type }) => values[String(type)]);
  if (row.some((value) => value === undefined) || columns.some(({ name }) => name === undefined)) return undefined;
  const names = columns.map(({ name }) => JSON.stringify(name));
  return `{"dataframe_split": {"columns": [${names.join(', ')}], "data": [[${row.join(', ')}]]}}`;
}

function ofTensors(columns: readonly Column[]): string | undefined {
  const tensors = columns.map((column) => tensorOf(column['tensor-spec']));
  if (tensors.some((tensor) => tensor === undefined)) return undefined;
  const [only] = columns;
  if (columns.length === 1 && only!.name === undefined) return `{"inputs": ${tensors[0]}}`;
  const named = columns.map(({ name }, index) => `${JSON.stringify(name ?? String(index))}: ${tensors[index]}`);
  return `{"inputs": {${named.join(', ')}}}`;
}

/** Nested lists of ones; a length that the signature leaves open is one. */
function tensorOf({ dtype = '', shape = [] }: NonNullable<Column['tensor-spec']> = {}): string | undefined {
  const lengths = shape.map((length) => (length < 0 ? 1 : length));
  const value = /^u?int/.test(dtype) ? '1' : /^float/.test(dtype) ? '1.0' : dtype === 'bool' ? 'true' : undefined;
  const count = lengths.reduce((product, length) => product * length, 1);
  if (value === undefined || lengths.length === 0 || count > largestTensor) return undefined;
  return lengths.reduceRight((inner, length) => `[${Array<string>(length).fill(inner).join(', ')}]`, value);
}

/** A requests file of one request whose answer nobody knows beforehand. */
export const requestsFileOf = (name: string, request: string): string =>
  `[{"name": ${JSON.stringify(name)}, "request": ${request.trim()}}]\n`;
