import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attachmentTypes } from '../../tasks/common/record/attachmentTypes';
import type { TaskLog } from '../../tasks/common/log';
import { recordSchemaVersion } from '../../tasks/common/record/record';
import { readRecord } from '../../tasks/common/record/recordFile';
import { chooseRelease } from '../../tasks/DeployACI/release';
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

  // Whoever changes the schema keeps a record of the version before: a release may be of a build of last year.
  for (let version = 1; version <= recordSchemaVersion; version++) {
    it(`is a record that can be deployed for ever: of schema ${version}`, async () => {
      const recordFile = join(__dirname, 'records', `schema-${version}.json`);
      assert.ok(existsSync(recordFile), `There is no record of schema ${version} in test/contract/records.`);
      const record = await readRecord(recordFile);
      const log = { info: () => undefined, warning: (text: string) => assert.fail(text) } as unknown as TaskLog;
      const release = await chooseRelease(
        {
          recordFile,
          requireApproval: true,
          allowImageTag: false,
          https: false,
          registryAuthentication: { kind: 'none' },
        },
        { artifacts: [] },
        log,
      );
      assert.deepEqual(
        [release.image, release.registryId, release.port, release.scoringPath],
        [record.image!.reference, record.image!.registryId, record.image!.port, record.image!.scoringPath],
      );
      assert.deepEqual(release.model, { name: record.model!.name, version: record.model!.version });
    });
  }
});
