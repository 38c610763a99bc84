import type { FastifyRequest } from 'fastify';
import { invalid } from './mlError';

const usualPage = 100;

interface PagingQuery {
  $top?: string;
  $skip?: string;
  $skipToken?: string;
}

/**
 * One page of a list and the absolute link to the next. As the service, it hands out a link even when the caller asked for
 * `$top` items only.
 */
export function page<T>(request: FastifyRequest, url: string, all: T[]): { value: T[]; nextLink?: string } {
  const query = request.query as PagingQuery & Record<string, string>;
  const size = query.$top === undefined ? usualPage : Number(query.$top);
  if (!Number.isInteger(size) || size < 1) throw invalid(`'${query.$top}' is not a valid value of '$top'.`);
  const token = query.$skipToken ?? query.$skip;
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString() || Number.NaN);
  if (!Number.isInteger(start) || start < 0) throw invalid(`'${token}' is not a valid continuation token.`);
  const value = all.slice(start, start + size);
  const next = start + value.length;
  if (next >= all.length) return { value };
  const { $skip: _skip, ...rest } = query;
  const parameters = new URLSearchParams({ ...rest, $skipToken: Buffer.from(String(next)).toString('base64url') });
  return { value, nextLink: `${url}${request.url.split('?')[0]}?${parameters}` };
}
