import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassDictionary } from '../../../tasks/Evaluate/confidence/classDictionary';
import { alone } from '../../../tasks/Evaluate/confidence/crew';
import { layOut } from '../../../tasks/Evaluate/confidence/fileLayout';
import type { ColumnRequest } from '../../../tasks/Evaluate/confidence/predictionColumns';
import { readBoth } from '../../../tasks/Evaluate/confidence/predictions';

const [label, prediction, score]: ColumnRequest[] = [
  { role: 'label', as: 'class' },
  { role: 'prediction', as: 'class' },
  { role: 'score', as: 'number' },
];

describe('Evaluate: reading predictions', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'reading-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  let count = 0;
  const write = (text: string, ending = 'csv') => {
    const file = join(directory, `${count++}.${ending}`);
    writeFileSync(file, text);
    return file;
  };
  const read = async (candidate: string, champion?: string, partSize?: number) => {
    const classes = new ClassDictionary();
    const both = await readBoth({ candidate, champion }, [label!, prediction!, score!], classes, { crew: alone(), partSize }); // prettier-ignore
    return { classes, ...both };
  };
  /** The cells of each column that was asked for, classes by their names. */
  const cellsOf = async (...given: Parameters<typeof read>) => {
    const { classes, candidate, champion } = await read(...given);
    return [candidate, champion].map((each) => {
      if (!each) return undefined;
      assert.ok(each.kind === 'rows', JSON.stringify(each));
      return each.columns.map(({ request, values }) => [...values].map((value) => request.as === 'class' ? classes.names[value] : value).join(' ')); // prettier-ignore
    });
  };
  const whyNot = async (...given: Parameters<typeof read>) => {
    const { candidate } = await read(...given);
    assert.ok(candidate.kind === 'unusable', JSON.stringify(candidate));
    return candidate.why;
  };

  it('gives each class one number in both files, in however small parts they are read, and leaves numbers as they are', async () => {
    const own = write('label,prediction,score\ncat,dog,3\ndog,cat,1\nbird,bird,0\ncat,cow,2\n');
    const other = write('score,prediction,label\n0,cow,cat\n1,bird,dog\n2,cat,bird\n5,cat,cat\n');
    const expected = [
      ['cat dog bird cat', 'dog cat bird cow', '3 1 0 2'],
      ['cat dog bird cat', 'cow bird cat cat', '0 1 2 5'],
    ];
    for (const size of [1, 14, 1000]) {
      assert.deepEqual(await cellsOf(own, other, size), expected, `${size}`);
      const { classes } = await read(own, other, size);
      assert.deepEqual(classes.names, ['cat', 'dog', 'bird', 'cow'], 'in the order of the rows');
    }
  });

  for (const [what, text, ending, expected] of [
    ['quotes, commas and line ends in cells', 'label,prediction,score\n"a,b","say ""x""",1\n"c\nd","e",2\n', 'csv', ['a,b c\nd', 'say "x" e', '1 2']],
    ['names with spaces about them and a mark at the start', '\uFEFF label , prediction,score\na,b,1\n', 'csv', ['a', 'b', '1']],
    ['a mark that is not at the start', 'label,prediction,score\na,\uFEFFb,1\n', 'csv', ['a', 'b', '1']],
    ['lines of carriage returns, which are none', 'label,prediction,score\n\r\r\r\na,b,1\r\n\r\n', 'csv', ['a', 'b', '1']],
    ['JSON with a mark, blanks and values of each kind', '\uFEFF{"label": true, "prediction": 0, "score": "0.5"}\n\t \n', 'jsonl', ['1', '0', '0.5']],
    ['JSON whose rows have their names in another order', '{"label":"a","prediction":"b","score":1}\n{"score":2,"more":[],"prediction":"c","label":"a"}', 'ndjson', ['a a', 'b c', '1 2']],
  ] as Array<[string, string, string, string[]]>) {
    it(`takes ${what}`, async () => {
      const file = write(text, ending);
      assert.deepEqual((await cellsOf(file))[0], expected);
    });
  } // prettier-ignore

  for (const [text, ending, why] of [
    ['', 'csv', 'the predictions have no rows'],
    ['label,prediction\n', 'csv', 'the predictions have no rows'],
    ['id,label,score\n1,a,1\n,b,2\n', 'csv', 'in the predictions, line 3: it has no id'],
    ['label,score\na,1\n,2\n', 'csv', 'in the predictions, line 3: it has no label'],
    ['label,score\na,1\nb,\n', 'csv', 'in the predictions, line 3: it has no score'],
    ['label,score\na,1\n"b\nc",\n', 'csv', 'in the predictions, line 4: it has no score'],
    ['label,score\na,1\n\nb,x\n', 'csv', 'in the predictions, line 4: its score, "x", is not a finite number'],
    ['label,score\na,1e999\n', 'csv', 'in the predictions, line 2: its score, "1e999", is not a finite number'],
    ['label,score\na,1,\n', 'csv', 'in the predictions, line 2: it has 3 cells, but there are 2 columns'],
    ['label,score\n"a"x,1\n', 'csv', 'in the predictions, line 2: text follows a quoted cell'],
    ['label,score\na,1\n"b,2\n', 'csv', 'in the predictions, line 3: a quoted cell is not closed'],
    ['label,label\n', 'csv', 'in the predictions, line 1: two columns are named "label"'],
    ['{"label": 1}\n[]\n', 'jsonl', 'in the predictions, line 2: it is not a JSON object'],
    ['{"label": 1}\nnull\n', 'jsonl', 'in the predictions, line 2: it is not a JSON object'],
    ['{"label": 1, "score": 2}\n{"label": {}, "score": 2}', 'jsonl', 'in the predictions, line 2: it has no label'],
    ['{"label": 1, "score": 2}\n{"label": null, "score": 2}', 'jsonl', 'in the predictions, line 2: it has no label'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}: ${why}`, async () => assert.equal(await whyNot(write(text, ending)), why));
  }

  it('tells an error of the disk from a file that is not what it should be', async () => {
    await assert.rejects(read(join(directory, 'gone.csv')), /ENOENT/);
  });

  it('leaves out a column that is not there, and reads one twice that is asked for as numbers and as classes', async () => {
    const requests: ColumnRequest[] = [label!, { role: 'label', as: 'number' }, score!];
    const { candidate } = await readBoth({ candidate: write('label\n1.0\n0\n') }, requests, new ClassDictionary(), { crew: alone() }); // prettier-ignore
    assert.ok(candidate.kind === 'rows');
    assert.deepEqual(candidate.columns.map(({ request, values }) => [request.as, [...values]]), [['class', [0, 1]], ['number', [1, 0]]]); // prettier-ignore
    assert.deepEqual([candidate.rows, candidate.ids], [2, undefined]);
  });

  it('finds columns whose names take more than is read at once', async () => {
    const long = 'x'.repeat(1024 * 1024);
    const { columns, rows, parts } = await layOut(write(`id,"a\rb",${long},c\r\n1,2,3,4\r\n`));
    assert.deepEqual([columns.map(({ length }) => length), columns[1], rows], [[2, 3, long.length, 1], 'a\rb', 1]);
    assert.deepEqual(parts.map(({ firstRow, rows: count, linesBefore }) => [firstRow, count, linesBefore]), [[0, 1, 1]]); // prettier-ignore
    assert.deepEqual(await layOut(write('')), { columns: [], rows: 0, parts: [] });
  });
});
