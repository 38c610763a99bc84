import type { TaskContext } from '../../task/taskContext';
import { TaskFailure } from '../../taskFailure';
import type { AzureSession } from '../http/session';
import { allows, readPermissions } from './permissions';
import { withinLimit } from './lookUpLimit';
import { messageOf } from '../../messageOf';
import { isAzureFailure } from '../http/azureFailure';
import { isPlainName } from './azCommand';
import {
  assignment,
  assignmentOnFound,
  HiddenResource,
  type MissingRole,
  type NamedScope,
  type NeededRole,
  type Principal,
  type TriedRole,
} from './neededRole';

/**
 * Names every role that is missing, before any work begins. What Azure does not tell is not held against the run: the
 * request that needs it will show it. Where none is missing but what can wait, they are a warning.
 * @throws TaskFailure with the command that grants each of the missing roles
 */
export async function requireRights(
  session: AzureSession,
  needed: ReadonlyArray<NeededRole | TriedRole>,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<void> {
  const held = new HeldPermissions(session, signal);
  const lookUp = async (need: NeededRole | TriedRole): Promise<MissingRole | undefined> => {
    try {
      return await withinLimit(signal, (until) =>
        'missing' in need ? need.missing(until) : missingRole(need, held, until),
      );
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      log.debug(`Whether ${'role' in need ? need.role : 'a role'} is held could not be found out: ${messageOf(error)}`);
      return undefined;
    }
  };
  const missing = (await Promise.all(needed.map(lookUp))).filter((each) => each !== undefined);
  if (missing.length === 0) return;
  const principal = await principalOf(session);
  const list = missing.map((each) => listed(each, principal));
  const problem = `The identity of the service connection ${session.connection.name} lacks ${missing.length === 1 ? 'a role' : `${missing.length} roles`}:\n${list.join('\n')}`;
  const remedy = '\nSomeone who may assign roles must run this once; new roles take a few minutes to come into effect.';
  const failure = new TaskFailure(problem, remedy, { help: 'roles' });
  if (!missing.every(({ canWait }) => canWait)) throw failure;
  log.warning(failure.message);
}

function listed({ what, purpose, grant }: MissingRole, principal: Principal): string {
  const command =
    grant(principal) ??
    'No command is shown: this name holds characters that names in Azure do not have. Check who wrote it.';
  return `  - ${what}, ${purpose}:\n    ${command.replaceAll('\n', '\n    ')}`;
}

/** What the identity may do, read once for each place. */
class HeldPermissions {
  private readonly reads = new Map<string, ReturnType<typeof readPermissions>>();

  constructor(
    private readonly session: AzureSession,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * What is allowed on a resource group is allowed in it, so a group that is read for one need (as `assignedOn` says) spares those of the
   * same group their own reads.
   */
  async allow(actions: NeededRole['actions'], scope: string, assignedOn: string): Promise<boolean> {
    const group = resourceGroupOf(scope);
    const isAbove = group !== undefined && (group === assignedOn || this.reads.has(group));
    // Who has a role on the resource only may be refused a look at what lies above.
    const above = isAbove ? await this.on(group).catch(() => []) : [];
    const areIn = (permissions: Awaited<ReturnType<typeof readPermissions>>) =>
      actions.every((action) => [action].flat().some((each) => allows(permissions, each)));
    return areIn(above) || areIn(await this.on(scope));
  }

  private on(scope: string): ReturnType<typeof readPermissions> {
    const read = this.reads.get(scope) ?? readPermissions(this.session, scope, this.signal);
    this.reads.set(scope, read);
    return read;
  }
}

function resourceGroupOf(scope: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(?=\/)/i.exec(scope)?.[0];
}

async function missingRole(
  need: NeededRole,
  held: HeldPermissions,
  signal: AbortSignal,
): Promise<MissingRole | undefined> {
  const { role, actions, purpose, canWait } = need;
  const scope = await scopeOf(need.scope, signal);
  if (scope === undefined) return undefined;
  if (typeof scope === 'object') {
    return {
      what: `${role} on ${scope.called}`,
      purpose: `${purpose} (it could not be looked up; leave this out if the role is held)`,
      canWait,
      grant: (principal) => assignmentOnFound(principal, role, scope.command),
    };
  }
  const { assignedOn = scope } = need;
  if (await held.allow(actions, scope, assignedOn)) return undefined;
  return {
    what: `${role} on ${shortName(assignedOn)}`,
    purpose,
    canWait,
    grant: (principal) => assignment(principal, role, assignedOn),
  };
}

/** @returns the name itself where it may not be read */
async function scopeOf(scope: string | NamedScope, signal: AbortSignal): Promise<string | NamedScope | undefined> {
  if (typeof scope === 'string') return scope;
  try {
    return await scope.find(signal);
  } catch (error) {
    if (error instanceof HiddenResource || isAzureFailure(error, 403)) return scope;
    throw error;
  }
}

/** The id of the principal as role assignments name it; the application's id differs from it. */
async function principalOf(session: AzureSession): Promise<Principal> {
  const { token } = await session.token();
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, string>;
    const id = claims.oid ?? claims.sub;
    return { id: id && isPlainName(id) ? id : undefined };
  } catch {
    // A token is opaque to its bearer, by rights.
    return { id: undefined };
  }
}

function shortName(scope: string): string {
  const [type, name] = scope.split('/').slice(-2);
  const kinds: Record<string, string> = {
    workspaces: /OperationalInsights/i.test(scope) ? 'the Log Analytics workspace' : 'the workspace',
    registries: 'the registry',
    subscriptions: 'the subscription',
    resourcegroups: 'the resource group',
    containergroups: 'the container group',
    userassignedidentities: 'the identity',
    subnets: 'the subnet',
    storageaccounts: 'the storage account',
  };
  return `${kinds[type?.toLowerCase() ?? ''] ?? type} ${name}`;
}
