import type { Clock } from '../common/clock';
import { championTag, type Models, type RegisteredModel } from '../common/azure/models';

/** The part of the model registry that promotion needs. */
export type ChampionRegistry = Pick<Models, 'list' | 'tag'>;

/**
 * Makes this version the champion: the one whose champion tag holds the latest time. Azure ML has no transaction over
 * two versions, so each release first claims the title with its time and then looks who else holds one: the later claim
 * stays, the earlier goes, whoever of two concurrent releases looks first.
 * @returns the versions that lost the title, and whether this one kept it
 */
export async function promote(
  models: ChampionRegistry,
  name: string,
  version: string,
  clock: Clock,
): Promise<{ champion: RegisteredModel; dethroned: string[]; isChampion: boolean }> {
  const claimed = await models.tag(name, version, { [championTag]: new Date(clock.now()).toISOString() });
  const holders = await models.list(name, { top: 50, tags: [championTag] });
  // The listing may lag behind our own write.
  const others = holders.filter((each) => each.version !== version);
  const ranked = [claimed, ...others].sort(byClaim);
  const champion = ranked[0]!;
  const losers = ranked.slice(1);
  for (const loser of losers) await models.tag(name, loser.version, { [championTag]: undefined });
  return {
    champion,
    dethroned: losers.map((each) => each.version).filter((each) => each !== version),
    isChampion: champion.version === version,
  };
}

/** Latest claim first; of two in the same millisecond the higher version, so that both releases agree. */
function byClaim(a: RegisteredModel, b: RegisteredModel): number {
  const [claimA, claimB] = [a.tags[championTag] ?? '', b.tags[championTag] ?? ''];
  if (claimA !== claimB) return claimA < claimB ? 1 : -1;
  return b.version.localeCompare(a.version, 'en', { numeric: true });
}
