import assert from 'node:assert/strict';
import { keptArguments } from '../../../tasks/PackageImage/plan/keptArguments';

const kept = (lines: readonly string[], given: Record<string, string> = {}) =>
  keptArguments(lines.join('\n'), given).map(({ name, line }) => `${name}:${line}`);

describe("the build arguments that an image's history keeps", () => {
  const cases: Array<[what: string, lines: string[], expected: string[]]> = [
    ['the only stage', ['FROM python', 'arg TOKEN', 'RUN pip install x'], ['TOKEN:2']],
    ['only before the first FROM', ['ARG TOKEN', 'FROM python', 'RUN pip install x'], []],
    ['before it, and declared again', ['ARG TOKEN=a', 'FROM python', 'ARG TOKEN'], ['TOKEN:3']],
    ['an earlier stage', ['FROM python AS made', 'ARG TOKEN', 'FROM python', 'COPY --from=made /a /a'], []],
    ['a stage that the last one grows from', ['FROM a AS Made', 'ARG TOKEN', 'FROM b', 'FROM made'], ['TOKEN:2']],
    ['over two stages', ['FROM a AS one', 'ARG TOKEN', 'FROM one AS two', 'FROM --platform=x two'], ['TOKEN:2']],
    ['several on a line, with defaults', ['FROM a', 'ARG A=1 B="x ARG C" TOKEN'], ['A:2', 'B:2', 'TOKEN:2']],
    ['continued lines', ['FROM a', 'ARG\\', '  A \\ ', '# not this', '', ' TOKEN', 'ARG Z'], ['A:2', 'TOKEN:2', 'Z:7']],
    ['a comment', ['FROM a', '  # ARG TOKEN', 'RUN echo \\', 'ARG TOKEN'], []],
    ['another sign of continuation', ['# escape=`', 'FROM a', 'RUN dir C:\\', 'ARG `', 'TOKEN'], ['TOKEN:4']],
    ['a here-document', ['FROM a', 'COPY <<"END" <<E2 /q/', 'FROM b', 'END', 'ARG X', 'E2', 'ARG TOKEN'], ['TOKEN:7']],
    [
      'one that FROM in a here-document seems to end',
      ['FROM a', 'ARG TOKEN', 'RUN <<END', 'FROM b', 'END'],
      ['TOKEN:2'],
    ],
    ['Windows line ends', ['FROM a\r', 'ARG TOKEN\r', ''], ['TOKEN:2']],
    ['no stage at all', ['ARG TOKEN'], []],
    [
      'a base by an argument whose name every object has',
      ['ARG toString=one', 'FROM a AS one', 'ARG A', 'FROM ${toString}'],
      ['A:3'],
    ],
    ['the last of two stages of one name', ['FROM a AS x', 'ARG A', 'FROM b AS x', 'ARG B', 'FROM x'], ['B:4']],
    ['a later stage of the name of its base', ['FROM x', 'ARG A', 'FROM a AS x', 'ARG B', 'FROM x'], ['B:4']],
    ['its own name as its base', ['FROM a AS one', 'ARG A', 'FROM two AS two', 'ARG B'], ['B:4']],
    ['a stage without a name', ['FROM a one made', 'ARG A', 'FROM made'], []],
    ['a stage whose name is missing', ['FROM a AS', 'ARG A', 'FROM python'], []],
    ['a stage without a base', ['FROM', 'FROM python', 'ARG A'], ['A:3']],
    ['quotes', ['FROM a', "ARG A='x ARG C' B=a\\ b", "ARG D='it' E"], ['A:2', 'B:2', 'D:3', 'E:3']],
    ['a word as long as an instruction', ['FROM a', '  ARGS X', 'xARG Y', 'ARG', ' ARG   Z  '], ['Z:5']],
    ['an instruction that only looks like one with a here-document', ['FROM a', 'XRUN <<E', 'ARG A', 'E'], ['A:3']],
    ['another that looks like one', ['FROM a', 'RUNS <<E', 'ARG A', 'LABEL <<E', 'ARG B', 'E'], ['A:3', 'B:5']],
    ['a here-document that never ends', ['FROM a', 'ARG A', 'RUN <<-E', 'ARG B'], ['A:2']],
    ['the end of a here-document behind tabs', ['FROM a', 'RUN <<-E', 'ARG A', '\tE', 'ARG B'], ['B:5']],
    ['a number where a here-document would begin', ['FROM a', 'RUN echo $((1 <<2))', 'ARG A'], ['A:3']],
    ['escape after another directive', ['# syntax=x', '#  escape = `', 'FROM a', 'ARG `', 'B'], ['B:4']],
    [
      'escape after a comment, where it is one too',
      ['# Ours.', '# escape=`', 'FROM a', 'ARG A\\', ' B'],
      ['A:4', 'B:4'],
    ],
    ['escape after an instruction', ['FROM a', '# escape=`', 'ARG A\\', ' B'], ['A:3', 'B:3']],
    ['a continuation with nothing behind it', ['FROM a', 'ARG A\\'], ['A:2']],
  ];
  for (const [what, lines, expected] of cases) {
    it(`knows ${what}`, () => assert.deepEqual(kept(lines), expected));
  }

  it('takes every earlier stage for a base that it cannot make out, not the nearest only', () => {
    const lines = ['FROM a AS one', 'ARG TOKEN', 'FROM b AS two', 'ARG OTHER', 'FROM c', 'ARG NAMELESS', 'FROM $BASE'];
    assert.deepEqual(kept(lines), ['TOKEN:2', 'OTHER:4']);
  });

  it('puts in the values of what names a base, and where it cannot, takes every earlier stage for the base', () => {
    const with_ = (declaration: string, base: string) => [
      declaration,
      'FROM python AS made',
      'ARG TOKEN',
      `FROM ${base}`,
      'COPY --from=made /a /a',
    ];
    assert.deepEqual(kept(with_('ARG BASE_IMAGE', '${BASE_IMAGE}'), { BASE_IMAGE: 'python:3.11' }), []);
    assert.deepEqual(kept(with_('ARG V=3.11', 'python:$V-slim')), []);
    assert.deepEqual(kept(with_('ARG V="de"', 'ma${V}')), ['TOKEN:3']);
    assert.deepEqual(kept(with_('ARG V=', '${V:-made}')), ['TOKEN:3']);
    assert.deepEqual(kept(with_('ARG V=1', '${V:+made}')), ['TOKEN:3']);
    assert.deepEqual(kept(with_('ARG V=1', 'base-${TARGETARCH}')), ['TOKEN:3']);
    assert.deepEqual(kept(with_('ARG V=', '${V:+other}')), []);
    assert.deepEqual(kept(with_('ARG V=1', '${OTHER:+made}')), []);
    assert.deepEqual(kept(with_('ARG V=1', '${OTHER:-made}')), ['TOKEN:3']);
    assert.deepEqual(kept(with_('ARG V=1', '${OTHER:-}')), []);
    assert.deepEqual(kept(with_("ARG V='made'", '$V')), ['TOKEN:3']);
    assert.deepEqual(kept(with_(`ARG V=m"a"'de'`, '$V')), ['TOKEN:3']);
  });
});
