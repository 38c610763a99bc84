import assert from 'node:assert/strict';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import type { Interval, Verdict } from '../../../tasks/common/criteria/verdict';
import { evaluationSection } from '../../../tasks/Evaluate/evaluationSection';
import type { Judgement } from '../../../tasks/Evaluate/judgement';

const criterion = parseCriteria('acc[a=1] > champion with 95% confidence').criteria[0]!;
const verdict = (more: Partial<Verdict>): Verdict => ({ criterion, passed: true, skipped: false, candidate: 0.9, champion: 0.8, limit: 0.8, explanation: 'Why.', ...more }); // prettier-ignore
const interval: Interval = { kind: 'interval', candidate: 0.9, champion: 0.8, lower: 0.05, upper: Infinity, level: 0.95, rows: 100, resamples: 2000, method: 'randomisation' }; // prettier-ignore
const sectionOf = (verdicts: Verdict[], more: Partial<Judgement> = {}) =>
  evaluationSection(
    {
      decision: { decision: 'approved', reason: 'All.', verdicts },
      metrics: { acc: 0.9, bad: NaN },
      sources: { candidate: 'x' },
      warnings: [],
      plots: { markdown: [], pictures: [] },
      ...more,
    },
    '2026-01-01',
  );

describe('Evaluate: what the record keeps of a judgement', () => {
  it('a criterion with its values; what is no number as a text, as JSON has none', () => {
    const { criteria, metrics, champion, decision, reason, evaluatedAt, holdout, dataReports, modelCard } = sectionOf([verdict({ candidate: NaN, limit: null })]); // prettier-ignore
    assert.deepEqual(criteria, [{ text: criterion.text, metric: 'acc[a=1]', passed: true, candidate: 'NaN', champion: 0.8, limit: null, explanation: 'Why.' }]); // prettier-ignore
    assert.deepEqual([metrics, champion, decision, reason, evaluatedAt], [{ acc: 0.9, bad: 'NaN' }, null, 'approved', 'All.', '2026-01-01']); // prettier-ignore
    assert.deepEqual([holdout, dataReports, modelCard], [undefined, undefined, undefined]);
  });

  it('that a comparison was skipped', () => {
    assert.equal(sectionOf([verdict({ skipped: true })]).criteria[0]!.skipped, true);
  });

  for (const [what, more, kept] of [
    ['the interval', {}, {}],
    ['that it is wider for a longer tail', { longerTail: true }, { longerTail: true }],
    ['that it is not', { longerTail: false }, {}],
    ["McNemar's test", { mcNemar: { pValue: 0.01, onlyCandidate: 1, onlyChampion: 2 } }, { mcNemarPValue: 0.01 }],
    ['the randomisation test, however small its p-value', { swapPValue: 0 }, { randomisationPValue: 0 }],
  ] as const) {
    it(`of confidence ${what}`, () => {
      const [found] = sectionOf([verdict({ interval: { ...interval, ...more } })]).criteria;
      assert.deepEqual(found!.interval, { level: 0.95, lower: 0.05, upper: 'Infinity', rows: 100, resamples: 2000, method: 'randomisation', ...kept }); // prettier-ignore
    });
  }

  it('by which rows it was judged, and how often they were', () => {
    const looks = { sha256: 'abc', rows: 100, candidates: 3 };
    assert.deepEqual(sectionOf([], { looks }).holdout, looks);
  });
});
