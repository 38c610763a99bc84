import { stringifyExact } from '../../common/json/exactJson';
import { isNumber } from '../requests/numbers';
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

/** A request that a sound service refuses with a status of 400 to 499. */
export interface NegativeCase {
  readonly kind: NegativeKind;
  /** Undefined where none can be made from the good request; `why` tells. */
  readonly request?: HttpRequest;
  readonly why?: string;
  /** A service may close the connection instead of reading all of a body that is too large. */
  readonly mayClose?: boolean;
}

/** Larger than any sane scoring request; Azure ML's own online endpoints take 1.5 MB, Kestrel and nginx by default 30 and 1. */
const oversizedBytes = 16 * 1024 * 1024;

/**
 * Makes the bad requests out of a good one.
 * @param json the good request's body as JSON; undefined where it is not JSON
 * @param hasKey whether the endpoint takes a key
 */
export function negativeCases(
  kinds: readonly NegativeKind[],
  good: HttpRequest,
  json: unknown,
  hasKey: boolean,
): NegativeCase[] {
  const withBody = (body: Buffer | string): HttpRequest => ({ ...good, body: Buffer.from(body) });
  const withJson = (kind: NegativeKind, value: unknown, why: string): NegativeCase =>
    value === undefined ? { kind, why } : { kind, request: withBody(stringifyExact(value)) };
  const withHeaders = (change: Record<string, string | undefined>): HttpRequest => ({
    ...good,
    headers: Object.fromEntries(
      Object.entries({ ...good.headers, ...change }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    ),
  });
  return kinds.map((kind): NegativeCase => {
    switch (kind) {
      case 'malformedJson':
        return json === undefined
          ? { kind, why: 'The good request is not JSON.' }
          : { kind, request: withBody(stringifyExact(json).slice(0, -1)) };
      case 'wrongType':
        return withJson(kind, withWrongType(json), 'The good request has no number to replace.');
      case 'missingColumn':
        return withJson(kind, withoutColumn(json), 'The good request has no named columns.');
      case 'extraColumn':
        return withJson(kind, withExtraColumn(json), 'The good request has no named columns.');
      case 'emptyBody':
        return { kind, request: withBody('') };
      case 'oversizedBody':
        return {
          kind,
          request: withBody(JSON.stringify({ unexpected: 'x'.repeat(oversizedBytes) })),
          mayClose: true,
        };
      case 'wrongMethod':
        return { kind, request: { ...good, method: 'DELETE', body: undefined } };
      case 'wrongKey':
        return hasKey
          ? { kind, request: withHeaders({ authorization: 'Bearer not-the-key' }) }
          : { kind, why: 'The endpoint takes no key (input apiKey is empty).' };
      case 'missingKey':
        return hasKey
          ? { kind, request: withHeaders({ authorization: undefined }) }
          : { kind, why: 'The endpoint takes no key (input apiKey is empty).' };
    }
  });
}

type Row = Record<string, unknown>;
const isRow = (value: unknown): value is Row =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !isNumber(value);
/** pandas' split form: {columns, data}, maybe with an index. */
const isSplit = (value: unknown): value is { columns: unknown[]; data: unknown[][] } =>
  isRow(value) && Array.isArray(value.columns) && Array.isArray(value.data) && value.data.every(Array.isArray);

/** Changes the first table in the body: a pandas split, a list of records, or a record. undefined where there is none. */
function changeTable(
  value: unknown,
  split: (table: { columns: unknown[]; data: unknown[][] }) => unknown,
  row: (row: Row) => Row,
): unknown {
  if (isSplit(value)) return split(value);
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isRow)) return value.map(row);
    return undefined;
  }
  if (!isRow(value)) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner !== 'object' || inner === null) continue;
    const changed = changeTable(inner, split, row);
    if (changed !== undefined) return { ...value, [key]: changed };
  }
  const isRecord =
    Object.keys(value).length > 0 &&
    Object.values(value).every((each) => typeof each !== 'object' || each === null || isNumber(each));
  return isRecord ? row(value) : undefined;
}

function withoutColumn(json: unknown): unknown {
  return changeTable(
    json,
    ({ columns, data, ...rest }) => ({ ...rest, columns: columns.slice(1), data: data.map((row) => row.slice(1)) }),
    (row) => Object.fromEntries(Object.entries(row).slice(1)),
  );
}

function withExtraColumn(json: unknown): unknown {
  return changeTable(
    json,
    ({ columns, data, ...rest }) => ({
      ...rest,
      columns: [...columns, 'unexpected_column'],
      data: data.map((row) => [...row, 1]),
    }),
    (row) => ({ ...row, unexpected_column: 1 }),
  );
}

/** Puts a text in place of the first number, wherever it stands. */
function withWrongType(json: unknown): unknown {
  if (isNumber(json)) return 'not a number';
  if (Array.isArray(json)) {
    for (const [index, each] of json.entries()) {
      const changed = withWrongType(each);
      if (changed !== undefined) return json.with(index, changed);
    }
    return undefined;
  }
  if (!isRow(json)) return undefined;
  for (const [key, each] of Object.entries(json)) {
    // A table's index names its rows; a text there is no mistake.
    if (key === 'index' && isSplit(json)) continue;
    const changed = withWrongType(each);
    if (changed !== undefined) return { ...json, [key]: changed };
  }
  return undefined;
}
