import type { Operation } from './operations';

/** One operation of one task meets one fault. */
export interface Cell {
  id: string;
  scenario: string;
  operation: Operation;
  fault: string;
}

export type Verdict = 'ridden out' | 'one clear error' | 'bad' | 'not met';

export interface Outcome {
  verdict: Verdict;
  /** Why it is bad. */
  problems: string[];
  /** What the task said as its errors. */
  said: string[];
  /** Of the task's own clock. */
  minutes: number;
}
