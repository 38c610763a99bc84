import assert from 'node:assert/strict';
import { keptArguments } from '../../../tasks/PackageImage/plan/keptArguments';

const kept = (lines: readonly string[], given: Record<string, string> = {}) =>
  keptArguments(lines.join('\n'), given).map(({ name, line }) => `${name}:${line}`);

describe("the build arguments that an image's history keeps", () => {
  const cases: Array<[what: string, lines: string[], expected: string[]]> = [
    ['the only stage', ['FROM python', 'arg TOKEN', 'RUN pip install x'], ['TOKEN:2']],
    ['before the first FROM alone', ['ARG TOKEN', 'FROM python', 'RUN pip install x'], []],
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
  ];
  for (const [what, lines, expected] of cases) {
    it(`knows ${what}`, () => assert.deepEqual(kept(lines), expected));
  }

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
  });
});
