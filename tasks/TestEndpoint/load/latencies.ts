// By its file: the package's entry brings WebAssembly and compression along, which we do not use.
import Int32Histogram from 'hdr-histogram-js/dist/Int32Histogram';
import type { LoadFigures } from './thresholds';

/** Microseconds; an hour. */
const longest = 3_600_000_000;

/** Latencies in an HdrHistogram: microseconds to an hour, three significant digits, and the same memory for a million requests as for ten. */
export class Latencies {
  private readonly histogram = new Int32Histogram(1, longest, 3);
  requests = 0;
  errors = 0;
  /** Errors by what they were, e.g. { "503": 2, "ECONNRESET": 1 }. */
  readonly errorKinds: Record<string, number> = {};

  record(milliseconds: number, error?: string): void {
    this.requests++;
    if (error !== undefined) {
      this.errors++;
      this.errorKinds[error] = (this.errorKinds[error] ?? 0) + 1;
    }
    this.histogram.recordValue(Math.min(longest, Math.max(1, Math.round(milliseconds * 1000))));
  }

  /** Memory that the histogram takes. */
  get bytes(): number {
    return this.histogram.estimatedFootprintInBytes;
  }

  figures(seconds: number): LoadFigures {
    const { histogram, requests, errors } = this;
    const milliseconds = (value: number) => (requests === 0 ? NaN : value / 1000);
    return {
      requests,
      errors,
      perSecond: (requests - errors) / seconds,
      mean: milliseconds(histogram.mean),
      min: milliseconds(histogram.minNonZeroValue),
      max: milliseconds(histogram.maxValue),
      // The histogram gives the upper end of a step, which may lie above the slowest request.
      percentile: (percent) => milliseconds(Math.min(histogram.getValueAtPercentile(percent), histogram.maxValue)),
    };
  }

  /** So many latencies (milliseconds) at even steps of rank, without the slowest half percent: the shape of the distribution, for a picture. */
  sample(count: number): number[] {
    return Array.from(
      { length: count },
      (_, index) => this.histogram.getValueAtPercentile(((index + 0.5) / count) * 99.5) / 1000,
    );
  }
}
