import { stringifyExact } from '../../common/json/exactJson';
import { isNumber } from '../../common/comparison/numbers';
import type { HttpRequest } from '../requests/scoringClient';

export const negativeKinds = [
  'malformedJson',
  'wrongType',
  'missingColumn',
  'extraColumn',
  'emptyBody',
  'oversizedBody',
  'wrongMethod',
  'wrongKey',
  'missingKey',
] as const;
export type NegativeKind = (typeof negativeKinds)[number];

/** A request that a careful service refuses with a status of 400 to 499. */
export interface BadRequest {
  readonly kind: NegativeKind;
  /** What is sent, for people. */
  readonly name: string;
  /** Undefined where none can be made from the good request; `why` tells. */
  readonly request?: HttpRequest;
  readonly why?: string;
  /** A service may close the connection instead of reading all of a body that is too large. */
  readonly mayClose?: boolean;
}

/** Larger than any sane scoring request; Azure ML's own online endpoints take 1.5 MB, Kestrel and nginx by default 30 and 1. */
const oversizedMegabytes = 16;

/** A body that was changed, and where. */
interface Change {
  readonly value: unknown;
  readonly name: string;
}

/**
 * Makes the bad requests out of a good one.
 * @param json the good request's body as JSON; undefined where it is not JSON
 * @param hasKey whether the endpoint takes a key
 */
export function badRequests(
  kinds: readonly NegativeKind[],
  good: HttpRequest,
  json: unknown,
  hasKey: boolean,
): BadRequest[] {
  return kinds.map((kind) => ({ kind, ...badRequest(kind, good, json, hasKey) }));
}

function badRequest(kind: NegativeKind, good: HttpRequest, json: unknown, hasKey: boolean): Omit<BadRequest, 'kind'> {
  const withBody = (body: string): HttpRequest => ({ ...good, body: Buffer.from(body) });
  const changed = (change: Change | undefined, name: string, why: string): Omit<BadRequest, 'kind'> =>
    change ? { name: change.name, request: withBody(stringifyExact(change.value)) } : { name, why };
  const noKey = 'The endpoint takes no key (input apiKey is empty).';
  const noColumns = 'The good request has no named columns.';
  switch (kind) {
    case 'malformedJson': {
      const name = 'JSON that is cut off';
      if (json === undefined) return { name, why: 'The good request is not JSON.' };
      // A number or a word without its last character may be one still.
      const text = stringifyExact(json);
      return { name, request: withBody(/[\]}"]$/.test(text) ? text.slice(0, -1) : `[${text}`) };
    }
    case 'wrongType':
      return changed(withWrongType(json), 'text instead of a number', 'The good request has no number to replace.');
    case 'missingColumn':
      return changed(withoutColumn(json), 'without one of its columns', noColumns);
    case 'extraColumn':
      return changed(withExtraColumn(json), 'with an additional column', noColumns);
    case 'emptyBody':
      return { name: 'an empty body', request: withBody('') };
    case 'oversizedBody':
      return {
        name: `a body of ${oversizedMegabytes} MB`,
        request: withBody(JSON.stringify({ unexpected: 'x'.repeat(oversizedMegabytes * 1024 * 1024) })),
        mayClose: true,
      };
    case 'wrongMethod':
      return { name: `DELETE instead of ${good.method}`, request: { ...good, method: 'DELETE', body: undefined } };
    case 'wrongKey':
      return hasKey
        ? { name: 'a wrong key', request: withKey(good, 'not-the-key') }
        : { name: 'a wrong key', why: noKey };
    case 'missingKey':
      return hasKey ? { name: 'without the key', request: withKey(good) } : { name: 'without the key', why: noKey };
  }
}

function withKey(good: HttpRequest, key?: string): HttpRequest {
  const { authorization: _, ...others } = good.headers;
  return { ...good, headers: key === undefined ? others : { ...others, authorization: `Bearer ${key}` } };
}

type Row = Record<string, unknown>;
const isRow = (value: unknown): value is Row =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !isNumber(value);
/** pandas' split form: {columns, data}, maybe with an index. */
type Split = { columns: unknown[]; data: unknown[][] };
const isSplit = (value: unknown): value is Split =>
  isRow(value) && Array.isArray(value.columns) && Array.isArray(value.data) && value.data.every(Array.isArray);

/** Changes the first table in the body: a pandas split, a list of records, or a record. undefined where there is none. */
function changeTable(
  value: unknown,
  split: (table: Split) => Change | undefined,
  row: (row: Row) => Change | undefined,
): Change | undefined {
  if (isSplit(value)) return split(value);
  if (Array.isArray(value)) {
    if (value.length === 0 || !value.every(isRow)) return undefined;
    const changes = value.map(row);
    return changes[0] && { name: changes[0].name, value: changes.map((each) => each?.value) };
  }
  if (!isRow(value)) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner !== 'object' || inner === null) continue;
    const changed = changeTable(inner, split, row);
    if (changed) return { name: changed.name, value: { ...value, [key]: changed.value } };
  }
  const isRecord =
    Object.keys(value).length > 0 &&
    Object.values(value).every((each) => typeof each !== 'object' || each === null || isNumber(each));
  return isRecord ? row(value) : undefined;
}

function withoutColumn(json: unknown): Change | undefined {
  const name = (column: unknown) => `without the column ${stringifyExact(column)}`;
  return changeTable(
    json,
    ({ columns, data, ...rest }) =>
      columns.length === 0
        ? undefined
        : {
            name: name(columns[0]),
            value: { ...rest, columns: columns.slice(1), data: data.map((row) => row.slice(1)) },
          },
    (row) => {
      const [first] = Object.keys(row);
      if (first === undefined) return undefined;
      return { name: name(first), value: Object.fromEntries(Object.entries(row).slice(1)) };
    },
  );
}

function withExtraColumn(json: unknown): Change | undefined {
  const column = 'unexpected_column';
  const name = 'with an additional column';
  return changeTable(
    json,
    ({ columns, data, ...rest }) => ({
      name,
      value: { ...rest, columns: [...columns, column], data: data.map((row) => [...row, 1]) },
    }),
    (row) => ({ name, value: { ...row, [column]: 1 } }),
  );
}

/** Puts a text in place of the first number, wherever it stands. */
function withWrongType(json: unknown, where = ''): Change | undefined {
  if (isNumber(json)) {
    return {
      name: `text instead of the number${where && ` at ${where.replace(/^\./, '')}`}`,
      value: 'not a number',
    };
  }
  if (Array.isArray(json)) {
    for (const [index, each] of json.entries()) {
      const changed = withWrongType(each, `${where}[${index}]`);
      if (changed) return { ...changed, value: json.with(index, changed.value) };
    }
    return undefined;
  }
  if (!isRow(json)) return undefined;
  for (const [key, each] of Object.entries(json)) {
    // A table's index names its rows; a text there is no mistake.
    if (key === 'index' && isSplit(json)) continue;
    const changed = withWrongType(each, `${where}.${key}`);
    if (changed) return { ...changed, value: { ...json, [key]: changed.value } };
  }
  return undefined;
}
