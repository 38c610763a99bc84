import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { YamlSource } from '../../../tasks/common/azure/ml/jobs/specification/yamlSource';
import { readRecord } from '../../../tasks/common/record/recordFile';
import { readMetricsFile } from '../../../tasks/Evaluate/measurement';

describe('files that are parsed', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'text-file-'));
    file = path.join(folder, 'file');
    writeFileSync(file, '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const readers: Array<[what: string, read: (file: string) => unknown]> = [
    ['a job file', (file) => new YamlSource(file)],
    ['a metrics file', readMetricsFile],
    ['a record', readRecord],
  ];
  for (const [what, read] of readers) {
    it(`${what} of 100 MB is refused before it is read`, async () => {
      truncateSync(file, 100 * 1024 * 1024);
      await assert.rejects(async () => read(file), /has 104\.9 MB, more than the \d+\.\d MB that such a file may have/);
    });
  }
});
