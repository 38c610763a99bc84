import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { withNames } from '../../../../tasks/common/task/fileNames';

describe('the name of a file', () => {
  const sources = { folder: resolve('/agent/_work/1/s') };
  const places = [
    sources,
    { name: 'Pipeline.Workspace', folder: resolve('/agent/_work/1') },
    { name: 'Agent.WorkFolder', folder: resolve('/agent/_work') },
  ];
  const names = (...files: string[]) =>
    withNames(
      files.map((file) => resolve(file)),
      places,
    ).map(({ name }) => name);

  for (const [what, files, expected] of [
    ['starts at the sources', ['/agent/_work/1/s/reports/x.json'], ['reports/x.json']],
    ['or at the job', ['/agent/_work/1/drop/x.json'], ['drop/x.json']],
    ['or at the agent', ['/agent/_work/_temp/x.json'], ['_temp/x.json']],
    ['is its last part elsewhere', ['/mnt/a/x.json'], ['x.json']],
    [
      'says where it starts where the sources have one of that name',
      ['/agent/_work/1/s/reports/x.json', '/agent/_work/1/reports/x.json', '/agent/_work/reports/x.json'],
      ['reports/x.json', 'Pipeline.Workspace/reports/x.json', 'Agent.WorkFolder/reports/x.json'],
    ],
    [
      'has the folders that differ elsewhere',
      ['/mnt/a/report.json', '/mnt/b/report.json', '/mnt/c/other.json'],
      ['a/report.json', 'b/report.json', 'other.json'],
    ],
    [
      'has as many of them as it takes',
      ['/a/x/y/r.json', '/b/x/y/r.json', '/agent/_work/1/s/r.json'],
      ['a/x/y/r.json', 'b/x/y/r.json', 'r.json'],
    ],
  ] as const) {
    it(what, () => {
      const found = names(...files);
      assert.deepEqual(found, expected);
      for (const name of found) assert.doesNotMatch(name, /^\/|:/);
      assert.deepEqual(names(...files.toReversed()).toReversed(), found, 'in whatever order they are named');
    });
  }

  it('is never an absolute path, however alike the folders are', () => {
    const found = names('/a/x/r.json', '/x/r.json');
    assert.deepEqual([found[0], new Set(found).size], ['a/x/r.json', 2]);
    for (const name of found) assert.doesNotMatch(name, /^\/|:/);
  });
});
