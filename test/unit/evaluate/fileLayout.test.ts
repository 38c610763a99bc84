import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layOut } from '../../../tasks/Evaluate/confidence/fileLayout';
import { readPart } from '../../../tasks/Evaluate/confidence/partReader';
import { readRows } from '../../../tasks/Evaluate/confidence/rowReader';

describe('Evaluate: parts of a file of predictions', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'layout-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  let count = 0;
  const write = (text: string, ending = 'csv') => {
    const file = join(directory, `${count++}.${ending}`);
    writeFileSync(file, text);
    return file;
  };
  /** Each row that the reader finds, with what it should be by the layout: its number. */
  const rowsOf = async (file: string, size: number) => {
    const { columns, rows, parts } = await layOut(file, undefined, size);
    const found: string[] = [];
    for (const part of parts) {
      assert.equal(found.length, part.firstRow);
      await readRows(file, part, columns, columns, (cells) => void found.push(cells.join('|')));
      assert.equal(found.length, part.firstRow + part.rows);
    }
    assert.equal(found.length, rows);
    return found;
  };

  const files: Array<[string, string, string, string[]]> = [
    ['plain', 'id,label\n1,a\n2,b\n3,c\n', 'csv', ['1|a', '2|b', '3|c']],
    ['without a last line end', 'id,label\n1,a\n2,b', 'csv', ['1|a', '2|b']],
    ['with Windows line ends and a mark', '\uFEFFid,label\r\n1,a\r\n2,b\r\n', 'csv', ['1|a', '2|b']],
    ['with empty lines', 'id,label\n\n1,a\n\r\n\n2,b\n\n', 'csv', ['1|a', '2|b']],
    ['with line ends in quotes', 'id,"la\nbel"\n"1\n\n1",a\n"2 ""2""\r\n",b\n3,c\n', 'csv', ['1\n\n1|a', '2 "2"\n|b', '3|c']], // prettier-ignore
    ['of other letters', 'id,label\né\u{1F600},ä\nö,ü\n', 'csv', ['é\u{1F600}|ä', 'ö|ü']],
    ['of columns only', 'id,label', 'csv', []],
    ['that is empty', '', 'csv', []],
    ['of JSON', '\n{"id":1,"label":"\\"a"}\n \t\n{"id":2,"label":"b"}\r\n{"id":3}', 'jsonl', ['1|"a', '2|b', '3|']],
  ];
  for (const [what, text, ending, rows] of files) {
    it(`hold the rows of a file ${what}, however small they are`, async () => {
      const file = write(text, ending);
      for (const size of [1, 7, 12, 1000]) assert.deepEqual(await rowsOf(file, size), rows, `parts of ${size} bytes`);
    });
  }

  it('are more than one', async () => {
    const { parts } = await layOut(write('id\n1\n2\n3\n4\n'), undefined, 4);
    assert.deepEqual(parts.map(({ start, end }) => [start, end]), [[3, 7], [7, 11]]); // prettier-ignore
  });

  it('know the lines before them, which a message names', async () => {
    const file = write('id,label\n"1\n1",a\n\n2,b\n3\n');
    for (const size of [1, 1000]) await assert.rejects(rowsOf(file, size), { message: 'line 6: it has 1 cells, but there are 2 columns' }); // prettier-ignore
    await assert.rejects(layOut(write('id,label\n1,a\n2,"b\n3,c\n')), {
      message: 'line 3: a quoted cell is not closed',
    });
    await assert.rejects(layOut(write('id,id\n')), { message: 'line 1: two columns are named "id"' });
    await assert.rejects(layOut(write('\n[1]\n', 'jsonl')), { message: 'line 2: it is not a JSON object' });
  });

  it('are found in a file of many blocks', async () => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `${row},"${'x'.repeat(40)}\n"`);
    const { rows: found, parts } = await layOut(write(`id,label\n${rows.join('\n')}`));
    assert.equal(found, rows.length);
    assert.equal(parts.length, 1);
  });

  it('have all the rows that were found, or are a problem', async () => {
    const file = write('label\n1\n2\n3\n');
    const { columns, parts } = await layOut(file, undefined, 4);
    const order = { file, header: columns, wanted: columns, columns: [] };
    const read = () => Promise.all(parts.map((part) => readPart({ ...order, part })));
    assert.deepEqual(await read(), [{ classNames: [] }, { classNames: [] }]);
    writeFileSync(file, 'label\n1\n2\n');
    assert.deepEqual(await read(), [{ classNames: [] }, { problem: 'the file changed while it was being read' }]);
  });

  it('are no longer read when the step is cancelled, for the reason it was', async () => {
    const stop = new AbortController();
    const file = write('label\n1\n2\n');
    const part = { start: 6, end: 10, firstRow: 0, rows: 2, linesBefore: 1 };
    const cancelled = new Error('cancelled');
    const onRow = () => stop.abort(cancelled);
    const read = () => readRows(file, part, ['label'], ['label'], onRow, stop.signal);
    await assert.rejects(read(), (error) => error === cancelled);
    await assert.rejects(read(), (error) => error === cancelled);
  });
});
