import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { attachmentTypes } from '../../tasks/common/record/attachmentTypes';
import { readRecord } from '../../tasks/common/record/recordFile';
import { attachmentTypes as read } from '../../views/tab/attachments';

describe('What steps leave for later versions', () => {
  it('is attached under the types that were published', () =>
    // A published type stays for ever: the tab of a newer version reads the runs of an older one.
    assert.deepEqual(attachmentTypes, {
      record: 'mlops.record',
      picture: 'mlops.picture',
      contents: 'mlops.contents',
    }));

  it('is what the tab reads', () => assert.deepEqual([...read].sort(), Object.values(attachmentTypes).sort()));

  const folder = join(__dirname, 'records');
  for (const file of readdirSync(folder)) {
    it(`is a record that can be deployed for ever: ${file}`, async () => {
      const record = await readRecord(join(folder, file));
      assert.equal(record.evaluation?.decision, 'approved');
      assert.match(record.image!.reference, /@sha256:/);
    });
  }
});
