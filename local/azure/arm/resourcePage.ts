import type { FastifyRequest } from 'fastify';
import { ArmError } from '../context';

export interface ListQuery {
  $filter?: string;
  $top?: string;
  $skiptoken?: string;
}

/** One page of a list of the resource manager's own, and the link to the next. `url` is that of local Azure itself. */
export function resourcePage<T>(
  request: Pick<FastifyRequest<{ Querystring: ListQuery }>, 'query' | 'url'>,
  url: string,
  all: T[],
): { value: T[]; nextLink?: string } {
  const { $top, $skiptoken, ...rest } = request.query;
  const size = Number($top ?? 1000);
  const start = Number($skiptoken ?? 0);
  if (!Number.isInteger(size) || size < 1 || !Number.isInteger(start) || start < 0) {
    throw new ArmError(400, 'InvalidTopValue', "The '$top' or '$skiptoken' is not valid.");
  }
  const next = start + size;
  if (next >= all.length) return { value: all.slice(start) };
  const parameters = new URLSearchParams({ ...rest, ...($top && { $top }), $skiptoken: String(next) });
  return { value: all.slice(start, next), nextLink: `${url}${request.url.split('?')[0]}?${parameters}` };
}
