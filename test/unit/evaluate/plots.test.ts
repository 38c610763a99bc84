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
    for (const text of [
      '[]',
      '{"labels": ["a"], "counts": [["x"]]}',
      '{"labels": ["a", "b"], "counts": [[1, 2]]}',
      '{',
    ]) {
      assert.equal(parseMatrix(text), undefined);
    }
  });
});
