import { randomBytes } from 'node:crypto';

/** What marks the resource groups of this command, and its key vaults when they are deleted. */
export const tagName = 'mlops-real-azure';
const prefix = 'mlops-real-azure-';

/** Of one run: names, and the tags that every resource bears. */
export interface Belongings {
  /** Eight characters that names may hold everywhere. */
  id: string;
  subscriptionId: string;
  location: string;
  tags: Record<string, string>;
}

/** @param lifetime after which anybody's clean-up may take it for left behind, in milliseconds */
export function newBelongings(subscriptionId: string, location: string, lifetime: number): Belongings {
  const id = `r${randomBytes(4).toString('hex').slice(0, 7)}`;
  return { id, subscriptionId, location, tags: tagsOf(id, lifetime) };
}

const tagsOf = (id: string, lifetime: number): Record<string, string> => ({
  [tagName]: id,
  'mlops-real-azure-until': new Date(Date.now() + lifetime).toISOString(),
});

export const groupName = (id: string): string => `${prefix}${id}`;

export const groupId = ({ id, subscriptionId }: Pick<Belongings, 'id' | 'subscriptionId'>): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${groupName(id)}`;

/** `Microsoft.Storage/storageAccounts` and a name: ids of what is in the group. */
export const resourceId = (belongings: Belongings, type: string, name: string): string =>
  `${groupId(belongings)}/providers/${type}/${name}`;

export interface TaggedGroup {
  name: string;
  location: string;
  tags?: Record<string, string>;
}

/**
 * The run that a group belongs to; undefined for a group that this command did not make. Its name and its tag must say the same: a
 * tag alone may have been copied to a group that is somebody's.
 */
export function runOf({ name, tags }: Pick<TaggedGroup, 'name' | 'tags'>): string | undefined {
  const id = tags?.[tagName];
  return id && /^r[0-9a-f]{7}$/.test(id) && name === groupName(id) ? id : undefined;
}

/** Whether its time is over, so that no run can be going on in it. A group without a readable time is not judged by it. */
export function isOverdue({ tags }: Pick<TaggedGroup, 'tags'>, now = Date.now()): boolean {
  const until = Date.parse(tags?.['mlops-real-azure-until'] ?? '');
  return Number.isFinite(until) && until < now;
}
