/** Fewer values are not worth so many digits that two make a half. */
const many = 100_000;

/**
 * The places of the values from the highest to the lowest, equal ones in their own order: a radix sort, which takes a tenth of the time
 * of one that compares.
 * Source: D. Knuth, The Art of Computer Programming 3 (1998), 5.2.5.
 * @param values finite
 */
export function fromTheHighest(values: Float64Array): Uint32Array {
  // Two halves of each value, as every processor that Node runs on has them: the lower first.
  const halves = new Uint32Array(Float64Array.from(values, (value) => value + 0).buffer);
  for (let place = 0; place < values.length; place++) {
    // As whole numbers, positive values rise and negative ones fall; turned so that all fall.
    if (halves[2 * place + 1]! >>> 31) continue;
    halves[2 * place]! ^= 0xffffffff;
    halves[2 * place + 1]! ^= 0x7fffffff;
  }
  let order = Uint32Array.from(values, (_, place) => place);
  let sorted = new Uint32Array(values.length);
  const [bits, each] = values.length < many ? [11, 3] : [16, 2];
  const digits = 1 << bits;
  const starts = new Uint32Array(digits + 1);
  for (let digit = 0; digit < 2 * each; digit++) {
    const [half, shift] = [digit < each ? 0 : 1, (digit % each) * bits];
    starts.fill(0);
    for (let place = 0; place < values.length; place++)
      starts[((halves[2 * place + half]! >>> shift) & (digits - 1)) + 1]!++;
    for (let place = 0; place < digits; place++) starts[place + 1]! += starts[place]!;
    for (const place of order) sorted[starts[(halves[2 * place + half]! >>> shift) & (digits - 1)]!++] = place;
    [order, sorted] = [sorted, order];
  }
  return order;
}
