import { TaskFailure } from '../../taskFailure';

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
  /** The command of the Azure CLI that prints its ARM id to those who may read it. */
  readonly command: string;
}

/** Azure shows nothing of that kind to this identity. */
export class HiddenResource extends TaskFailure {}

/** A role that shows only when what it allows is tried. */
export interface TriedRole {
  /** @returns undefined where it is held, or where that cannot be found out */
  missing(): Promise<MissingRole | undefined>;
}

/** A role that the identity lacks, and how it gets it. */
export interface MissingRole {
  /** e.g. "AcrPush on the registry models". */
  readonly what: string;
  readonly purpose: string;
  /** The command of the Azure CLI that grants it. */
  readonly grant: (principal: Principal) => string;
}

/** Who needs the role. */
export interface Principal {
  /** The object id; undefined where the token does not tell it. */
  readonly id: string | undefined;
}

export const objectIdOf = ({ id }: Principal): string =>
  id ?? '"<the object id of the service connection\'s identity>"';

export function assignment(principal: Principal, role: string, scope: string): string {
  const assignee = principal.id
    ? `--assignee-object-id ${principal.id} --assignee-principal-type ServicePrincipal`
    : `--assignee ${objectIdOf(principal)}`;
  return `az role assignment create ${assignee} --role "${role}" --scope "${scope}"`;
}
