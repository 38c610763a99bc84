import { isPlainComparison, type Criterion } from '../../common/criteria/criterion';
import type { Disparity } from '../../common/criteria/disparity';
import { unavailable, type Uncertainty } from '../../common/criteria/verdict';
import { ClassDictionary } from './classDictionary';
import { disparitySureness, type Group } from './disparity';
import { correctCells, formulaOf, isAccuracy, isOwnColumn, type PairedColumn } from './formulas';
import { mcNemarPValue } from './mcNemar';
import { moreIsBetter } from './pairedMetric';
import { inCandidateOrder, type Paired } from './pairing';
import { columnOf, type ColumnRequest, type Readable } from './predictionColumns';
import { proportionInterval } from './proportion';
import { surenessOf } from './sureness';

/** A criterion, and the rows to judge it by; plain data. */
export interface Question {
  readonly criterion: Criterion;
  readonly candidate: Readable;
  /** Left out where the criterion does not compare with it. */
  readonly champion?: Readable;
  readonly pairing?: Paired;
  /** By their codes. */
  readonly classNames: readonly string[];
}

interface Rows extends Omit<Question, 'criterion' | 'classNames'> {
  readonly classes: ClassDictionary;
}

/**
 * How sure a criterion is.
 * @param pause called now and then while resampling; it throws to stop
 */
export function surenessOfCriterion(
  { criterion, classNames, ...rows }: Question,
  pause: () => Promise<void> = async () => {},
): Promise<Uncertainty> {
  const classes = new ClassDictionary(classNames);
  if (criterion.disparity) return ofDisparity(criterion, criterion.disparity, { ...rows, classes }, pause);
  return ofMetric(criterion, { ...rows, classes }, pause);
}

async function ofMetric(
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
  const built = formula.build(columns, classes);
  if ('why' in built) return unavailable(`${built.why}.`);
  const isGain = isOwnColumn(criterion.metric) && criterion.operator.startsWith('>');
  const metric = isGain ? moreIsBetter(built) : built;

  const { limit } = criterion;
  const sure = await surenessOf(metric, limit, criterion.confidence!, pause);
  if (sure.kind === 'interval' && limit.kind === 'number' && isAccuracy(criterion.metric)) {
    const [label, prediction] = columns as [PairedColumn, PairedColumn];
    const right = correctCells(label.candidate, prediction).reduce((sum, cell) => sum + (cell & 1), 0);
    const [lower, upper] = proportionInterval(right, sure.rows, sure.level);
    return { ...sure, lower: lower - limit.value, upper: upper - limit.value, method: 'exact' };
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
    const own = columnOf(candidate, request);
    const other = champion && columnOf(champion, request);
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
  const codes = columnOf(candidate, sliceColumn(disparity.over));
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
      const own = columnOf(candidate, request);
      if (!own) return unavailable(`the candidate's predictions have no column "${request.name ?? request.role}".`);
      columns.push({ candidate: Float64Array.from(rows, (row) => own[row]!) });
    }
    const built = formula.build(columns, classes);
    if ('why' in built) return unavailable(`in the group ${name}, ${built.why}.`);
    groups.push({ name, metric: built });
  }
  return disparitySureness(groups, disparity, (limit as { value: number }).value, confidence!, pause);
}

/** Of the columns label and prediction. */
export function mcNemarOf([label, prediction]: readonly PairedColumn[]) {
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
    const values = columnOf(candidate, sliceColumn(key));
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

/** The column by which rows are told apart. */
export function sliceColumn(name: string): ColumnRequest {
  return { role: 'own', name, as: 'class' };
}
