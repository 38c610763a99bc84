import type { TaskContext } from '../../task/taskContext';
import { TaskFailure } from '../../taskFailure';
import type { AzureSession } from '../http/session';
import { allows, readPermissions } from './permissions';
import { messageOf } from '../../messageOf';

/** A role that a task cannot do without, known by what it must let do. */
export interface NeededRole {
  /** The least of the built-in ones. */
  readonly role: string;
  /** ARM id of what it is needed on; a role on what lies above does as well. */
  readonly scope: string;
  /** Where the role is best given, if not there: what it is needed on may not be there yet. */
  readonly assignedOn?: string;
  /** e.g. Microsoft.MachineLearningServices/workspaces/jobs/write; in a list, any of which does. Another role that allows them all does as well. */
  readonly actions: ReadonlyArray<string | readonly string[]>;
  /** What for: "to start jobs". */
  readonly purpose: string;
}

/**
 * Names every role that is missing, before any work begins. What Azure does not tell is not held against the run: the
 * request that needs it will show it.
 * @throws TaskFailure with the command that grants each of the missing roles
 */
export async function requireRights(
  session: AzureSession,
  needed: readonly NeededRole[],
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<void> {
  const reads = new Map<string, ReturnType<typeof readPermissions>>();
  const permissionsOn = (scope: string): ReturnType<typeof readPermissions> => {
    const read = reads.get(scope) ?? readPermissions(session, scope, signal);
    reads.set(scope, read);
    return read;
  };
  const isMissing = async ({ role, scope, actions }: NeededRole): Promise<boolean> => {
    try {
      const permissions = await permissionsOn(scope);
      return !actions.every((action) => [action].flat().some((each) => allows(permissions, each)));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      log.debug(`Whether ${role} is held on ${scope} could not be read: ${messageOf(error)}`);
      return false;
    }
  };
  const answers = await Promise.all(needed.map(isMissing));
  const missing = needed.filter((_, index) => answers[index]);
  if (missing.length === 0) return;
  const assignee = await principalOf(session);
  const list = missing.map(
    ({ role, scope, assignedOn = scope, purpose }) =>
      `  - ${role} on ${shortName(assignedOn)}, ${purpose}:\n    az role assignment create ${assignee} --role "${role}" --scope "${assignedOn}"`,
  );
  throw new TaskFailure(
    `The identity of the service connection ${session.connection.name} lacks ${missing.length === 1 ? 'a role' : `${missing.length} roles`}:\n${list.join('\n')}`,
    '\nSomeone who may assign roles must run this once; new roles take a few minutes to come into effect.',
    { help: 'roles' },
  );
}

/** The id of the principal as role assignments name it; the application's id differs from it. */
async function principalOf(session: AzureSession): Promise<string> {
  const { token } = await session.token();
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, string>;
    const principal = claims.oid ?? claims.sub;
    if (principal) return `--assignee-object-id ${principal} --assignee-principal-type ServicePrincipal`;
  } catch {
    // A token is opaque to its bearer, by rights.
  }
  return '--assignee "<the object id of the service connection\'s identity>"';
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
