import type { ModelRecord } from '../record/record';
import type { ModelCard } from './card';
import { cardSections } from './cardSections';
import { ownGaps } from './gaps';
import { hubMetadata } from './hubMetadata';

/** @returns undefined where the record knows no model */
export function modelCard(record: ModelRecord): ModelCard | undefined {
  const { model, evaluation, sha256 } = record;
  if (!model) return undefined;
  return {
    schemaVersion: 1,
    model: { name: model.name, version: model.version },
    record: sha256,
    ...(evaluation ? { decision: evaluation.decision } : {}),
    gaps: ownGaps(record, evaluation?.modelCard),
    metadata: hubMetadata(record),
    sections: cardSections(record),
  };
}
