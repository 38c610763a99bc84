import { fromTheHighest } from './order';
import type { Readable } from './predictionColumns';

/** For each row of the candidate the row of the champion that is the same; undefined: they are in the same order. */
export type Pairing = Paired | { readonly kind: 'different'; readonly why: string };

export interface Paired {
  readonly kind: 'paired';
  readonly championRow?: Uint32Array;
}

/**
 * Finds which rows of two models' predictions are of the same thing: by id where both have one, else by their order.
 * A paired comparison of other than the same rows would be wrong, so that any difference ends it.
 */
export function pairRows(candidate: Readable, champion: Readable): Pairing {
  if (candidate.rows !== champion.rows) {
    return different(`the candidate has ${candidate.rows} rows of predictions, the champion ${champion.rows}`);
  }
  if (!candidate.ids !== !champion.ids) return different('only one of the two files of predictions has ids');
  if (!candidate.ids || !champion.ids) return { kind: 'paired' };
  if (candidate.ids.every((id, row) => id === champion.ids![row])) return { kind: 'paired' };
  const sorted = [rowsById(candidate.ids), rowsById(champion.ids)] as const;
  if (!sorted[0] || !sorted[1]) return different('an id appears in more than one row of the predictions');
  const championRow = new Uint32Array(candidate.rows);
  for (let place = 0; place < candidate.rows; place++) {
    const [own, other] = [sorted[0][place]!, sorted[1][place]!];
    if (candidate.ids[own] !== champion.ids[other]) return different('the two files of predictions have different ids');
    championRow[own] = other;
  }
  return { kind: 'paired', championRow };
}

/** The champion's column in the candidate's order. */
export function inCandidateOrder(values: Float64Array, { championRow }: { championRow?: Uint32Array }): Float64Array {
  return championRow ? Float64Array.from(championRow, (row) => values[row]!) : values;
}

/** Rows in the order of their ids; undefined if an id stands twice. */
function rowsById(ids: Float64Array): Uint32Array | undefined {
  const order = fromTheHighest(ids);
  for (let place = 1; place < order.length; place++) {
    if (ids[order[place]!] === ids[order[place - 1]!]) return undefined;
  }
  return order;
}

function different(why: string): Pairing {
  return { kind: 'different', why: `${why}, so that they cannot be compared row by row` };
}
