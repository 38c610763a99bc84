import { builtInRoles, type Permission } from './builtInRoles';

/** A role of the service connection's identity on a resource, or on what lies above it. */
export interface GrantedRole {
  role: string;
  /** ARM id. */
  scope: string;
  /** What it allows, of a role that is not built in. */
  actions?: string[];
}

const permissionOf = ({ role, actions }: GrantedRole): Permission | undefined =>
  builtInRoles[role]?.permission ?? (actions && { actions, notActions: [], dataActions: [], notDataActions: [] });

/**
 * What the service connection's identity may do: everything, as the owner of the subscription who may use its keys too, until a test
 * or a curious user says which roles it has. Jobs and containers have identities of their own.
 */
export class AccessControl {
  private readonly all: readonly GrantedRole[];
  private granted: readonly GrantedRole[];

  constructor(subscriptionId: string) {
    const scope = `/subscriptions/${subscriptionId}`;
    this.all = ['Owner', 'Key Vault Crypto Officer'].map((role) => ({ role, scope }));
    this.granted = this.all;
  }

  /** @throws Error that names the roles that local Azure knows */
  limitTo(roles: readonly GrantedRole[] | undefined): void {
    const unknown = roles?.find((each) => !permissionOf(each));
    if (unknown) throw new Error(`No role "${unknown.role}"; there are ${Object.keys(builtInRoles).join(', ')}.`);
    this.granted = roles ?? this.all;
  }

  /** Of each role that reaches the scope. */
  permissionsAt(scope: string): Permission[] {
    const reached = `${scope}/`.toLowerCase();
    return this.granted
      .filter((each) => reached.startsWith(`${each.scope}/`.toLowerCase()))
      .map((each) => permissionOf(each)!);
  }

  allows(action: string, scope: string): boolean {
    return this.permissionsAt(scope).some(
      ({ actions, notActions }) =>
        actions.some((pattern) => covers(pattern, action)) && !notActions.some((pattern) => covers(pattern, action)),
    );
  }

  /** An action on data, such as to sign by a key of a vault: in Azure no owner has it by that. */
  allowsOnData(action: string, scope: string): boolean {
    return this.permissionsAt(scope).some(
      ({ dataActions, notDataActions }) =>
        dataActions.some((pattern) => covers(pattern, action)) &&
        !notDataActions.some((pattern) => covers(pattern, action)),
    );
  }
}

/**
 * Azure's own roles show that the star between two slashes stands for nothing, too: with only `userAssignedIdentities/∗/read`
 * Managed Identity Operator reads an identity.
 */
function covers(pattern: string, action: string): boolean {
  const expression = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .split('/*/')
    .map((part) => part.replaceAll('*', '.*'))
    .join('/(?:.*/)?');
  return new RegExp(`^${expression}$`, 'i').test(action);
}
