import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelRecord } from '../record/record';
import { TaskFailure } from '../taskFailure';

/**
 * The requests file that training wrote, which lies beside the record and must be as training wrote it.
 * @returns undefined where training wrote none
 * @throws TaskFailure if it is gone, or another
 */
export function goldenRequestsFile(
  record: ModelRecord | undefined,
  recordFile: string | undefined,
): string | undefined {
  const golden = record?.training?.goldenRequests;
  if (!golden || !recordFile) return undefined;
  const file = path.join(path.dirname(recordFile), golden.file);
  if (!fs.existsSync(file)) {
    throw new TaskFailure(
      `The golden requests ${file} do not exist.`,
      'They are next to the record in the artifact: publish both.',
    );
  }
  if (createHash('sha256').update(fs.readFileSync(file)).digest('hex') !== golden.sha256) {
    throw new TaskFailure(
      `The golden requests ${file} are not those that training wrote: their SHA-256 is not the one in the record.`,
      'Use the artifact as the tasks wrote it, or name requests of your own.',
    );
  }
  return file;
}
