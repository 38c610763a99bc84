import { OciError } from './ociError';

/** A part of a list. */
export interface Page<T> {
  readonly entries: readonly T[];
  /** The header Link, where there is more. */
  readonly headers: { link?: string };
}

/** One page of sorted names by `n` and `last`, with the link to the next one. */
export function pageOfNames(names: readonly string[], query: URLSearchParams, path: string): Page<string> {
  const last = query.get('last');
  const after = last === null ? names : names.filter((name) => name > last);
  const limit = pageSize(query);
  if (after.length <= limit) return { entries: after, headers: {} };
  const entries = after.slice(0, limit);
  const next = `${path}?n=${limit}&last=${encodeURIComponent(entries.at(-1) as string)}`;
  return { entries, headers: { link: `<${next}>; rel="next"` } };
}

interface Entry<T> {
  readonly key: string;
  readonly time: string;
  readonly entry: T;
}

/** One page by `n` and `last`, in the order that is asked for: by name unless told. */
export function pageInOrder<T>(entries: ReadonlyArray<Entry<T>>, query: URLSearchParams, path: string): Page<T> {
  const order = query.get('orderby') ?? '';
  if (!/^(none|timeasc|timedesc)?$/.test(order)) {
    throw new OciError(400, 'UNSUPPORTED', `The order '${order}' is not one of none, timeasc and timedesc.`);
  }
  const sorted = [...entries].sort(by(order.startsWith('time') ? 'time' : 'key'));
  if (order === 'timedesc') sorted.reverse();
  const last = query.get('last');
  const rest = sorted.slice(last === null ? 0 : sorted.findIndex(({ key }) => key === last) + 1);
  const limit = pageSize(query);
  const page = rest.slice(0, limit);
  const found = page.map(({ entry }) => entry);
  if (page.length === rest.length) return { entries: found, headers: {} };
  const next = new URLSearchParams({ n: String(limit), last: page.at(-1)?.key ?? '', ...(order && { orderby: order }) }); // prettier-ignore
  return { entries: found, headers: { link: `<${path}?${next}>; rel="next"` } };
}

function by(field: 'key' | 'time'): (a: Entry<unknown>, b: Entry<unknown>) => number {
  return (a, b) => {
    if (a[field] === b[field]) return 0;
    return a[field] < b[field] ? -1 : 1;
  };
}

/** How many entries a list may have at most: infinitely many unless told. */
function pageSize(query: URLSearchParams): number {
  const n = query.get('n');
  if (n === null) return Infinity;
  if (/^\d+$/.test(n)) return Number(n);
  throw new OciError(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n });
}
