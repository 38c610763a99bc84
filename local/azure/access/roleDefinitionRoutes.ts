import type { FastifyInstance } from 'fastify';
import { getRoleDefinition, listRoleDefinitions } from './roleDefinitions';

const subscription = '/subscriptions/:subscription';
const group = `${subscription}/resourceGroups/:group`;
const scopes = [subscription, group, `${group}/providers/:namespace/:type/:name`];

/** The built-in roles at any scope. */
export function registerRoleDefinitions(app: FastifyInstance): void {
  for (const scope of scopes) {
    const route = `${scope}/providers/Microsoft.Authorization/roleDefinitions`;
    app.get<{ Querystring: { $filter?: string } }>(route, async ({ query }) => ({
      value: listRoleDefinitions(query.$filter),
    }));
    app.get<{ Params: { role: string } }>(`${route}/:role`, async ({ params }) => getRoleDefinition(params.role));
  }
}
