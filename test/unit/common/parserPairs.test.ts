import assert from 'node:assert/strict';
import { hasEnded as hasRunEnded } from '../../../local/azure/machineLearning/runs/runStore';
import { hasEnded } from '../../../tasks/common/azure/ml/jobs/follow/jobStatus';
import { readIgnoreFile } from '../../../local/azure/engine/dockerfile/ignoreFile';
import { parseDockerfile } from '../../../local/azure/engine/dockerfile/parse';
import { parseImageReference } from '../../../local/azure/engine/imageReference';
import { readCondaFile } from '../../../local/python/condaFile';
import { parseImageName } from '../../../tasks/common/imageName';
import { readDockerIgnore } from '../../../tasks/PackageImage/context/ignoreFile';
import { fromCondaFile } from '../../../tasks/PackageImage/plan/dependencies';
import { instructions } from '../../../tasks/PackageImage/plan/dockerfileInstructions';

/**
 * The tasks and the local Azure read these texts by code of their own, so that neither hides a fault of the other. What
 * Docker, Conda and pip say of a text both must say: the expected values stand here, taken from their documentation.
 */
describe('Parsers that the tasks and the local Azure each have', () => {
  describe('of a Dockerfile', () => {
    const cases: Array<[what: string, lines: string[], expected: Array<[keyword: string, text: string, line: number]>]> = [
      ['one instruction a line', ['FROM a', 'ARG B=1'], [['FROM', 'a', 1], ['ARG', 'B=1', 2]]],
      ['lower case', ['from a', 'Arg B'], [['FROM', 'a', 1], ['ARG', 'B', 2]]],
      ['space before and between', ['  FROM   a  ', '\tARG\tB'], [['FROM', 'a', 1], ['ARG', 'B', 2]]],
      ['comments and empty lines', ['# one', '', 'FROM a', '  # two', 'ARG B'], [['FROM', 'a', 3], ['ARG', 'B', 5]]],
      ['a sign of a comment within a line', ['FROM a', 'LABEL b=#c'], [['FROM', 'a', 1], ['LABEL', 'b=#c', 2]]],
      ['a continued line', ['FROM a', 'ARG \\', 'B'], [['FROM', 'a', 1], ['ARG', 'B', 2]]],
      ['a comment in the midst of one', ['FROM a', 'ARG \\', '# c', '', 'B'], [['FROM', 'a', 1], ['ARG', 'B', 2]]],
      ['space behind the sign of continuation', ['FROM a', 'ARG \\  ', 'B'], [['FROM', 'a', 1], ['ARG', 'B', 2]]],
      ['a sign of continuation at the end', ['FROM a', 'ARG B\\'], [['FROM', 'a', 1], ['ARG', 'B', 2]]],
      ['line ends of Windows', ['FROM a\r', 'ARG \\\r', 'B\r'], [['FROM', 'a', 1], ['ARG', 'B', 2]]],
      ['a byte order mark', ['\uFEFFFROM a'], [['FROM', 'a', 1]]],
      ['another sign of continuation', ['# escape=`', 'FROM a', 'ARG `', 'B'], [['FROM', 'a', 2], ['ARG', 'B', 3]]],
      [
        'another one behind another directive',
        ['# syntax=x', '#ESCAPE = `', 'FROM a', 'ARG `', 'B'],
        [['FROM', 'a', 3], ['ARG', 'B', 4]],
      ],
      [
        'another one behind a comment, where it is a comment too',
        ['# ours', '# escape=`', 'FROM a', 'ARG \\', 'B'],
        [['FROM', 'a', 3], ['ARG', 'B', 4]],
      ],
      [
        'the usual one, named',
        ['# escape=\\', 'FROM a', 'ARG \\', 'B'],
        [['FROM', 'a', 2], ['ARG', 'B', 3]],
      ],
    ]; // prettier-ignore
    for (const [what, lines, expected] of cases) {
      it(what, () => {
        const text = lines.join('\n');
        const ours = [...instructions(text)].map(({ keyword, rest, line }) => [keyword, rest.trim(), line]);
        const double = parseDockerfile(text).instructions.map(({ keyword, text: rest, line }) => [keyword, rest, line]);
        assert.deepEqual({ ours, double }, { ours: expected, double: expected });
      });
    }
  });

  it('of the status of a job', () => {
    const ended = { Completed: true, Failed: true, Canceled: true };
    const going = ['NotStarted', 'Starting', 'Provisioning', 'Preparing', 'Queued', 'Running', 'Finalizing'] as const;
    const statuses = [
      ...going,
      'CancelRequested',
      'Completed',
      'Failed',
      'Canceled',
      'NotResponding',
      'Paused',
    ] as const;
    for (const status of statuses) {
      const expected = status in ended;
      assert.deepEqual([hasEnded(status), hasRunEnded(status)], [expected, expected], status);
    }
  });

  describe('of a .dockerignore', () => {
    const cases: Array<[what: string, lines: string[], out: string[], kept: string[]]> = [
      ['a file', ['a.txt'], ['a.txt'], ['b/a.txt', 'a.txt2', 'a_txt']],
      ['a folder and all in it', ['a'], ['a', 'a/b', 'a/b/c'], ['ab', 'b/a']],
      ['slashes at both ends', ['/a/'], ['a', 'a/b'], ['b/a']],
      ['a path from here', ['./a/b'], ['a/b', 'a/b/c'], ['a', 'a/c']],
      ['a star', ['*.py', 'd/*.md'], ['x.py', 'd/x.md'], ['d/x.py', 'd/e/x.md', 'x.pyc']],
      ['two stars', ['**/*.py'], ['x.py', 'd/x.py', 'd/e/x.py'], ['x.pyc']],
      ['two stars at the end', ['d/**'], ['d/x', 'd/e/x'], ['dx']],
      ['a question mark', ['a?c'], ['abc'], ['ac', 'a/c', 'abbc']],
      ['a class', ['[a-c]x'], ['ax', 'cx'], ['dx', 'x']],
      ['a character taken as it is', ['a\\*b'], ['a*b'], ['axb']],
      ['dots, brackets and signs of expressions', ['a.b', 'c+(d)', '$e^'], ['a.b', 'c+(d)', '$e^'], ['axb', 'ccd']],
      ['what is taken back', ['*', '!a', '!b/c'], ['x', 'b/d'], ['a', 'a/x', 'b/c']],
      ['what is taken back, and left out again', ['*.md', '!R*.md', 'RX.md'], ['a.md', 'RX.md'], ['README.md']],
      ['a file taken back out of a folder', ['d', '!d/keep'], ['d', 'd/x'], ['d/keep', 'd/keep/x']],
      ['comments and empty lines', ['# a', '', '  ', 'b'], ['b'], ['a', '# a']],
      ['space around', ['  a  '], ['a'], ['b']],
      ['everything', ['*'], ['a', 'a/b'], []],
    ];
    for (const [what, lines, out, kept] of cases) {
      it(what, () => {
        for (const end of ['\n', '\r\n']) {
          const text = lines.join(end);
          for (const leavesOut of [readDockerIgnore(text).leavesOut, readIgnoreFile(text)]) {
            const all = [...out, ...kept];
            assert.deepEqual(
              all.filter((path) => leavesOut(path)),
              out,
            );
          }
        }
      });
    }
  });

  describe('of an image reference', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const cases: Array<[text: string, parts: [host: string, repository: string, tag?: string, digest?: string] | undefined]> = [
      ['python', ['docker.io', 'library/python', 'latest']],
      ['python:3.11-slim', ['docker.io', 'library/python', '3.11-slim']],
      ['team/app', ['docker.io', 'team/app', 'latest']],
      ['docker.io/python', ['docker.io', 'library/python', 'latest']],
      ['docker.io/team/app:1', ['docker.io', 'team/app', '1']],
      ['index.docker.io/python:3.11', ['docker.io', 'library/python', '3.11']],
      ['index.docker.io/team/app', ['docker.io', 'team/app', 'latest']],
      ['registry-1.docker.io/library/python', ['docker.io', 'library/python', 'latest']],
      ['index.docker.io.example.net/app', ['index.docker.io.example.net', 'app', 'latest']],
      ['acr.example.net/a/b/c:v_1.0-x', ['acr.example.net', 'a/b/c', 'v_1.0-x']],
      ['localhost/app', ['localhost', 'app', 'latest']],
      ['localhost:5000/app:1', ['localhost:5000', 'app', '1']],
      ['host:5000/a/b', ['host:5000', 'a/b', 'latest']],
      [`acr.example.net/app@${digest}`, ['acr.example.net', 'app', undefined, digest]],
      [`acr.example.net/app:1@${digest}`, ['acr.example.net', 'app', '1', digest]],
      ['a__b/c--d.e', ['docker.io', 'a__b/c--d.e', 'latest']],
      [`a:${'t'.repeat(128)}`, ['docker.io', 'library/a', 't'.repeat(128)]],
      [`a:${'t'.repeat(129)}`, undefined],
      ['$(a).example.net/b', undefined],
      ['', undefined],
      ['A/b', undefined],
      ['acr.example.net/App', undefined],
      ['acr.example.net/', undefined],
      ['acr.example.net/a//b', undefined],
      ['acr.example.net/-a', undefined],
      ['acr.example.net/a-', undefined],
      ['a..b', undefined],
      ['a___b', undefined],
      ['a._b', undefined],
      ['a:', undefined],
      ['a:-1', undefined],
      ['a b', undefined],
      ['a@sha256:abc', undefined],
      [`a@${digest}0`, undefined],
    ]; // prettier-ignore
    for (const [text, parts] of cases) {
      it(text.slice(0, 60) || 'nothing', () => {
        const name = parseImageName(text);
        // An image without tag and digest is the latest one; the task leaves that to whoever pulls it.
        const tag = name?.tag ?? (name?.digest ? undefined : 'latest');
        const ours = name && [name.registry, name.repository, tag, name.digest];
        const double = (() => {
          try {
            const found = parseImageReference(text);
            return [found.host, found.repository, found.tag, found.digest];
          } catch {
            return undefined;
          }
        })();
        const expected = parts && [parts[0], parts[1], parts[2], parts[3]];
        assert.deepEqual({ ours, double }, { ours: expected, double: expected });
      });
    }
  });

  describe('of a Conda file', () => {
    const cases: Array<[what: string, text: string, pip: string[] | undefined]> = [
      ['a list for pip', 'dependencies: [python=3.11, pip, {pip: [numpy==1.26.4, "x>=1,<2"]}]', ['numpy==1.26.4', 'x>=1,<2']],
      ['no list for pip', 'dependencies: [python=3.11]', []],
      ['a Python of a channel', 'dependencies: ["conda-forge::python=3.11", {pip: [a]}]', ['a']],
      ['two lists for pip', 'dependencies: [python=3.11, {pip: [a]}, {pip: [b]}]', ['a', 'b']],
      ['no dependencies', 'name: x', undefined],
      ['dependencies that are not a list', 'dependencies: {python: 3}', undefined],
      ['nothing', '', undefined],
      ['a text', 'just words', undefined],
      ['no YAML', 'dependencies: [', undefined],
      ['a dependency that is a number', 'dependencies: [python=3.11, 5]', undefined],
      ['a dependency that is another mapping', 'dependencies: [python=3.11, {conda: [a]}]', undefined],
    ]; // prettier-ignore
    for (const [what, text, pip] of cases) {
      it(what, async () => {
        const ours = await fromCondaFile(text, 'conda.yml', '/nowhere').then(
          ({ requirements }) => requirements,
          () => undefined,
        );
        const double = (() => {
          try {
            return readCondaFile(text).requirements;
          } catch {
            return undefined;
          }
        })();
        assert.equal(ours !== undefined, pip !== undefined, 'the task reads it');
        assert.deepEqual(double, pip);
        for (const line of pip ?? []) assert.ok(ours!.split('\n').includes(line), ours);
      });
    }
  });
});
