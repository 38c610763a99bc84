import type { InputLine } from '../../common/task/inputReader';

/** What the load test measured. Latencies in milliseconds. */
export interface LoadFigures {
  readonly requests: number;
  readonly errors: number;
  /** Answered requests a second. */
  readonly perSecond: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly percentile: (percent: number) => number;
}

export interface Threshold {
  readonly text: string;
  readonly operator: '<' | '<=' | '>' | '>=';
  /** Milliseconds, percent, or requests a second. */
  readonly limit: number;
  readonly unit: 'ms' | '%' | '/s';
  /** Whether it holds though nobody wrote it. */
  readonly isImplied?: boolean;
  measure(figures: LoadFigures): number;
}

const grammar =
  /^(p\d{1,2}(?:\.\d+)?|mean|min|max|errors|throughput)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|%|\/s)?$/i;

/**
 * Reads thresholds, one a line: `p95 < 200ms`, `p99.9 < 1s`, `mean < 20ms`, `errors < 1%`, `throughput > 50/s`.
 * @param report is told what is wrong with a line
 */
export function parseThresholds(lines: readonly InputLine[], report: (problem: string) => void): Threshold[] {
  return lines.flatMap(({ line, text }) => {
    const match = grammar.exec(text);
    if (!match) {
      report(
        `line ${line}, "${text}", is not a threshold. Write one such as p95 < 200ms, errors < 1% or throughput > 50/s.`,
      );
      return [];
    }
    const [, subject, operator, number, unit = ''] = match as unknown as [
      string,
      string,
      Threshold['operator'],
      string,
      string?,
    ];
    const name = subject.toLowerCase();
    const wanted = name === 'errors' ? ['%'] : name === 'throughput' ? ['/s'] : ['us', 'µs', 'ms', 's'];
    if (!wanted.includes(unit.toLowerCase())) {
      report(`line ${line}, "${text}": ${name} is measured in ${wanted.join(', ')}; write the unit.`);
      return [];
    }
    const factor = { us: 0.001, µs: 0.001, s: 1000 }[unit.toLowerCase()] ?? 1;
    const limit = Number(number) * factor;
    if (!Number.isFinite(limit)) {
      report(`line ${line}: the limit of ${name} is too large a number; every figure would be below it.`);
      return [];
    }
    return [
      {
        text,
        operator,
        limit,
        unit: name === 'errors' ? '%' : name === 'throughput' ? '/s' : 'ms',
        measure: measureOf(name),
      },
    ];
  });
}

/**
 * The thresholds of a load test: those that are wanted, and where none speaks of errors, `errors < 1%`. A refusal comes
 * faster than an answer: of an endpoint that refuses everything the latencies are the best.
 */
export function withErrorLimit(thresholds: readonly Threshold[]): readonly Threshold[] {
  if (thresholds.some(({ unit }) => unit === '%')) return thresholds;
  return [
    ...thresholds,
    { text: 'errors < 1%', operator: '<', limit: 1, unit: '%', measure: measureOf('errors'), isImplied: true },
  ];
}

/** Whether the figure keeps the threshold. A figure that is not a number does not. */
export function keeps(threshold: Threshold, value: number): boolean {
  const { operator, limit } = threshold;
  if (operator === '<') return value < limit;
  if (operator === '<=') return value <= limit;
  if (operator === '>') return value > limit;
  return value >= limit;
}

function measureOf(name: string): (figures: LoadFigures) => number {
  switch (name) {
    case 'errors':
      return ({ errors, requests }) => (errors / requests) * 100;
    case 'throughput':
      return ({ perSecond }) => perSecond;
    case 'mean':
    case 'min':
    case 'max':
      return (figures) => figures[name];
    default:
      return (figures) => figures.percentile(Number(name.slice(1)));
  }
}
