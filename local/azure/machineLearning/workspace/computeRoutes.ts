import type { FastifyInstance } from 'fastify';
import { page } from '../paging';
import { workspaceRoute } from '../resourceIds';
import type { Computes } from './computes';

export function registerComputes(app: FastifyInstance, url: string, computes: Computes): void {
  const all = `${workspaceRoute}/computes`;
  app.get(all, async (request) => page(request, url, computes.list()));
  app.get<{ Params: { name: string } }>(`${all}/:name`, async ({ params }) => computes.get(params.name));
}
