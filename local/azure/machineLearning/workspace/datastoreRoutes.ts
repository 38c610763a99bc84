import type { FastifyInstance } from 'fastify';
import { page } from '../paging';
import { workspaceRoute } from '../resourceIds';
import type { Datastores } from './datastores';

export function registerDatastores(app: FastifyInstance, url: string, datastores: Datastores): void {
  const all = `${workspaceRoute}/datastores`;
  app.get<{ Querystring: { isDefault?: string; names?: string } }>(all, async (request) => {
    const { isDefault, names } = request.query;
    return page(request, url, datastores.list(isDefault, names ? names.split(',') : undefined));
  });
  app.get<{ Params: { name: string } }>(`${all}/:name`, async ({ params }) => datastores.get(params.name));
  app.post<{ Params: { name: string } }>(`${all}/:name/listSecrets`, async ({ params }) =>
    datastores.secrets(params.name),
  );
}
