/** Numbers appended one by one, kept in one typed array that grows by a quarter: a million rows take 8 to 10 MB, not a million boxes. */
export class GrowingArray {
  private values = new Float64Array(1024);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Float64Array(this.count * 1.25);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }

  /** What was appended, in an array of its own length; a view, no copy. */
  toArray(): Float64Array {
    return this.values.subarray(0, this.count);
  }
}
