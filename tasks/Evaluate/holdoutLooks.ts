import type { Models } from '../common/azure/ml/models';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { formatNumber } from '../common/formatNumber';
import type { Holdout } from './confidence/uncertainty';
import type { Criterion } from '../common/criteria/criterion';
import { unavailable, type Uncertainty } from '../common/criteria/verdict';

/** More candidates than this wear out any rows. */
const mostCandidates = 2000;

/** The tag that says that a version was judged by these rows; its value is when. */
export const holdoutTag = ({ sha256 }: Pick<Holdout, 'sha256'>): string => `evaluation.rows.${sha256.slice(0, 16)}`;

/** By how many candidates the same rows have been looked at. */
export interface HoldoutLooks extends Holdout {
  /** This one included, each once however often it was judged. */
  readonly candidates: number;
}

/**
 * Counts the versions of the model that carry the tag of these rows, archived ones too. Versions that were deleted are not counted, nor is a
 * candidate that is judged at this very moment.
 * @throws where the registry cannot be read
 */
export async function countLooks(
  holdout: Holdout,
  candidate: Pick<RegisteredModel, 'name' | 'version'>,
  models: Pick<Models, 'withTags'>,
): Promise<HoldoutLooks> {
  const tag = holdoutTag(holdout);
  const tagged = await models.withTags(candidate.name, [tag], mostCandidates);
  const versions = new Set(tagged.filter(({ tags }) => tag in tags).map(({ version }) => version));
  return { ...holdout, candidates: versions.add(candidate.version).size };
}

/** Why a criterion that is meant for so many looks cannot be judged any more; undefined where it can. */
export function beyondLooks({ looks }: Criterion, counted: HoldoutLooks | undefined): Uncertainty | undefined {
  if (looks === undefined) return undefined;
  if (!counted) {
    return unavailable('looks at the same rows can be counted only where the predictions have a column id or label.');
  }
  if (counted.candidates <= looks) return undefined;
  return unavailable(
    `these ${counted.rows} rows have judged ${counted.candidates} candidates, this one included, and the criterion is meant for ${looks}. Take rows that have judged none yet.`,
  );
}

/**
 * What the same rows are still worth, in a sentence. By Bonferroni's inequality the chances of all looks add up, at most.
 * @param levels of the criteria that do not share their level out among looks
 */
export function worthOfLooks({ candidates, rows }: HoldoutLooks, levels: readonly number[]): string {
  if (candidates === 1) return `No other candidate has been judged by these ${rows} rows.`;
  const percent = (level: number) => `${formatNumber(Math.max(0, level) * 100, 4)}%`;
  const worth = [...new Set(levels)].map(
    (level) => `${percent(level)} for each is ${percent(1 - candidates * (1 - level))} for all of them together`,
  );
  const sentence = `${candidates} candidates have been judged by these ${rows} rows, this one included`;
  if (worth.length === 0) return `${sentence}.`;
  return `${sentence}: ${worth.join(', ')}. Write "over … looks" in the criteria, or take new rows.`;
}
