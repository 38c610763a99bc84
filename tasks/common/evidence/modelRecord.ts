import { append, verify } from '../record/chain';
import type { ModelRecord } from '../record/record';
import { checkShape } from '../record/shape';

/** What the statement about a model's record says. */
export interface ModelRecordPredicate {
  /** ISO 8601. */
  readonly signedAt: string;
  readonly record: ModelRecord;
}

/** The record as Package-Image signs it: up to the image, without the word of the signing itself. */
export function asSigned(record: ModelRecord): ModelRecord {
  if (!record.image) return record;
  const { attestations: _, previous: __, ...image } = record.image;
  return append(record, 'image', image);
}

/** @returns undefined where it is not a sound record with the time at which it was signed */
export async function readModelRecordPredicate(predicate: unknown): Promise<ModelRecordPredicate | undefined> {
  const { signedAt, record } = (predicate ?? {}) as Partial<ModelRecordPredicate>;
  if (typeof signedAt !== 'string' || Number.isNaN(Date.parse(signedAt))) return undefined;
  if (checkShape(record).length > 0 || verify(record!).length > 0) return undefined;
  return { signedAt, record: record! };
}
