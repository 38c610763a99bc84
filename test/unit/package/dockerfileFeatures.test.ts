import assert from 'node:assert/strict';
import { buildKitFeatures } from '../../../tasks/PackageImage/plan/buildKitFeatures';
import { findEntryScriptProblems } from '../../../tasks/PackageImage/plan/entryScript';
import { exposedPort } from '../../../tasks/PackageImage/plan/exposedPort';

describe('the port that a Dockerfile exposes', () => {
  const cases: Array<[dockerfile: string, port: number | undefined, given?: Record<string, string>]> = [
    ['FROM a\nEXPOSE 8080', 8080],
    ['FROM a\nENV PORT=8080\nEXPOSE $PORT', 8080],
    ['FROM a\nENV PORT 8080\nEXPOSE ${PORT}/tcp', 8080],
    ['FROM a\nARG PORT=8081\nEXPOSE $PORT', 8081],
    ['FROM a\nARG PORT=8081\nEXPOSE $PORT', 9000, { PORT: '9000' }],
    ['ARG PORT=8082\nFROM a\nARG PORT\nEXPOSE $PORT', 8082],
    ['FROM a\nEXPOSE ${PORT:-8083}', 8083],
    ['FROM a\nARG P=1\nENV P=8084\nEXPOSE $P', 8084],
    ['FROM a\nENV A=80 B=${A}85\nEXPOSE 80', 80],
    ['FROM a\nEXPOSE 53/udp 8086 9000', 8086],
    ['FROM a\nEXPOSE 8087-8090', 8087],
    ['FROM a\nEXPOSE 1\nFROM b\nEXPOSE 8088', 8088],
    ['FROM a AS base\nENV PORT=8089\nFROM base\nEXPOSE $PORT', 8089],
    ['FROM a AS base\nEXPOSE 8090\nFROM base', 8090],
    ['FROM a AS base\nEXPOSE 1\nFROM base\nEXPOSE 8091\nEXPOSE 2', 8091],
    ['FROM a\nARG constructor=8092\nEXPOSE $constructor', 8092],
    ['FROM a\nRUN <<EOF\nEXPOSE 1\nEOF', undefined],
    ['FROM a\n# EXPOSE 1', undefined],
  ];
  for (const [dockerfile, port, given = {}] of cases) {
    it(`is ${port} of ${JSON.stringify(dockerfile)}`, () => {
      assert.deepEqual(exposedPort(dockerfile, given), port && { port });
    });
  }

  it('is named with its line where nothing gives its value', () => {
    assert.deepEqual(exposedPort('FROM a\nEXPOSE $PORT', {}), { line: 2, text: '$PORT' });
    assert.deepEqual(exposedPort('ARG PORT=1\nFROM a\nEXPOSE $PORT', {}), { line: 3, text: '$PORT' });
  });
});

describe('what only BuildKit builds', () => {
  it('is found with its line', () => {
    const text =
      'FROM a\nRUN --mount=type=cache,target=/x pip install .\nCOPY --chmod=755 a b\nRUN <<EOF\nls\nEOF\nCOPY --from=b --link x y\n';
    assert.deepEqual(buildKitFeatures(text), [
      { line: 2, feature: 'RUN --mount' },
      { line: 3, feature: 'COPY --chmod' },
      { line: 4, feature: 'a here-document of RUN' },
      { line: 7, feature: 'COPY --link' },
    ]);
  });

  it('is not what every builder knows', () => {
    const text =
      '# syntax=docker/dockerfile:1\nFROM --platform=linux/amd64 a\nCOPY --from=b --chown=1 x y\nRUN echo --mount=x && echo $((1 << 2)) && cat <<< word\n';
    assert.deepEqual(buildKitFeatures(text), []);
  });
});

describe('an entry script with an async run()', () => {
  it('is refused, and its helpers are not', () => {
    assert.match(
      findEntryScriptProblems('def init(): pass\nasync def run(d): return 1\n').join(),
      /async run\(\).*as def run/,
    );
    assert.deepEqual(
      findEntryScriptProblems(
        'def init(): pass\nasync def help(): pass\ndef run(d):\n  async def run(): pass\n  return 1\n',
      ),
      [],
    );
  });
});
