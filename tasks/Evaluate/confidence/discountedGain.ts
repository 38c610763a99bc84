/**
 * The normalised discounted cumulative gain of each query: what a reader gains who goes down the list by score, over what
 * the best list would give. Rows with the same score share the gain of their places, as in scikit-learn; a query without
 * anything relevant gains 0.
 * Source: K. Järvelin and J. Kekäläinen, ACM TOIS 20 (2002); F. McSherry and M. Najork, ECIR (2008), for ties.
 * @param depth of the list that counts; all of it where left out
 */
export function discountedGains(
  query: Float64Array,
  relevance: Float64Array,
  score: Float64Array,
  depth = Infinity,
): Float64Array {
  const rowsOf = new Map<number, number[]>();
  query.forEach((each, row) => {
    const rows = rowsOf.get(each);
    if (rows) rows.push(row);
    else rowsOf.set(each, [row]);
  });
  return Float64Array.from(rowsOf.values(), (rows) => {
    const best = gain(rows, relevance, relevance, depth);
    return best === 0 ? 0 : gain(rows, relevance, score, depth) / best;
  });
}

function gain(rows: readonly number[], relevance: Float64Array, score: Float64Array, depth: number): number {
  const order = [...rows].sort((a, b) => score[b]! - score[a]!);
  let total = 0;
  for (let start = 0; start < order.length && start < depth;) {
    let [end, relevant, discount] = [start, 0, 0];
    while (end < order.length && score[order[end]!] === score[order[start]!]) {
      relevant += relevance[order[end]!]!;
      if (end < depth) discount += 1 / Math.log2(end + 2);
      end++;
    }
    total += (relevant / (end - start)) * discount;
    start = end;
  }
  return total;
}
