import type { ModelRecord, WrittenCard } from '../record/record';
import { sectionsNamed, trainingDataHeading, whyEmpty, writtenGaps } from './writtenSections';

/**
 * What a card of this record and this file would not say, a sentence each. What later stages add is not counted: they have not run.
 */
export function ownGaps(record: Pick<ModelRecord, 'training'>, written: WrittenCard | undefined): string[] {
  const sections = written?.sections ?? [];
  return [...writtenGaps(sections), ...dataGap(record, written)];
}

/** Without data inputs the record cannot say what the model was trained on; people can. */
export function dataGap({ training }: Pick<ModelRecord, 'training'>, written: WrittenCard | undefined): string[] {
  const said = sectionsNamed(written?.sections ?? [], trainingDataHeading);
  if ((training?.data ?? []).length > 0 || said.some(({ text }) => whyEmpty(text) === undefined)) return [];
  return [
    'The data is not known: the training job has no data input, and the file has no section "Training data" that describes it.',
  ];
}
