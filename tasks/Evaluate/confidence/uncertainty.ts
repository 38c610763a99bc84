import { isPlainComparison, type Criterion } from '../../common/criteria/criterion';
import type { Disparity } from '../../common/criteria/disparity';
import { unavailable, type Uncertainty } from '../../common/criteria/verdict';
import { disparitySureness, type Group } from './disparity';
import { correctCells, formulaOf, isAccuracy, type PairedColumn } from './formulas';
import { mcNemarPValue } from './mcNemar';
import { inCandidateOrder, pairRows, type Pairing } from './pairing';
import { ClassDictionary, readPredictions, type ColumnRequest, type Readable } from './predictions';
import { proportionInterval } from './proportion';
import { surenessOf } from './sureness';

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
 * @param pause called now and then while resampling; it throws to stop
 */
export async function uncertainties(
  criteria: readonly Criterion[],
  files: PredictionFiles,
  pause: () => Promise<void>,
  signal?: AbortSignal,
): Promise<Uncertainties> {
  const all = (why: string) => ({ byCriterion: new Map(criteria.map((each) => [each, unavailable(why)])) });
  const howTo = 'write predictions.csv (columns id, label, prediction or score) or .jsonl into its outputs';
  if (!files.candidate) return all(`the candidate's job left no predictions; ${howTo}.`);
  const classes = new ClassDictionary();
  const requests = requestsOf(criteria);
  const candidate = await readPredictions(files.candidate, requests, classes, 'candidate', signal);
  if (candidate.kind === 'unusable') return all(`${candidate.why} (candidate).`);
  const champion = files.champion
    ? await readPredictions(files.champion, requests, classes, 'champion', signal)
    : undefined;
  const pairing = champion?.kind === 'rows' ? pairRows(candidate, champion) : undefined;

  const found = new Map<Criterion, Uncertainty>();
  for (const criterion of criteria) {
    let result: Uncertainty;
    if (criterion.disparity) {
      result = await ofDisparity(criterion, criterion.disparity, { candidate, classes }, pause);
    } else if (criterion.limit.kind === 'number') {
      result = await ofCriterion(criterion, { candidate, classes }, pause);
    } else if (!champion) {
      result = unavailable(`the champion's job left no predictions; ${howTo}.`);
    } else if (champion.kind === 'unusable') {
      result = unavailable(`${champion.why} (champion).`);
    } else if (pairing!.kind === 'different') {
      result = unavailable(`${pairing!.why}.`);
    } else {
      result = await ofCriterion(criterion, { candidate, champion, pairing: pairing!, classes }, pause);
    }
    found.set(criterion, result);
  }
  const { rows, rowsHash } = candidate;
  return { byCriterion: found, ...(rowsHash === undefined ? {} : { holdout: { rows, sha256: rowsHash } }) };
}

interface Rows {
  readonly candidate: Readable;
  readonly champion?: Readable;
  readonly pairing?: Extract<Pairing, { kind: 'paired' }>;
  readonly classes: ClassDictionary;
}

async function ofCriterion(
  criterion: Criterion,
  { candidate, champion, pairing, classes }: Rows,
  pause: () => Promise<void>,
): Promise<Uncertainty> {
  const formula = formulaOf(criterion.metric);
  const chosen = sliceRows(criterion, candidate, classes);
  if ('why' in chosen) return unavailable(chosen.why);
  const columns = columnsOf(formula.columns, { candidate, champion, pairing }, chosen.rows);
  if ('why' in columns) return unavailable(columns.why);
  const labels = columns[formula.columns.findIndex(({ role }) => role === 'label')];
  if (labels?.champion && !labels.candidate.every((label, row) => label === labels.champion![row])) {
    return unavailable('the two files of predictions have different labels, so that they are not of the same rows.');
  }
  const metric = formula.build(columns, classes);
  if ('why' in metric) return unavailable(`${metric.why}.`);

  const { limit } = criterion;
  const sure = await surenessOf(metric, limit, criterion.confidence!, pause);
  if (sure.kind === 'interval' && limit.kind === 'number' && isAccuracy(criterion.metric)) {
    const [label, prediction] = columns as [PairedColumn, PairedColumn];
    const right = correctCells(label.candidate, prediction).reduce((sum, cell) => sum + (cell & 1), 0);
    const [lower, upper] = proportionInterval(right, sure.rows, sure.level);
    return { ...sure, lower: lower - limit.value, upper: upper - limit.value };
  }
  if (sure.kind === 'unavailable' || !isPlainComparison(limit) || !isAccuracy(criterion.metric)) return sure;
  // McNemar's exact test is the randomisation test of accuracy, counted out instead of drawn.
  return { ...sure, swapPValue: undefined, mcNemar: mcNemarOf(columns) };
}

