import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { JobFiles } from '../../../tasks/Evaluate/jobFiles';
import { parseMatrix, readPlots } from '../../../tasks/Evaluate/plots';

describe('Evaluate: plots of what the job logged', () => {
  let directory: string;
  before(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'plots-'));
  });
  after(() => fs.rmSync(directory, { recursive: true }));
  const { signal } = new AbortController();

  const plotsOf = async (files: Record<string, string>) => {
    const artifacts = {
      list: async () => Object.keys(files).map((name) => ({ path: name, url: '' })),
      download: async (_job: string, name: string, file: string) => {
        fs.writeFileSync(file, files[name]!);
        return true;
      },
    };
    const { markdown, pictures } = await readPlots(new JobFiles('job', artifacts, directory, signal), signal);
    return { markdown: markdown.join('\n'), names: pictures.map(({ name }) => name) };
  };
  const rows = (count: number, cell: (row: number) => string) =>
    `label,prediction\n${Array.from({ length: count }, (_, row) => cell(row)).join('\n')}`;

  it('shows numbers as residuals, classes as a confusion matrix', async () => {
    const numbers = await plotsOf({ 'outputs/predictions.csv': rows(50, (row) => `${row},${row + 0.5}`) });
    assert.deepEqual(numbers, { markdown: '', names: ['residuals.svg'] });
    const classes = await plotsOf({ 'outputs/predictions.csv': rows(10, (row) => `${row % 2},${row % 3 ? 1 : 0}`) });
    assert.deepEqual(classes.names, ['confusion-matrix.svg']);
    assert.match(classes.markdown, /\| \*\*0\*\* \| \*\*2\*\* \| 3 \|\n\| \*\*1\*\* \| 2 \| \*\*3\*\* \|/);
  });

  it('draws the label that the criteria judge by, where columns have several of its names', async () => {
    const { markdown } = await plotsOf({ 'predictions.csv': 'target,label,y_pred,prediction\na,b,a,b\na,b,a,b\n' });
    assert.match(markdown, /\*\*b\*\*/);
    assert.doesNotMatch(markdown, /\*\*a\*\*/);
  });

  it('takes a logged matrix before it makes one, and the predictions that lie highest', async () => {
    const { markdown } = await plotsOf({
      'outputs/confusion_matrix.json': '{"labels": ["a", "b"], "counts": [[8, 1], [2, 9]]}',
      'predictions.csv': rows(3, () => 'x,y'),
    });
    assert.match(markdown, /\*\*8\*\*/);
    const highest = await plotsOf({
      'a/b/predictions.csv': 'nonsense',
      'outputs/predictions.csv': rows(3, () => 'x,y'),
    });
    assert.deepEqual(highest.names, ['confusion-matrix.svg']);
  });

  it("attaches the job's own pictures of quality, and no others", async () => {
    const { names } = await plotsOf({ 'roc_curve_plot.png': '', 'plots/confusion_matrix.png': '', 'loss.png': '', 'residuals.html': '' }); // prettier-ignore
    assert.deepEqual(names, ['roc_curve_plot.png', 'confusion_matrix.png']);
  });

  it('reads no picture or matrix that is too big to be one', async () => {
    const matrix = '{"labels": ["a"], "counts": [[1]]}';
    const big = await plotsOf({
      'roc.png': ' '.repeat(10 * 1024 * 1024 + 1),
      'confusion_matrix.json': matrix.padEnd(1024 * 1024 + 1),
    });
    assert.deepEqual(big, { markdown: '', names: [] });
    assert.deepEqual((await plotsOf({ 'confusion_matrix.json': matrix })).names, ['confusion-matrix.svg']);
  });

  it('writes no picture outside of its folder, whatever the job called it', async () => {
    const { names } = await plotsOf({ 'outputs/..\\..\\..\\roc.png': '', 'plots/C:\\residuals.png': '', 'kept (2) roc.png': '' }); // prettier-ignore
    assert.deepEqual(
      names.map((name) => path.win32.join('folder', name)),
      ['folder\\kept (2) roc.png', 'folder\\.._.._.._roc.png', 'folder\\C__residuals.png'],
    );
  });

  it('leaves out what cannot be drawn', async () => {
    for (const text of ['', 'a,b\n1,2', 'label,prediction\n1', rows(40, (row) => `name ${row},${row}`)]) {
      assert.deepEqual(await plotsOf({ 'predictions.csv': text }), { markdown: '', names: [] });
    }
  });

  it('takes for a matrix only what is one, of up to 20 classes', () => {
    const square = (size: number, count: unknown = 1) => ({
      labels: Array.from({ length: size }, (_, index) => index),
      counts: Array.from({ length: size }, () => Array.from({ length: size }, () => count)),
    });
    for (const [matrix, fits] of [
      [square(1), true],
      [square(20), true],
      [square(2, 0), true],
      [{ labels: ['a'], matrix: [[5]] }, true],
      [square(0), false],
      [square(21), false],
      [square(2, -1), false],
      [square(2, '1'), false],
      [{ labels: ['a', 'b'], counts: [[1, 2]] }, false],
      [{ labels: ['a', 'b'], counts: [[1, 2], [3]] }, false],
      [
        {
          labels: ['a', 'b'],
          counts: [
            [1, 2],
            [3, 'x'],
          ],
        },
        false,
      ],
      [[], false],
      [{}, false],
    ] as const) {
      // prettier-ignore
      assert.equal(parseMatrix(JSON.stringify(matrix)) !== undefined, fits, JSON.stringify(matrix));
    }
    assert.deepEqual(parseMatrix('{"labels": [1, true], "counts": [[1, 2], [3, 4]]}'), {
      labels: ['1', 'true'],
      counts: [
        [1, 2],
        [3, 4],
      ],
    });
    assert.equal(parseMatrix('{'), undefined);
  });

  it('orders classes as numbers where they are, else by their letters', async () => {
    const labels = (markdown: string) =>
      markdown
        .split('\n')
        .slice(4)
        .map((line) => /\*\*(\w+)\*\*/.exec(line)?.[1]);
    const of = async (...classes: string[]) =>
      labels((await plotsOf({ 'predictions.csv': rows(classes.length, (row) => `${classes[row]},${classes[row]}`) })).markdown); // prettier-ignore
    assert.deepEqual(await of('10', '9', '2'), ['2', '9', '10']);
    assert.deepEqual(await of('b', 'c', 'a'), ['a', 'b', 'c']);
  });

  it('draws up to 20 classes as a matrix, more numbers as residuals, and neither of rows without both cells', async () => {
    const of = async (text: string) => (await plotsOf({ 'predictions.csv': text })).names;
    assert.deepEqual(await of(rows(20, (row) => `c${row},c${row}`)), ['confusion-matrix.svg']);
    assert.deepEqual(await of(rows(20, (row) => `${row},${row}`)), ['confusion-matrix.svg']);
    assert.deepEqual(await of(rows(21, (row) => `${row},${row}`)), ['residuals.svg']);
    assert.deepEqual(await of(rows(21, (row) => `c${row},c${row}`)), []);
    assert.deepEqual(await of(rows(40, (row) => `${row},${row === 30 ? '' : row}`)), []);
    assert.deepEqual(await of(rows(40, (row) => `${row === 30 ? '' : row},${row}`)), []);
    assert.deepEqual(await of('label\n1\n2'), []);
    assert.deepEqual(await of('prediction\n1\n2'), []);
  });

  it('attaches six pictures of the job, and tells an error of the disk', async () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`roc${index}.png`, '']));
    assert.equal((await plotsOf(many)).names.length, 6);
    const artifacts = { list: async () => [{ path: 'predictions.csv', url: '' }], download: async () => true };
    await assert.rejects(readPlots(new JobFiles('another', artifacts, directory, signal), signal), /ENOENT/);
  });
});
