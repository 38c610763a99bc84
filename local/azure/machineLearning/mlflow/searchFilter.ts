import { MlflowError } from './mlflowError';

export type Value = string | number | undefined;

/** How a search reads what it finds: the value of `kind.name`, e.g. metrics.rmse. It throws for a name that there is not. */
export type ValueOf<T> = (candidate: T, kind: string, name: string) => Value;

const comparison =
  /^\s*(?:(\w+)\.)?(?:`([^`]+)`|"([^"]+)"|([\w./-]+))\s*(=|!=|>=|<=|>|<|I?LIKE\b|(?:NOT\s+)?IN\b)\s*(?:'([^']*)'|"([^"]*)"|(-?[\d.eE+-]+)|\(([^)]*)\))\s*/i;

const invalid = (message: string) => new MlflowError('INVALID_PARAMETER_VALUE', message);

/**
 * What MLflow's filter accepts (comparisons joined by AND), in the order asked for, else as `candidates` come. A clause that
 * is not understood is refused, as MLflow does.
 */
export function search<T>(
  candidates: T[],
  filter: string | undefined,
  orderBy: string[] | undefined,
  valueOf: ValueOf<T>,
): T[] {
  const conditions = parse(filter ?? '', valueOf);
  const found = candidates.filter((candidate) => conditions.every((holds) => holds(candidate)));
  const keys = (orderBy ?? []).map((text) => {
    const match = /^\s*(?:(\w+)\.)?(?:`([^`]+)`|"([^"]+)"|([\w./-]+))(?:\s+(ASC|DESC))?\s*$/i.exec(text);
    if (!match) throw invalid(`Invalid order_by clause '${text}'.`);
    const [, kind = 'attributes', backticked, quoted, plain, direction = 'ASC'] = match;
    return { kind, name: backticked ?? quoted ?? plain ?? '', sign: direction.toUpperCase() === 'DESC' ? -1 : 1 };
  });
  // An unknown field is refused even where there is nothing to sort.
  for (const { kind, name } of keys) if (candidates[0] !== undefined) valueOf(candidates[0], kind, name);
  // Each value is looked up once, however often it is compared.
  const valued = found.map((candidate) => ({ candidate, values: keys.map(({ kind, name }) => valueOf(candidate, kind, name)) })); // prettier-ignore
  valued.sort((one, other) => {
    for (const [index, { sign }] of keys.entries()) {
      const order = compare(one.values[index], other.values[index]);
      if (order !== 0) return sign * order;
    }
    return 0;
  });
  return valued.map(({ candidate }) => candidate);
}

/** One page of a list; a token that was never handed out is refused. */
export function pageOf<T>(
  all: T[],
  most: number | string | undefined,
  token: string | undefined,
  usual: number,
): { page: T[]; next: { next_page_token?: string } } {
  const size = most === undefined || most === '' ? usual : Number(most);
  if (!Number.isInteger(size) || size <= 0) {
    throw invalid(
      `Invalid value '${String(most)}' for parameter 'max_results' supplied: it must be a positive integer.`,
    );
  }
  const start = token ? Number(token) : 0;
  if (!Number.isInteger(start) || start < 0) throw invalid(`Invalid page token '${String(token)}'.`);
  const end = start + size;
  return { page: all.slice(start, end), next: end < all.length ? { next_page_token: String(end) } : {} };
}

/** Refuses a view that MLflow does not know; says whether what is deleted, or is not, belongs to it. */
export function inView(view: string | undefined): (isDeleted: boolean | undefined) => boolean {
  switch (String(view ?? 'ACTIVE_ONLY').toUpperCase()) {
    case 'ACTIVE_ONLY':
    case '1':
      return (isDeleted) => !isDeleted;
    case 'DELETED_ONLY':
    case '2':
      return (isDeleted) => isDeleted === true;
    case 'ALL':
    case '3':
      return () => true;
    default:
      throw invalid(`Invalid view type '${String(view)}'.`);
  }
}

function parse<T>(filter: string, valueOf: ValueOf<T>): Array<(candidate: T) => boolean> {
  const conditions: Array<(candidate: T) => boolean> = [];
  for (let rest = filter.trim(); rest;) {
    const { length, kind, name, isMet } = readCondition(rest);
    conditions.push((candidate) => isMet(valueOf(candidate, kind, name)));
    rest = rest.slice(length);
    const and = /^AND\s+/i.exec(rest);
    if (rest && !and) throw invalid(`Invalid clause(s) in filter string: '${rest}'.`);
    rest = rest.slice(and?.[0].length ?? 0);
  }
  return conditions;
}

interface Condition {
  /** Of its text. */
  length: number;
  kind: string;
  name: string;
  isMet: (value: Value) => boolean;
}

function readCondition(text: string): Condition {
  const match = comparison.exec(text);
  if (!match) throw invalid(`Invalid clause(s) in filter string: '${text}'.`);
  const [all, kind = 'attributes', backticked, quoted, plain, operator = '', single, double, number, list] = match;
  const name = backticked ?? quoted ?? plain ?? '';
  const comparator = operator.toUpperCase().replace(/\s+/g, ' ');
  if ((list !== undefined) !== /IN$/.test(comparator)) {
    throw invalid(`Invalid clause(s) in filter string: '${text}'.`);
  }
  const condition = { length: all.length, kind, name };
  if (list === undefined) {
    const wanted = number === undefined ? (single ?? double ?? '') : Number(number);
    return { ...condition, isMet: (value) => holds(value, comparator, wanted) };
  }
  const listed = list.split(',').map((each) => each.trim().replace(/^(['"])(.*)\1$/, '$2'));
  const isMet = (value: Value) => value !== undefined && listed.includes(String(value)) === (comparator === 'IN');
  return { ...condition, isMet };
}

function holds(value: Value, operator: string, wanted: string | number): boolean {
  if (value === undefined) return false;
  const order = compare(value, wanted);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    default: {
      const pattern = String(wanted)
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replace(/%/g, '.*')
        .replace(/_/g, '.');
      return new RegExp(`^${pattern}$`, operator === 'ILIKE' ? 'is' : 's').test(String(value));
    }
  }
}

function compare(one: Value, other: Value): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) < String(other) ? -1 : String(one) > String(other) ? 1 : 0;
}
