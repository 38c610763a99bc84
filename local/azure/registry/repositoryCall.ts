import type { FastifyReply } from 'fastify';
import type { Repository } from './repositoryStore';

/** A request about a repository, and the reply to it. */
export interface RepositoryCall {
  readonly reply: FastifyReply;
  readonly registry: string;
  readonly name: string;
  readonly repository: Repository;
  readonly query: URLSearchParams;
}
