import type { Operator } from './criterion';

interface Comparison {
  readonly holds: (left: number, right: number) => boolean;
  readonly words: string;
}

const comparisons: Record<Operator, Comparison> = {
  '<': { holds: (left, right) => left < right, words: 'below' },
  '<=': { holds: (left, right) => left <= right, words: 'at most' },
  '>': { holds: (left, right) => left > right, words: 'above' },
  '>=': { holds: (left, right) => left >= right, words: 'at least' },
  '==': { holds: (left, right) => left === right, words: 'exactly' },
};

export function compare(left: number, operator: Operator, right: number): boolean {
  return comparisons[operator].holds(left, right);
}

/** As in "must be at least 0.9". */
export function inWords(operator: Operator): string {
  return comparisons[operator].words;
}
