import { ArmError, localCloud } from '../context';
import { builtInRoles } from './builtInRoles';

/** The built-in roles in the shape of the service (Microsoft.Authorization 2022-04-01, RoleDefinitions). */
const definitions = Object.entries(builtInRoles).map(([roleName, { id, permission }]) => ({
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

export type RoleDefinition = (typeof definitions)[number];

/** @throws ArmError where the service would not take the filter */
export function listRoleDefinitions(filter: string | undefined): RoleDefinition[] {
  const wanted = readFilter(filter);
  return definitions.filter(({ properties }) => wanted(properties));
}

/** @throws ArmError where there is none */
export function getRoleDefinition(id: string): RoleDefinition {
  const found = definitions.find(({ name }) => name === id.toLowerCase());
  if (found) return found;
  const message = `The specified role definition with ID '${id.replaceAll('-', '')}' does not exist.`;
  throw new ArmError(404, 'RoleDefinitionDoesNotExist', message);
}

/** `roleName eq 'x'`, `type eq 'BuiltInRole'` and `atScopeAndBelow()`, each by itself or joined: what the service takes. */
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
