import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { onLines, readLines } from '../../../local/lines';

describe('the lines that the local agent reads', () => {
  async function linesOf(...pieces: Array<string | Buffer>): Promise<string[]> {
    const lines: string[] = [];
    await readLines(Readable.from(pieces.map((piece) => Buffer.from(piece))), (line) => lines.push(line));
    return lines;
  }

  const cases: Array<[title: string, pieces: Array<string | Buffer>, lines: string[]]> = [
    ['end at each of the three line ends', ['a\nb\rc\r\nd'], ['a', 'b', 'c', 'd']],
    ['end once where \\r and \\n come in two pieces', ['a\r', '\nb\r', 'c\n'], ['a', 'b', 'c']],
    ['may be empty', ['\n\r\n\r', '\r'], ['', '', '']],
    ['may lie across many pieces', ['a', 'b', 'c\nd', 'e'], ['abc', 'de']],
    [
      'keep a character that lies across two pieces',
      [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)],
      ['ü'],
    ],
    ['are none where nothing was written', [], []],
  ];
  for (const [title, pieces, lines] of cases) {
    it(title, async () => assert.deepEqual(await linesOf(...pieces), lines));
  }

  it('of fifty megabytes are looked at once: each piece takes as long as the one before', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const [line = ''] = await linesOf(...Array<Buffer>(800).fill(piece));
    assert.equal(line.length, 800 * 64 * 1024);
  });
});

describe('the lines of what a program prints', () => {
  async function linesOf(...pieces: Array<string | Buffer>): Promise<Array<[line: string, isEnded: boolean]>> {
    const lines: Array<[string, boolean]> = [];
    const stream = Readable.from(pieces.map((piece) => Buffer.from(piece)));
    onLines(stream, (line, isEnded) => lines.push([line, isEnded]));
    await new Promise((resolve) => stream.once('end', resolve));
    return lines;
  }

  it('end at \\n, the last one perhaps not, and keep a progress bar in one', async () => {
    assert.deepEqual(await linesOf('a\nb', 'c\r 50 %\r', ' 100 %\n', 'd'), [
      ['a', true],
      ['bc\r 50 %\r 100 %', true],
      ['d', false],
    ]);
    assert.deepEqual(await linesOf('\n'), [['', true]]);
    assert.deepEqual(await linesOf(), []);
  });

  it('keep a character that lies across two pieces', async () => {
    const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)];
    assert.deepEqual(await linesOf(first, second), [['ü', false]]);
  });
});
