import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PipelinePlan } from '../../../local/agent/pipeline/plan';
import { checkPython, fetchPackagesAhead } from '../../../local/neededPython';
import { findPython } from '../../../local/python/findPython';
import { packageIn } from '../../../local/python/wheels';
import { temporaryFolder } from '../../support/agent';

/** A PATH on which there are only these programs, which are shell scripts. */
function programs(scripts: Record<string, string>): string {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

const python = (version: string): string => `echo '["/opt/python-${version}", "${version}"]'`;

const plan = (inputs: Record<string, string>): PipelinePlan =>
  ({
    stages: [
      { name: 'build', jobs: [{ steps: [{ action: { kind: 'task', task: { name: 'MLOpsTrain' }, inputs } }] }] },
    ],
  }) as unknown as PipelinePlan;

describe('the Python of this machine', () => {
  const known = process.env.PATH;
  afterEach(() => {
    process.env.PATH = known;
  });

  it('is one whose packages have wheels, before a newer one', async () => {
    process.env.PATH = programs({ python3: python('3.15.0'), 'python3.13': python('3.13.2') });
    // A machine may have a Python in /usr/bin, which is looked for by its path.
    assert.notEqual((await findPython()).version, '3.15.0');
    assert.equal((await findPython('python3')).version, '3.15.0');
  });

  it('gets the packages of later tasks while the first is at work, once', async () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    for (const [file, name] of [
      ['train.yml', 'pandas'],
      ['score.yml', 'flask'],
    ] as const)
      // prettier-ignore
      writeFileSync(path.join(folder, file), `dependencies:\n- pip\n- pip: [${name}==1.0]\n`);
    const asked = path.join(folder, 'asked');
    const uv = `[ "$1" = pip ] && for word; do last=$word; done && cat "$last" >> ${asked}\nexit 0`;
    process.env.PATH = `${programs({ uv })}${path.delimiter}${known}`;
    const [train, score] = [plan({ condaFile: 'train.yml' }), plan({ condaFile: 'score.yml' })];
    const both = { stages: [...train.stages, ...score.stages] } as PipelinePlan;
    const place = { repository: folder, cacheDir: path.join(folder, 'cache') };
    const { signal } = new AbortController();
    await fetchPackagesAhead(both, undefined, place, signal);
    await fetchPackagesAhead(both, undefined, place, signal);
    assert.equal(readFileSync(asked, 'utf8'), 'flask==1.0\n');
    assert.deepEqual(
      readdirSync(path.join(place.cacheDir, 'python')).filter((name) => !name.endsWith('.fetched')),
      [],
    );
  });

  describe('that is newer than its packages', () => {
    const stderr =
      'error: No solution found when resolving dependencies\n  cause: Because pandas==2.3.3 has no usable\n      wheels and you require pandas==2.3.3, we can conclude that your requirements are unsatisfiable.';

    it('is recognised by what uv says', () => {
      assert.equal(packageIn(stderr), 'pandas==2.3.3');
      assert.equal(packageIn('error: Could not connect'), undefined);
    });

    it('ends a run before it begins, in one line', async () => {
      const repository = temporaryFolder();
      mkdirSync(repository, { recursive: true });
      writeFileSync(path.join(repository, 'conda.yml'), 'dependencies:\n- pip\n- pip: [pandas==2.3.3]\n');
      process.env.PATH = programs({ uv: `[ "$1" = --version ] && exit 0\necho '${stderr}' >&2\nexit 1` });
      const tooNew = async () => ({ executable: '/opt/python3.15', version: '3.15.0' });
      const place = { repository, cacheDir: temporaryFolder() };
      await assert.rejects(
        checkPython(plan({ condaFile: 'conda.yml' }), undefined, place, tooNew),
        /^Error: Python 3\.15 has no wheels of pandas==2\.3\.3, which conda\.yml requires; use 3\.10 to 3\.14: install one/,
      );
      // What has wheels after all, and what names no file, is run.
      await checkPython(plan({}), undefined, place, tooNew);
      const tried = async () => ({ executable: '/opt/python3.14', version: '3.14.1' });
      await checkPython(plan({ condaFile: 'conda.yml' }), undefined, place, tried);
    });
  });
});
