import assert from 'node:assert/strict';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { linearAxis } from '../../../tasks/common/charts/axis';
import { confusionMatrixChart, confusionMatrixTable } from '../../../tasks/common/charts/confusionMatrix';
import { binCounts, histogram } from '../../../tasks/common/charts/histogram';
import { lineChart } from '../../../tasks/common/charts/lineChart';
import { residualPlot } from '../../../tasks/common/charts/residualPlot';
import { sparkline } from '../../../tasks/common/charts/sparkline';
import { formatDifference, formatNumber } from '../../../tasks/common/formatNumber';

/** Nothing outside the picture, nothing that is not a number. */
function assertPicture(svg: string): void {
  assert.equal(XMLValidator.validate(svg), true);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity|<script/);
  const { svg: root } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(svg) as {
    svg: { width: string; height: string };
  };
  for (const [, name, value] of svg.matchAll(/ (x|y|x1|x2|y1|y2|cx|cy)="([^"]*)"/g)) {
    const limit = Number(name!.includes('x') ? root.width : root.height);
    assert.ok(Number(value) >= 0 && Number(value) <= limit, `${name}=${value} is outside`);
  }
}

describe('charts', () => {
  describe('sparkline', () => {
    it('shows lowest and highest at the ends of the scale, and gaps as dots', () => {
      assert.equal(sparkline([0, 1, 7, undefined, NaN, 3.5]), '▁▂█··▅');
    });
    it('is level where nothing changes, and empty of nothing', () => {
      assert.equal(sparkline([2, 2, 2]), '▄▄▄');
      assert.equal(sparkline([]), '');
    });
  });

  describe('axis', () => {
    it('marks round numbers and holds every value', () => {
      assert.deepEqual(linearAxis([0.3, 3.1]).ticks, [0, 1, 2, 3, 4]);
      assert.deepEqual(linearAxis([0, 1]).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    });
    it('gives a single value some room', () => {
      const axis = linearAxis([5, 5, NaN]);
      assert.ok(axis.position(5) > 0.2 && axis.position(5) < 0.8);
    });
  });

  it('draws a line chart in which a value that is not finite breaks the line', () => {
    const svg = lineChart({
      title: 'rmse <of> versions',
      xLabel: 'version',
      yLabel: 'rmse',
      xNames: ['1', '2', '3', '4'],
      lines: [{ name: 'rmse', points: [3, NaN, 2.5, 2].map((y, x) => ({ x, y })) }],
      reference: { name: 'limit', y: 3 },
    });
    assertPicture(svg);
    assert.equal(svg.match(/<circle/g)?.length, 3);
    const path = /<path d="([^"]+)"/.exec(svg)![1]!;
    assert.equal(path.match(/M/g)?.length, 2);
    assert.equal(path.match(/L/g)?.length, 1);
  });

  it('counts every finite value in one bin, the highest too', () => {
    const { counts, lowest, width } = binCounts([0, 1, 2, 3, 10, NaN], 5);
    assert.deepEqual(counts, [2, 2, 0, 0, 1]);
    assert.equal(lowest + width * 5, 10);
    assertPicture(histogram({ title: 't', xLabel: 'ms', values: [1, 1, 1], marks: [{ name: 'p95', x: 1 }] }));
    assertPicture(histogram({ title: 't', xLabel: 'ms', values: [] }));
  });

  it('shows a confusion matrix as picture and as table, with labels escaped', () => {
    const matrix = { labels: ['a|<b>', 'c'], counts: [[9, 1], [0, 0]] }; // prettier-ignore
    assertPicture(confusionMatrixChart('Confusion', matrix));
    assert.equal(
      confusionMatrixTable(matrix),
      [
        '| truth ↓ predicted → | a\\|&lt;b&gt; | c |',
        '| --- | ---: | ---: |',
        '| **a\\|&lt;b&gt;** | **9** | 1 |',
        '| **c** | 0 | **0** |',
      ].join('\n'),
    );
  });

  it('draws at most some thousand residuals', () => {
    const truth = Float64Array.from({ length: 100_000 }, (_, index) => index);
    const svg = residualPlot('Residuals', truth, truth.map((value) => value + 1)); // prettier-ignore
    assertPicture(svg);
    assert.equal(svg.match(/<circle/g)?.length, 2000);
  });

  it('writes numbers as people read them', () => {
    const texts = [0, 1.5, -2.25, 1e-7, 123456789, 0.1 + 0.2, 1200, 0.00012345678, 20000, NaN, Infinity].map((each) =>
      formatNumber(each),
    );
    assert.deepEqual(texts, ['0', '1.5', '−2.25', '1e−7', '1.23457e8', '0.3', '1200', '0.000123457', '20000', 'NaN', '∞']); // prettier-ignore
    assert.equal(formatDifference(0.5), '+0.5');
    assert.equal(formatDifference(-0.5), '−0.5');
  });
});
