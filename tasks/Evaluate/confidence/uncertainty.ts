import type { Criterion } from '../../common/criteria/criterion';
import { unavailable, type Uncertainty } from '../../common/criteria/verdict';
import { ClassDictionary } from './classDictionary';
import type { Crew } from './crew';
import { sliceColumn } from './criterionSureness';
import { formulaOf } from './formulas';
import { pairRows } from './pairing';
import type { ColumnRequest } from './predictionColumns';
import { readBoth } from './predictions';

/** Where the models' predictions lie on this machine; undefined where a model has none. */
export interface PredictionFiles {
  readonly candidate?: string;
  /** Left out where there is no champion to compare with. */
  readonly champion?: string;
}

/** The rows by which a candidate was judged. */
export interface Holdout {
  readonly rows: number;
  /** SHA-256 of the rows' ids and labels, in whatever order. */
  readonly sha256: string;
}

export interface Uncertainties {
  readonly byCriterion: ReadonlyMap<Criterion, Uncertainty>;
  /** Undefined where the candidate has no predictions, or none whose rows have ids or labels. */
  readonly holdout?: Holdout;
}

/**
 * How sure each criterion `with … confidence` is, by the predictions of both models. Each file is read once for all.
 * @param criteria those that ask for confidence
 * @param partSize bytes that one of the crew reads at a time; by default some megabytes
 */
export async function uncertainties(
  criteria: readonly Criterion[],
  files: PredictionFiles,
  crew: Crew,
  signal?: AbortSignal,
  partSize?: number,
): Promise<Uncertainties> {
  const all = (why: string) => ({ byCriterion: new Map(criteria.map((each) => [each, unavailable(why)])) });
  const howTo = 'write predictions.csv (columns id, label, prediction or score) or .jsonl into its outputs';
  if (!files.candidate) return all(`the candidate's job left no predictions; ${howTo}.`);
  const classes = new ClassDictionary();
  const named = { candidate: files.candidate, champion: files.champion };
  const { candidate, champion } = await readBoth(named, requestsOf(criteria), classes, { crew, signal, partSize });
  if (candidate.kind === 'unusable') return all(`${candidate.why} (candidate).`);
  const pairing = champion?.kind === 'rows' ? pairRows(candidate, champion) : undefined;

  const question = { candidate, classNames: classes.names };
  const judged = criteria.map(async (criterion): Promise<[Criterion, Uncertainty]> => {
    if (criterion.disparity || criterion.limit.kind === 'number')
      return [criterion, await crew.judge({ ...question, criterion })];
    if (!champion) return [criterion, unavailable(`the champion's job left no predictions; ${howTo}.`)];
    if (champion.kind === 'unusable') return [criterion, unavailable(`${champion.why} (champion).`)];
    if (pairing!.kind === 'different') return [criterion, unavailable(`${pairing!.why}.`)];
    return [criterion, await crew.judge({ ...question, criterion, champion, pairing })];
  });
  const { rows, rowsHash } = candidate;
  return {
    byCriterion: new Map(await Promise.all(judged)),
    ...(rowsHash === undefined ? {} : { holdout: { rows, sha256: rowsHash } }),
  };
}

/** What all criteria together need of the files, each column once. */
function requestsOf(criteria: readonly Criterion[]): ColumnRequest[] {
  const requests = criteria.flatMap(({ metric, slice, disparity }) => [
    ...(disparity ? [sliceColumn(disparity.over)] : []),
    ...formulaOf(metric).columns,
    ...slice.map(({ key }) => sliceColumn(key)),
  ]);
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()];
}
