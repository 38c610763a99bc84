import { TaskFailure } from '../../taskFailure';
import { isPlainName } from './azCommand';

/** A role that a task cannot do without, known by what it must let do. */
export interface NeededRole {
  /** The least of the built-in ones. */
  readonly role: string;
  /** ARM id of what it is needed on, or the way to it; a role on what lies above does as well. */
  readonly scope: string | NamedScope;
  /** Where the role is best given, if not there: what it is needed on may not be there yet. */
  readonly assignedOn?: string;
  /** e.g. Microsoft.MachineLearningServices/workspaces/jobs/write; in a list, any of which does. Another role that allows them all does as well. */
  readonly actions: ReadonlyArray<string | readonly string[]>;
  /** What for: "to start jobs". */
  readonly purpose: string;
  /** What needs it comes last and says itself that it is missing: no reason not to begin. */
  readonly canWait?: boolean;
}

/** What the inputs know by another name than its ARM id, which shows only to those who may read it. */
export interface NamedScope {
  /**
   * @returns its ARM id; undefined where there is no such thing, or nothing that would need the role
   * @throws HiddenResource, or Azure's 403, where it may not be read
   */
  find(signal: AbortSignal): Promise<string | undefined>;
  /** As messages call it: "the registry models.azurecr.io". */
  readonly called: string;
  /** The command of the Azure CLI that prints its ARM id to those who may read it; undefined where none may be shown. */
  readonly command: string | undefined;
}

/** Azure shows nothing of that kind to this identity. */
export class HiddenResource extends TaskFailure {}

/** A role that shows only when what it allows is tried. */
export interface TriedRole {
  /** @returns undefined where it is held, or where that cannot be found out */
  missing(signal: AbortSignal): Promise<MissingRole | undefined>;
}

/** A role that the identity lacks, and how it gets it. */
export interface MissingRole {
  /** e.g. "AcrPush on the registry models". */
  readonly what: string;
  readonly purpose: string;
  readonly canWait?: boolean;
  /** The command of the Azure CLI that grants it, in one line or more; undefined where none may be shown. */
  readonly grant: (principal: Principal) => string | undefined;
}

/** Who needs the role. */
export interface Principal {
  /** The object id; undefined where the token does not tell it. */
  readonly id: string | undefined;
}

export const objectIdOf = ({ id }: Principal): string =>
  id ?? '"<the object id of the service connection\'s identity>"';

/** @returns undefined where the scope is not a plain id */
export function assignment(principal: Principal, role: string, scope: string): string | undefined {
  return isPlainName(scope) ? assignmentOn(principal, role, scope) : undefined;
}

/**
 * The role on what a command looks up, which is run first. What it does not find is granted nothing: with an empty scope the Azure CLI
 * would take the whole subscription.
 */
export function assignmentOnFound(principal: Principal, role: string, lookUp: string | undefined): string | undefined {
  return lookUp && [`id=$(${lookUp})`, assignmentOn(principal, role, '${id:?not found}')].join('\n');
}

function assignmentOn(principal: Principal, role: string, scope: string): string {
  const assignee = principal.id
    ? `--assignee-object-id ${principal.id} --assignee-principal-type ServicePrincipal`
    : `--assignee ${objectIdOf(principal)}`;
  return `az role assignment create ${assignee} --role "${role}" --scope "${scope}"`;
}
