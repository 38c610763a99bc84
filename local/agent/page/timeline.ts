import { timeTaken } from '../run/duration';
import type { JobRecord, RunRecord, StageRecord, StepRecord } from '../run/runRecord';
import { html, type Html } from '../../../views/html';
import { stepAnchor } from './logView';
import { resultMark } from './resultBadge';

/** Stages in the order in which they wait for each other, and beneath it every step as a bar on one scale of time. */
export function timeline(run: RunRecord): Html {
  const start = Date.parse(run.startTime);
  const end = run.finishTime ? Date.parse(run.finishTime) : Date.now();
  const scale = (time: number): number => ((time - start) / Math.max(1, end - start)) * 100;
  const columns = stageColumns(run.stages).map(
    (column, index) => html`
      ${index > 0 && html`<span class="arrow" aria-hidden="true">→</span>`}
      <div class="stage-column">${column.map((stage) => stageBox(stage, column.length > 1 || index > 1))}</div>
    `,
  );
  const rows = run.stages.flatMap((stage) => stage.jobs.map((job) => jobRows(run, stage, job, scale)));
  return html`
    <section class="card">
      <h3>Timeline</h3>
      <div class="stages">${columns}</div>
      <div class="gantt">${rows}</div>
    </section>
  `;
}

/** Stages side by side that may run at once: each stands right of all that it waits for. */
export function stageColumns(stages: StageRecord[]): StageRecord[][] {
  const depths = new Map<string, number>();
  // They come in an order in which each follows what it waits for.
  for (const { name, dependsOn } of stages) {
    depths.set(name, Math.max(0, ...dependsOn.map((other) => (depths.get(other) ?? -1) + 1)));
  }
  const columns: StageRecord[][] = [];
  for (const stage of stages) (columns[depths.get(stage.name)!] ??= []).push(stage);
  return columns;
}

/** @param isAmbiguous whether the picture by itself does not show what the stage waits for */
function stageBox(stage: StageRecord, isAmbiguous: boolean): Html {
  const waits = isAmbiguous && stage.dependsOn.length > 0 && `after ${stage.dependsOn.join(', ')}`;
  return html`
    <div class="stage ${stage.result ?? 'pending'}">
      ${resultMark(stage.result)}
      <div>
        <b>${stage.displayName}</b>
        <span class="quiet">${stageNote(stage)}</span>
        ${waits && html`<span class="quiet">${waits}</span>`}
      </div>
    </div>
  `;
}

function stageNote(stage: StageRecord): string {
  if (stage.result === 'skipped') return 'skipped';
  const steps = stage.jobs.flatMap(({ steps: of }) => of).filter(({ result }) => result !== 'skipped').length;
  return `${steps} steps, ${timeTaken(stage)}`;
}

function jobRows(run: RunRecord, stage: StageRecord, job: JobRecord, scale: (time: number) => number): Html {
  if (job.steps.length === 0) return html``;
  return html`
    <p class="gantt-job">${stage.displayName} <span class="quiet">›</span> ${job.displayName}</p>
    ${job.steps.map((step) => stepRow(run, step, scale))}
  `;
}

function stepRow(run: RunRecord, step: StepRecord, scale: (time: number) => number): Html {
  const ran = step.startTime !== undefined && step.result !== 'skipped';
  const left = ran ? scale(Date.parse(step.startTime!)) : 0;
  const width = ran && step.finishTime ? scale(Date.parse(step.finishTime)) - left : 0;
  return html`
    <a class="gantt-row" href="#${stepAnchor(run, step)}">
      ${resultMark(step.result)}
      <span class="name">${step.displayName}</span>
      <span class="lane">
        <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          ${ran && html`<rect class="bar ${step.result ?? 'pending'}" x="${left.toFixed(2)}" width="${Math.max(width, 0.4).toFixed(2)}" height="10" rx="0.4" />`}
        </svg>
      </span>
      <span class="time">${ran ? timeTaken(step) : '–'}</span>
    </a>
  `;
}
