import { visibleText } from '../visibleText';
import type { ModelCard } from './card';

/**
 * The card as people read it: what would act on them unseen, such as a character that turns the direction of writing, stands as its
 * code. The metadata is for programs and stays as it is; where it is written, such characters are escaped.
 */
export function visibleCard(card: ModelCard): ModelCard {
  return { ...visible(card), metadata: card.metadata };
}

function visible<T>(value: T): T {
  if (typeof value === 'string') return visibleText(value) as T;
  if (Array.isArray(value)) return value.map(visible) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, visible(each)])) as T;
}
