import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AssignmentRequest, RoleAssignment, RoleAssignments } from './roleAssignments';

type Params = { assignment: string };

const subscription = '/subscriptions/:subscription';
const group = `${subscription}/resourceGroups/:group`;
/** Where roles are assigned here: on the subscription, on a resource group, and on a resource in it. */
const scopes = [subscription, group, `${group}/providers/:namespace/:type/:resource`];

const scopeOf = ({ url }: FastifyRequest): string =>
  /^(.*?)\/providers\/Microsoft\.Authorization\//i.exec(url)?.[1] ?? '';

const answer = ({ name, ...properties }: RoleAssignment) => ({
  id: `${properties.scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
  name,
  type: 'Microsoft.Authorization/roleAssignments',
  properties: { ...properties, principalType: 'ServicePrincipal' },
});

/** Microsoft.Authorization 2022-04-01, RoleAssignments. */
export function registerRoleAssignments(app: FastifyInstance, assignments: RoleAssignments): void {
  for (const scoped of scopes) {
    const route = `${scoped}/providers/Microsoft.Authorization/roleAssignments`;
    app.get<{ Querystring: { $filter?: string } }>(route, async (request) => ({
      value: assignments.list(scopeOf(request), request.query.$filter).map(answer),
    }));
    app.put<{ Params: Params; Body: AssignmentRequest }>(`${route}/:assignment`, async (request, reply) => {
      const made = assignments.put(scopeOf(request), request.params.assignment, request.body);
      return reply.code(201).send(answer(made));
    });
    app.delete<{ Params: Params }>(`${route}/:assignment`, async (request, reply) => {
      const known = assignments.delete(scopeOf(request), request.params.assignment);
      return known ? reply.code(200).send(answer(known)) : reply.code(204).send();
    });
  }
}
