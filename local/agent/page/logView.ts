import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { timeTaken } from '../run/duration';
import type { RunRecord, StepRecord } from '../run/runRecord';
import { Html, html } from '../../../views/html';
import { resultMark } from './resultBadge';

/** A page must stay light: of a longer log it shows the beginning and the end. */
const longest = { head: 1000, tail: 3000 };

export interface LogLine {
  number: number;
  /** ISO 8601. */
  time: string;
  text: string;
}

/** Anchor of a step: its place among all steps of the run. */
export function stepAnchor(run: RunRecord, step: StepRecord): string {
  return `step-${stepsOf(run).indexOf(step) + 1}`;
}

export function stepsOf(run: RunRecord): StepRecord[] {
  return run.stages.flatMap(({ jobs }) => jobs.flatMap(({ steps }) => steps));
}

/** All logs of the run, each step's to be unfolded. */
export function logView(run: RunRecord, folder: string): Html {
  const jobs = run.stages.flatMap((stage) =>
    stage.jobs.map(
      (job) => html`
        <section class="job">
          <h2>
            ${resultMark(job.result)} ${stage.displayName} <span class="quiet">›</span> ${job.displayName}
            <span class="time">${timeTaken(job)}</span>
          </h2>
          ${job.steps.map((step) => stepView(run, step, folder))}
          ${job.steps.length === 0 && html`<p class="quiet">This job did not run.</p>`}
        </section>
      `,
    ),
  );
  return html`
    <div class="toolbar">
      <input type="search" id="log-search" placeholder="Search the logs" aria-label="Search the logs" />
      <span id="log-matches" class="quiet" aria-live="polite"></span>
      <span class="spacer"></span>
      <button type="button" data-do="unfold">Unfold all</button>
      <button type="button" data-do="fold">Fold all</button>
      <button type="button" data-do="times" aria-pressed="false">Times</button>
    </div>
    ${jobs}
  `;
}

function stepView(run: RunRecord, step: StepRecord, folder: string): Html {
  const lines = readLog(path.join(folder, step.log));
  const anchor = stepAnchor(run, step);
  const counts = [
    step.errorCount > 0 && html`<span class="count failed">${count(step.errorCount, 'error')}</span>`,
    step.warningCount > 0 &&
      html`<span class="count succeededWithIssues">${count(step.warningCount, 'warning')}</span>`,
  ];
  return html`
    <details class="step" id="${anchor}">
      <summary>
        ${resultMark(step.result)}
        <span class="name">${step.displayName}</span>
        <span class="quiet task">${step.task}</span>
        ${counts}
        <span class="time">${step.result === 'skipped' ? '' : timeTaken(step)}</span>
      </summary>
      <div class="log-head">
        <a href="#${anchor}">#${anchor}</a>
        <a href="${step.log}">${lines.length} lines as a file</a>
        ${Object.entries(step.outputs).map(([name, value]) => html`<span><b>${name}</b> ${value}</span>`)}
      </div>
      <div class="log">${renderLines(lines, anchor, step.log)}</div>
    </details>
  `;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function readLog(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    const space = line.indexOf(' ');
    return { number: index + 1, time: line.slice(0, space), text: line.slice(space + 1) };
  });
}

/** Groups become parts that fold; a group may not be closed, and lines are left out of a very long log. */
export function renderLines(lines: LogLine[], anchor: string, file: string): Html {
  const omitted = lines.length - longest.head - longest.tail;
  const parts: string[] = [];
  let open = 0;
  for (const [index, line] of lines.entries()) {
    if (omitted > 0 && index >= longest.head && index < longest.head + omitted) {
      if (index > longest.head) continue;
      parts.push(html`<p class="omitted">${omitted} lines are <a href="${file}">in the file</a> only</p>`.text);
      continue;
    }
    // eslint-disable-next-line no-control-regex
    const plain = line.text.replace(/\x1b\[[\d;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]/g, '');
    const [, tag = '', text = plain] = /^##\[(\w+)\](.*)$/.exec(plain) ?? [];
    const time = html`<time>${line.time.slice(11, 23)}</time>`;
    const id = `${anchor}-${line.number}`;
    const number = html`<a class="n" href="#${id}">${line.number}</a>`;
    if (tag === 'group') {
      open++;
      parts.push(`<details class="group" open><summary>${html`${number}${time}<span>${text}</span>`.text}</summary>`);
    } else if (tag === 'endgroup') {
      if (open > 0) parts.push('</details>');
      open = Math.max(0, open - 1);
    } else {
      parts.push(html`<p id="${id}" class="${tag}">${number}${time}<span>${text}</span></p>`.text);
    }
  }
  return new Html(parts.join('') + '</details>'.repeat(open));
}
