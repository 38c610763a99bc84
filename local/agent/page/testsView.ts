import type { RunRecord } from '../run/runRecord';
import type { TestCase } from '../testResults';
import { html, type Html } from '../../../views/html';
import { stepsOf } from './logView';

export function testCases(run: RunRecord): TestCase[] {
  return stepsOf(run).flatMap(({ testRuns }) => testRuns.flatMap(({ cases }) => cases));
}

const looks = {
  passed: { mark: '✔', style: 'succeeded' },
  failed: { mark: '✖', style: 'failed' },
  skipped: { mark: '○', style: 'skipped' },
};

/** All published test results; those that failed come first and are unfolded. */
export function testsView(run: RunRecord): Html {
  const runs = stepsOf(run).flatMap((step) => step.testRuns.map((testRun) => ({ step, testRun })));
  if (runs.length === 0) return html`<p class="quiet">No test results were published in this run.</p>`;
  return html`${runs.map(({ step, testRun }) => {
    const order = ['failed', 'skipped', 'passed'];
    const cases = [...testRun.cases].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
    return html`
      <section class="card">
        <h2>${testRun.title} <span class="quiet">by ${step.displayName}</span></h2>
        ${shares(testRun.cases)}
        <div class="tests">${cases.map(caseView)}</div>
        <p class="quiet files">${testRun.files.map((file) => html`<a href="${file}">${file}</a> `)}</p>
      </section>
    `;
  })}`;
}

function shares(cases: TestCase[]): Html {
  const counts = (['passed', 'failed', 'skipped'] as const).map((outcome) => ({
    outcome,
    number: cases.filter((test) => test.outcome === outcome).length,
  }));
  let from = 0;
  const bars = counts.map(({ outcome, number }) => {
    const width = (number / Math.max(1, cases.length)) * 100;
    const bar = html`<rect
      class="bar ${looks[outcome].style}"
      x="${from.toFixed(2)}"
      width="${width.toFixed(2)}"
      height="6"
    />`;
    from += width;
    return bar;
  });
  const texts = counts.filter(({ number }) => number > 0).map(({ outcome, number }) => `${number} ${outcome}`);
  return html`
    <p class="shares">${texts.join(', ')}</p>
    <svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>
  `;
}

function caseView(test: TestCase): Html {
  const { mark, style } = looks[test.outcome];
  const head = html`
    <span class="mark ${style}" aria-label="${test.outcome}">${mark}</span>
    <span class="name">${test.name}</span>
    <span class="quiet">${test.className || test.suite}</span>
    <span class="time"
      >${test.seconds < 1 ? `${Math.round(test.seconds * 1000)} ms` : `${test.seconds.toFixed(1)} s`}</span
    >
  `;
  if (!test.message && !test.details) return html`<div class="test">${head}</div>`;
  const text = [test.message, test.details].filter(Boolean).join('\n\n');
  return html`<details class="test" ${test.outcome === 'failed' && 'open'}>
    <summary>${head}</summary>
    <pre>${text}</pre>
  </details>`;
}
