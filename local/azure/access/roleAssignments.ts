import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ResourceCatalog } from '../arm/resourceCatalog';
import { ArmError, type Collection } from '../context';

/** A role that a principal has on a resource. */
export interface RoleAssignment {
  name: string;
  /** ARM id of the resource. */
  scope: string;
  roleDefinitionId: string;
  principalId: string;
}

type Body = { properties?: { roleDefinitionId?: string; principalId?: string } } | undefined;
type Params = { assignment: string };

const subscription = '/subscriptions/:subscription';
const group = `${subscription}/resourceGroups/:group`;
/** Where roles are assigned here: on the subscription, on a resource group, and on a resource in it. */
const scopes = [subscription, group, `${group}/providers/:namespace/:type/:resource`];

/** Of the filters that name a principal. */
function principalOf(filter: string | undefined): string | undefined {
  if (filter === undefined || /^\s*atScope\(\)\s*$/i.test(filter)) return undefined;
  const principal =
    /^\s*(?:atScope\(\)\s+and\s+)?(?:assignedTo\('([^']+)'\)|principalId\s+eq\s+'?([^']+?)'?)\s*$/i.exec(filter);
  if (principal) return principal[1] ?? principal[2];
  const message = `The filter '${filter}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.`;
  throw new ArmError(400, 'UnsupportedQuery', message);
}

/** Microsoft.Authorization 2022-04-01. They name what roles there are; what the service connection may do is `AccessControl`. */
export function registerRoleAssignments(
  app: FastifyInstance,
  assignments: Collection<RoleAssignment>,
  resources: ResourceCatalog,
): void {
  const scopeOf = ({ url }: FastifyRequest): string =>
    /^(.*?)\/providers\/Microsoft\.Authorization\//i.exec(url)?.[1] ?? '';
  const answer = ({ name, ...properties }: RoleAssignment) => ({
    id: `${properties.scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: { ...properties, principalType: 'ServicePrincipal' },
  });
  resources.add({
    list: () => [],
    removeGroup: (name) => {
      const within = `/resourceGroups/${name}/`.toLowerCase();
      for (const { key, value } of assignments.list()) {
        if (`${value.scope}/`.toLowerCase().includes(within)) assignments.delete(key);
      }
    },
  });
  for (const scoped of scopes) {
    const route = `${scoped}/providers/Microsoft.Authorization/roleAssignments`;
    app.get<{ Querystring: { $filter?: string } }>(route, async (request) => {
      const principal = principalOf(request.query.$filter);
      const scope = `${scopeOf(request)}/`.toLowerCase();
      const withBelow = !/atScope\(\)/i.test(request.query.$filter ?? '');
      const isWithin = (each: string): boolean => scope.startsWith(each) || (withBelow && each.startsWith(scope));
      const found = assignments
        .list()
        .map((entry) => entry.value)
        .filter((each) => isWithin(`${each.scope}/`.toLowerCase()))
        .filter((each) => !principal || each.principalId === principal);
      return { value: found.map(answer) };
    });
    app.put<{ Params: Params; Body: Body }>(`${route}/:assignment`, async (request, reply) => {
      const { roleDefinitionId, principalId } = request.body?.properties ?? {};
      if (!roleDefinitionId || !principalId) {
        throw new ArmError(400, 'BadRequestFormat', 'The properties roleDefinitionId and principalId are required.');
      }
      const scope = scopeOf(request);
      const assignment = { name: request.params.assignment, scope, roleDefinitionId, principalId };
      assignments.put(`${scope}/${assignment.name}`, assignment);
      return reply.code(201).send(answer(assignment));
    });
    app.delete<{ Params: Params }>(`${route}/:assignment`, async (request, reply) => {
      const key = `${scopeOf(request)}/${request.params.assignment}`;
      const known = assignments.get(key);
      assignments.delete(key);
      return known ? reply.code(200).send(answer(known)) : reply.code(204).send();
    });
  }
}
