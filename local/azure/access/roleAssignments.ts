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

export type AssignmentRequest = { properties?: { roleDefinitionId?: string; principalId?: string } } | undefined;

/** Of the filters that name a principal. */
function principalOf(filter: string | undefined): string | undefined {
  if (filter === undefined || /^\s*atScope\(\)\s*$/i.test(filter)) return undefined;
  const principal =
    /^\s*(?:atScope\(\)\s+and\s+)?(?:assignedTo\('([^']+)'\)|principalId\s+eq\s+'?([^']+?)'?)\s*$/i.exec(filter);
  if (principal) return principal[1] ?? principal[2];
  const message = `The filter '${filter}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.`;
  throw new ArmError(400, 'UnsupportedQuery', message);
}

/** They name what roles there are; what the service connection may do is `AccessControl`. */
export class RoleAssignments {
  constructor(private readonly assignments: Collection<RoleAssignment>) {}

  /** Lets them go with the group of their resource. */
  joinCatalog(resources: ResourceCatalog): this {
    resources.add({
      list: () => [],
      removeGroup: (name) => {
        const within = `/resourceGroups/${name}/`.toLowerCase();
        for (const { key, value } of this.assignments.list()) {
          if (`${value.scope}/`.toLowerCase().includes(within)) this.assignments.delete(key);
        }
      },
    });
    return this;
  }

  /** Those on the scope and above it, and below it unless the filter says `atScope()`. */
  list(at: string, filter: string | undefined): RoleAssignment[] {
    const principal = principalOf(filter);
    const scope = `${at}/`.toLowerCase();
    const withBelow = !/atScope\(\)/i.test(filter ?? '');
    const isWithin = (each: string): boolean => scope.startsWith(each) || (withBelow && each.startsWith(scope));
    return this.assignments
      .list()
      .map(({ value }) => value)
      .filter((each) => isWithin(`${each.scope}/`.toLowerCase()))
      .filter((each) => !principal || each.principalId === principal);
  }

  put(scope: string, name: string, body: AssignmentRequest): RoleAssignment {
    const { roleDefinitionId, principalId } = body?.properties ?? {};
    if (!roleDefinitionId || !principalId) {
      throw new ArmError(400, 'BadRequestFormat', 'The properties roleDefinitionId and principalId are required.');
    }
    const assignment = { name, scope, roleDefinitionId, principalId };
    this.assignments.put(`${scope}/${name}`, assignment);
    return assignment;
  }

  /** @returns what was there */
  delete(scope: string, name: string): RoleAssignment | undefined {
    const known = this.assignments.get(`${scope}/${name}`);
    this.assignments.delete(`${scope}/${name}`);
    return known;
  }
}
