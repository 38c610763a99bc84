import * as path from 'node:path';
import { messageOf } from '../messageOf';
import { readRecord } from '../record/recordFile';
import type { TaskContext } from './taskContext';

/**
 * Writes the model card beside the record, as far as the record goes: whoever publishes that folder publishes both. A release has
 * no artifacts of its own, so there the page goes with the log. What goes wrong is a warning: the stage has done its work.
 */
export async function leaveModelCard(
  recordFile: string,
  { log, pipeline, publish }: Pick<TaskContext, 'log' | 'pipeline' | 'publish'>,
): Promise<void> {
  try {
    const { writeModelCard } = await import('../modelCard/writeModelCard');
    const files = writeModelCard(path.dirname(recordFile), await readRecord(recordFile));
    const page = files.find((file) => file.endsWith('.html'));
    if (page === undefined) return;
    log.debug(`Model card: ${page}`);
    if (pipeline.hostType === 'release') publish.artifact('model-card', page);
  } catch (error) {
    log.warning(`The model card was not written: ${messageOf(error)}`);
  }
}
