import assert from 'node:assert/strict';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import type { Interval, Verdict } from '../../../tasks/common/criteria/verdict';
import { intervalLine, summaryMarkdown, type Report } from '../../../tasks/Evaluate/summary';
import { exampleReport } from './exampleReport';

const verdict = (text: string, changes: Partial<Verdict> = {}): Verdict => ({
  criterion: parseCriteria(text).criteria[0]!,
  passed: true,
  skipped: false,
  candidate: 4,
  champion: 5.5,
  limit: 5,
  explanation: 'it holds',
  ...changes,
});
const interval: Interval = {
  ...{ kind: 'interval', candidate: 4, champion: 5.5 },
  ...{ lower: -2, upper: -1, level: 0.95, rows: 100, resamples: 2000, method: 'bootstrap' },
};

/** The summary's paragraphs. */
const paragraphs = (changes: Partial<Report>) =>
  summaryMarkdown({ ...exampleReport(), ...changes })
    .trimEnd()
    .split('\n\n');

describe('Evaluate: the summary', () => {
  it('of little says little: the decision, a table without rows and where the metrics come from', () => {
    assert.equal(
      summaryMarkdown(exampleReport()),
      [
        '## ✅ cost model version 3: approved',
        '',
        'rmse 4 is at most 5',
        '',
        '|  | criterion | candidate | champion | difference | limit | verdict |',
        '| --- | --- | ---: | ---: | ---: | ---: | --- |',
        '',
        'Candidate: version 3, measured by the job job-3. There is no champion to compare with.',
        '',
      ].join('\n'),
    );
    assert.match(summaryMarkdown(exampleReport({ decision: 'rejected' })), /^## ❌ cost model version 3: rejected\n/);
  });

  it('has a row for each criterion, with what is known of it', () => {
    const verdicts = [
      verdict('rmse <= 5'),
      verdict('rmse < champion', { passed: false }),
      verdict('mae < champion', { skipped: true, champion: null, limit: null }),
      verdict('r2 > 0', { candidate: null, champion: 0.5, passed: false }),
    ];
    const table = paragraphs({ decision: { ...exampleReport().decision, verdicts }, champion: { version: '2' } })[2]!;
    assert.deepEqual(table.split('\n').slice(2), [
      '| ✅ | `rmse <= 5` | 4 | 5.5 | −1.5 | 5 | it holds |',
      '| ❌ | `rmse < champion` | 4 | 5.5 | −1.5 | 5 | it holds |',
      '| ⏭️ | `mae < champion` | 4 | – | – | – | it holds |',
      '| ❌ | `r2 > 0` | – | 0.5 | – | 5 | it holds |',
    ]);
    assert.match(table, /\| champion \\\(v2\\\) \|/);
  });

  it('says how sure it is, and what the rows are still worth to those that share no level out', () => {
    const verdicts = [
      verdict('rmse < champion with 95% confidence', { interval }),
      verdict('mae < champion with 99% confidence over 3 looks', { interval: { ...interval, level: 0.99 } }),
      verdict('rmse < 9'),
    ];
    const decision = { ...exampleReport().decision, verdicts };
    const looks = { candidates: 2, rows: 100, sha256: 'a' };
    const [, , , confidence, worth] = paragraphs({ decision, looks });
    assert.equal(confidence, '### Confidence');
    const all = paragraphs({ decision, looks });
    assert.deepEqual(
      all[4]!.split('\n').map((line) => line.slice(0, 80)),
      [
        '- `rmse < champion with 95% confidence`: 95% interval of candidate − limit: **−2 ',
        '- `mae < champion with 99% confidence over 3 looks`: 99% interval of candidate − ',
      ].map((line) => line.slice(0, 80)),
    );
    assert.notEqual(worth, undefined);
    assert.match(all[5]!, /^2 candidates have been judged by these 100 rows, this one included: 95% for each is 90% for all of them together/); // prettier-ignore
    assert.doesNotMatch(all[5]!, /99%/);
    assert.doesNotMatch(paragraphs({ decision }).join('\n'), /have been judged/);
  });

  it('warns, shows histories and plots, and names reports, pictures and gaps, each where there is one', () => {
    const found = paragraphs({
      warnings: ['one', 'two *'],
      champion: { version: '2' },
      sources: { candidate: 'a', champion: 'b' },
      histories: [
        { label: 'rmse', versions: ['1', '2'], values: [1, 2], limit: null },
        { label: 'mae', versions: ['1', '2'], values: [3, 4], limit: null },
      ],
      plots: ['### Plot'],
      cardGaps: ['gap one', 'gap two'],
      dataReports: [
        { tool: 'ge', file: 'x.json' },
        { tool: 'evidently', file: 'y.json' },
      ] as unknown as Report['dataReports'],
      attachments: ['history.svg', 'roc.png', 'matrix.svg'],
    });
    const at = (start: string) => found.find((each) => each.startsWith(start));
    assert.equal(at('> '), '> ⚠️ one\n>\n> ⚠️ two \\*');
    assert.match(found[found.indexOf('### History') + 1]!, /^- \*\*rmse\*\* .*\n- \*\*mae\*\* /);
    assert.ok(found.includes('### Plot'));
    assert.deepEqual(found.slice(found.indexOf('### Model card') + 1).slice(0, 2), ['Not complete:', '- gap one\n- gap two']); // prettier-ignore
    const last = at('Candidate')!;
    assert.match(last, /^Candidate: version 3, measured by a\. Champion: version 2, measured by b\. Data reports: x\\?\.json .*, y\\?\.json /); // prettier-ignore
    assert.match(last, /The tab Model of this run shows its pictures: `history\.svg`, `matrix\.svg`\. Beside this step's log are: `roc\.png`\.$/); // prettier-ignore
    assert.ok(paragraphs({ cardGaps: [] }).includes('Complete as far as people write it.'));
    assert.match(paragraphs({ champion: { version: '2' } }).at(-1)!, /Champion: version 2, measured by nothing\./);
  });

  for (const [what, changes, test, how = 'studentised bootstrap, 2000 resamples'] of [
    ['alone', {}, ''],
    ['with a randomisation test', { swapPValue: 0.0123 }, '; randomisation test: p = 0.0123'],
    [
      "with McNemar's test, which says more",
      { swapPValue: 0.5, mcNemar: { pValue: 0.25, onlyCandidate: 6, onlyChampion: 2 } },
      "; McNemar's exact test: p = 0.25 (only the candidate right in 6 rows, only the champion in 2)",
    ],
    ['by randomisation', { method: 'randomisation' }, '', 'randomisation test, 2000 resamples'],
    [
      'with a longer tail',
      { method: 'randomisation', longerTail: true },
      '',
      'randomisation test, 2000 resamples, wider for a longer tail of errors',
    ],
    ['that is exact', { method: 'exact' }, '', 'exact, Clopper and Pearson'],
  ] as Array<[string, Partial<Interval>, string, string?]>) {
    it(`shows an interval ${what}`, () => {
      const line = intervalLine({ ...interval, ...changes });
      assert.equal(line, `95% interval of candidate − limit: **−2 to −1** (${how}, 100 rows)${test}; errors rarer than 1 row in 33 may not be among these 100 rows`); // prettier-ignore
    });
  }

  it('does not say of all groups together how rare what may be missing from one of them is', () => {
    const line = intervalLine({ ...interval, groups: new Map([['a', 1], ['b', 0.9]]) }); // prettier-ignore
    assert.match(line, /100 rows\)$/);
  });
});
