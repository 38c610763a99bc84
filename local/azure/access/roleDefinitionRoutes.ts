import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud } from '../context';
import { builtInRoles } from './roleDefinitions';

const subscription = '/subscriptions/:subscription';
const group = `${subscription}/resourceGroups/:group`;
const scopes = [subscription, group, `${group}/providers/:namespace/:type/:name`];

/** The built-in roles at any scope (Microsoft.Authorization 2022-04-01, RoleDefinitions). */
export function registerRoleDefinitions(app: FastifyInstance): void {
  const all = Object.entries(builtInRoles).map(([roleName, { id, permission }]) => ({
    id: `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${id}`,
    name: id,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName,
      type: 'BuiltInRole',
      description: `The built-in role ${roleName}`,
      assignableScopes: ['/'],
      permissions: [permission],
    },
  }));
  for (const scope of scopes) {
    const route = `${scope}/providers/Microsoft.Authorization/roleDefinitions`;
    app.get<{ Querystring: { $filter?: string } }>(route, async ({ query }) => {
      const wanted = readFilter(query.$filter);
      return { value: all.filter(({ properties }) => wanted(properties)) };
    });
    app.get<{ Params: { role: string } }>(`${route}/:role`, async ({ params }) => {
      const found = all.find(({ name }) => name === params.role.toLowerCase());
      if (found) return found;
      const message = `The specified role definition with ID '${params.role.replaceAll('-', '')}' does not exist.`;
      throw new ArmError(404, 'RoleDefinitionDoesNotExist', message);
    });
  }
}

/** `roleName eq 'x'`, `type eq 'BuiltInRole'` and `atScopeAndBelow()`, alone or joined: what the service takes. */
function readFilter(filter: string | undefined): (role: { roleName: string; type: string }) => boolean {
  const conditions = (filter ?? '')
    .split(/\s+and\s+/i)
    .filter(Boolean)
    .map((text) => {
      if (/^\s*atScopeAndBelow\(\)\s*$/i.test(text)) return () => true;
      const [, field = '', value = ''] = /^\s*(roleName|type)\s+eq\s+'([^']*)'\s*$/i.exec(text) ?? [];
      if (!field) throw new ArmError(400, 'UnsupportedQuery', `The filter '${filter}' is not supported.`);
      const key = field.toLowerCase() === 'type' ? 'type' : 'roleName';
      return (role: { roleName: string; type: string }) => role[key].toLowerCase() === value.toLowerCase();
    });
  return (role) => conditions.every((holds) => holds(role));
}
