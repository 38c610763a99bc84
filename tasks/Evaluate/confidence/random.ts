/**
 * A seeded generator of 32-bit numbers: xoshiro128** 1.1 by Blackman and Vigna (public domain), its state filled by
 * SplitMix32. The same seed gives the same numbers on every machine.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    let state = seed | 0;
    const next = () => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    [this.a, this.b, this.c, this.d] = [next(), next(), next(), next()];
  }

  /** 0 to 2^32 − 1. */
  next(): number {
    const product = Math.imul(this.b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /**
   * Draws `counts.length` rows with replacement and counts how often each was drawn. A row is drawn as often as any other
   * but for the rounding of 2^32 to a multiple of the length. 255 draws of one row among more are out of reach: each takes
   * a chance of 1 in 255! and less.
   */
  resample(counts: Uint8Array): void {
    counts.fill(0);
    const rows = counts.length;
    const scale = rows / 2 ** 32;
    // The state in local variables: this loop is where the time of a bootstrap goes.
    let { a, b, c, d } = this;
    for (let index = 0; index < rows; index++) {
      const product = Math.imul(b, 5);
      const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      counts[(result * scale) | 0]!++;
    }
    Object.assign(this, { a, b, c, d });
  }
}
