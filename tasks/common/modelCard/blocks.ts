import { formatNumber } from '../formatNumber';
import type { MetricValue } from '../record/record';
import type { Block, CardSection, Fact, Value } from './card';

export const complete = (id: string, title: string, ...blocks: Block[]): CardSection => ({
  id,
  title,
  source: 'pipeline',
  state: 'complete',
  blocks,
});

export const pending = (id: string, title: string, note: string): CardSection => ({
  id,
  title,
  source: 'pipeline',
  state: 'pending',
  note,
  blocks: [],
});

export const code = (text: string): Value => ({ text, code: true });
export const text = (sentence: string): Block => ({ kind: 'text', text: sentence });

/** Those that are known. */
export function facts(...rows: Array<readonly [label: string, value: Value | undefined]>): Block {
  const known = rows.filter((row): row is Fact => row[1] !== undefined && row[1] !== '');
  return { kind: 'facts', rows: known };
}

export function number(value: MetricValue | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'number' ? formatNumber(value) : value;
}