/** The columns that a formula asks for, of the rows that are chosen: all of them where none are named. */
function columnsOf(
  requests: readonly ColumnRequest[],
  { candidate, champion, pairing }: Omit<Rows, 'classes'>,
  rows: Uint32Array | undefined,
): PairedColumn[] | { why: string } {
  const part = (values: Float64Array) => (rows ? Float64Array.from(rows, (row) => values[row]!) : values);
  const columns: PairedColumn[] = [];
  for (const request of requests) {
    const own = candidate.column(request);
    const other = champion?.column(request);
    const name = request.name ?? request.role;
    if (!own) return { why: `the candidate's predictions have no column "${name}".` };
    if (champion && !other) return { why: `the champion's predictions have no column "${name}".` };
    columns.push({ candidate: part(own), champion: other && part(inCandidateOrder(other, pairing!)) });
  }
  return columns;
}

/** How sure a bound on the candidate's disparity is: the parser takes confidence in no other. */
async function ofDisparity(
  { metric, limit, confidence }: Criterion,
  disparity: Disparity,
  { candidate, classes }: Pick<Rows, 'candidate' | 'classes'>,
  pause: () => Promise<void>,
): Promise<Uncertainty> {
  const formula = formulaOf(metric);
  const codes = candidate.column(sliceColumn(disparity.over));
  if (!codes) return unavailable(`the candidate's predictions have no column "${disparity.over}".`);
  const rowsOf = new Map<number, number[]>();
  codes.forEach((code, row) => {
    const rows = rowsOf.get(code);
    if (rows) rows.push(row);
    else rowsOf.set(code, [row]);
  });
  const groups: Group[] = [];
  for (const [code, rows] of rowsOf) {
    const name = classes.names[code]!;
    const columns: PairedColumn[] = [];
    for (const request of formula.columns) {
      const own = candidate.column(request);
      if (!own) return unavailable(`the candidate's predictions have no column "${request.name ?? request.role}".`);
      columns.push({ candidate: Float64Array.from(rows, (row) => own[row]!) });
    }
    const built = formula.build(columns, classes);
    if ('why' in built) return unavailable(`in the group ${name}, ${built.why}.`);
    groups.push({ name, metric: built });
  }
  return disparitySureness(groups, disparity, (limit as { value: number }).value, confidence!, pause);
}

function mcNemarOf([label, prediction]: readonly PairedColumn[]) {
  let [onlyCandidate, onlyChampion] = [0, 0];
  for (const cell of correctCells(label!.candidate, prediction!)) {
    if (cell === 1) onlyCandidate++;
    if (cell === 2) onlyChampion++;
  }
  return { pValue: mcNemarPValue(onlyCandidate, onlyChampion), onlyCandidate, onlyChampion };
}

/** The rows of the criterion's slice; undefined for all. */
function sliceRows(
  { slice }: Criterion,
  candidate: Readable,
  classes: ClassDictionary,
): { rows?: Uint32Array } | { why: string } {
  if (slice.length === 0) return {};
  const terms: Array<{ values: Float64Array; code: number | undefined }> = [];
  for (const { key, value } of slice) {
    const values = candidate.column(sliceColumn(key));
    if (!values) return { why: `the candidate's predictions have no column "${key}".` };
    terms.push({ values, code: classes.find(value) });
  }
  const rows: number[] = [];
  for (let row = 0; row < candidate.rows; row++) {
    if (terms.every(({ values, code }) => values[row] === code)) rows.push(row);
  }
  if (rows.length > 0) return { rows: Uint32Array.from(rows) };
  return { why: `no row of the predictions has ${slice.map(({ key, value }) => `${key}=${value}`).join(' and ')}.` };
}

function sliceColumn(name: string): ColumnRequest {
  return { role: 'own', name, as: 'class' };
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
