import assert from 'node:assert/strict';
import { expandPairs, expandWord, expandWords } from '../../../local/azure/engine/dockerfile/expand';
import { readIgnoreFile } from '../../../local/azure/engine/dockerfile/ignoreFile';
import { parseDockerfile } from '../../../local/azure/engine/dockerfile/parse';
import { formatImageReference, localReference, parseImageReference } from '../../../local/azure/engine/imageReference';

describe('Dockerfile', () => {
  const texts = (content: string): string[] =>
    parseDockerfile(content).instructions.map(({ keyword, text }) => `${keyword} ${text}`);

  it('joins continued lines, and leaves out comments and empty lines between them', () => {
    const content = [
      'FROM a',
      '# comment',
      'RUN one && \\',
      '  # in between',
      '',
      '  two "a # b" \\ ',
      'three',
      'copy a b',
    ];
    assert.deepEqual(texts(content.join('\n')), ['FROM a', 'RUN one &&   two "a # b" three', 'COPY a b']);
    assert.deepEqual(texts('# escape=`\nFROM a\nRUN dir C:\\ `\n && more'), ['FROM a', 'RUN dir C:\\  && more']);
    assert.deepEqual(texts('FROM a\r\nRUN x \\\r\n y\r\n'), ['FROM a', 'RUN x  y']);
  });

  it('takes flags and the exec form apart', () => {
    const { instructions } = parseDockerfile(
      'FROM --platform=linux/amd64 a AS b\nCOPY --from=b --chown=1:1 ["x y", "/z"]\nCMD [not json]',
    );
    assert.deepEqual(instructions[0]?.flags, [['platform', 'linux/amd64']]);
    assert.deepEqual([instructions[1]?.flags, instructions[1]?.exec], [[['from', 'b'], ['chown', '1:1']], ['x y', '/z']]); // prettier-ignore
    assert.equal(instructions[2]?.exec, undefined);
  });

  it('says in which line something is wrong', () => {
    assert.throws(() => parseDockerfile('FROM a\n\nBOGUS x'), /unknown instruction: BOGUS \(line 3\)/);
    assert.throws(() => parseDockerfile('RUN x\nFROM a'), /no build stage in current context \(line 1\)/);
    assert.throws(() => parseDockerfile('ARG a'), /needs a FROM/);
    assert.throws(() => parseDockerfile('FROM a\nENV'), /ENV requires at least one argument \(line 2\)/);
  });

  it('replaces variables as Docker does', () => {
    const variables = { A: 'one', EMPTY: '' };
    const expand = (word: string): string => expandWord(word, variables, '\\');
    assert.equal(expand('$A-${A}b$NONE.'), 'one-oneb.');
    assert.equal(expand('${NONE:-x$A} ${EMPTY:-y} ${EMPTY-y} ${A:+set} ${NONE:+set}'), 'xone y  set ');
    assert.equal(expand(`'$A' "$A" \\$A "\\$A"`), '$A one $A $A');
    assert.throws(() => expand('${NONE:?is needed}'), /NONE: is needed/);
    assert.throws(() => expand('${A/x/y}'), /unsupported modifier/);
    assert.deepEqual(expandWords('a "b c" $A', variables, '\\'), ['a', 'b c', 'one']);
    assert.deepEqual(expandPairs('X=$A Y="two words" Z=a\\ b', variables, '\\'), [['X', 'one'], ['Y', 'two words'], ['Z', 'a b']]); // prettier-ignore
    assert.deepEqual(expandPairs('OLD the whole rest', variables, '\\'), [['OLD', 'the whole rest']]);
  });

  it('reads .dockerignore by the last pattern that matches', () => {
    const ignored = readIgnoreFile('*\n!src\nsrc/**/*.log\n!src/keep.log\n/docs/\nfile[0-9].t?t\n');
    const answers = ['a', 'src', 'src/x/y.py', 'src/x/y.log', 'src/keep.log', 'docs/x'].map((path) => ignored(path));
    assert.deepEqual(answers, [true, false, false, true, false, true]);
    const numbered = readIgnoreFile('file[0-9].t?t');
    assert.deepEqual([numbered('file1.txt'), numbered('filex.txt'), numbered('deep/file1.txt')], [true, false, false]);
  });
});

describe('image references', () => {
  it('are completed as Docker does', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const whole = (text: string): string => formatImageReference(parseImageReference(text));
    assert.equal(whole('python'), 'docker.io/library/python:latest');
    assert.equal(whole('me/app:1'), 'docker.io/me/app:1');
    assert.equal(whole(`mcr.microsoft.com/azureml/base@${digest}`), `mcr.microsoft.com/azureml/base@${digest}`);
    assert.equal(whole('acr.azurecr.localhost:8443/a/b:v1'), 'acr.azurecr.localhost:8443/a/b:v1');
    for (const wrong of ['', 'UPPER/case', 'a:b:c', 'x@sha256:12', '-x']) {
      assert.throws(() => parseImageReference(wrong), /invalid reference format/);
    }
  });

  it('of other registries are looked for in the mirror', () => {
    const local = (text: string): string => formatImageReference(localReference(parseImageReference(text), 8443));
    assert.equal(local('python:3.11-slim'), 'mirror.azurecr.localhost:8443/docker.io/library/python:3.11-slim');
    assert.equal(local('acr.azurecr.localhost:8443/a:1'), 'acr.azurecr.localhost:8443/a:1');
  });
});
