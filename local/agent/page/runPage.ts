import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { modelRecordFiles } from '../run/closingReport';
import { timeTaken } from '../run/duration';
import type { RunRecord, StepRecord } from '../run/runRecord';
import { resultLook } from '../run/terminal';
import { artifactsView } from './artifactsView';
import { html, Html } from '../../../views/html';
import { logView, stepAnchor, stepsOf } from './logView';
import { markdown } from './markdown';
import { readReports } from '../../../views/reports';
import { modelView } from '../../../views/modelView';
import { resultBadge } from './resultBadge';
import { testCases, testsView } from './testsView';
import { timeline } from './timeline';

/** Pictures larger than this stay links, in bytes. */
const largestPicture = 500_000;

/** Those of the views, which the extension's tab has too, and the page's own. */
const styleSheets = [
  path.join(__dirname, '../../../views/theme.css'),
  path.join(__dirname, '../../../views/model.css'),
  path.join(__dirname, 'page.css'),
];

const pictures: Record<string, string> = { '.svg': 'image/svg+xml', '.png': 'image/png' };

/** Writes the page of a run into its folder, `index.html`, and gives its path. It needs no other file and no network. */
export function writeRunPage(run: RunRecord, folder: string): string {
  const file = path.join(folder, 'index.html');
  writeFileSync(file, runPage(run, folder));
  return file;
}

export function runPage(run: RunRecord, folder: string): string {
  const style = styleSheets.map((file) => readFileSync(file, 'utf8')).join('\n');
  const script = readFileSync(path.join(__dirname, 'page.js'), 'utf8');
  // Text in the page comes from logs and tasks: nothing but the page's own script may run, and nothing may be fetched.
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const title = `${run.result ? resultLook[run.result].mark : '·'} Run ${run.id} of ${run.pipeline}`;
  const cases = testCases(run);
  const failed = cases.filter(({ outcome }) => outcome === 'failed').length;
  const tabs: Array<[id: string, label: string, note: string, content: Html]> = [
    ['overview', 'Overview', '', overview(run, folder)],
    ['logs', 'Logs', String(stepsOf(run).length), logView(run, folder)],
    ['tests', 'Tests', failed > 0 ? `${failed} failed` : String(cases.length), testsView(run)],
    ['artifacts', 'Artifacts', String(run.artifacts.length), artifactsView(run)],
  ];
  return html`<!doctype html>
    <html lang="en" data-result="${run.result ?? 'pending'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="${icon(run)}" />
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        ${header(run)}
        <nav>
          ${tabs.map(([id, label, note]) => html`<a href="#${id}">${label}${note && html` <small>${note}</small>`}</a>`)}
        </nav>
        <main>
          ${tabs.map(([id, label, , content]) => html`<section class="panel" id="${id}" aria-label="${label}">${content}</section>`)}
        </main>
        ${new Html(`<script>${script}</script>`)}
      </body>
    </html> `.text;
}

function icon(run: RunRecord): string {
  const colour = run.result === 'succeeded' ? '1a8a4a' : run.result === 'failed' ? 'd1293d' : 'b7791f';
  return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='%23${colour}'/></svg>`;
}

function header(run: RunRecord): Html {
  const { branch, commit, message } = run.source;
  const set = Object.entries(run.set).map(([name, value]) => html`<code>${name} = ${value}</code> `);
  return html`
    <header class="top ${run.result ?? 'pending'}">
      <div class="title">
        <p class="eyebrow">${run.file}</p>
        <h1>Run ${run.id} <span class="quiet">${run.pipeline}</span></h1>
        <p class="meta">
          <span>${run.startTime.slice(0, 19).replace('T', ' ')} UTC</span>
          <span>${timeTaken(run)}</span>
          <span>${branch.replace('refs/heads/', '')} <code>${commit.slice(0, 8)}</code> ${message}</span>
          ${run.buildTags.map((tag) => html`<span class="tag">${tag}</span>`)} ${set}
        </p>
      </div>
      <div class="verdict">${resultBadge(run.result)}</div>
    </header>
  `;
}

function overview(run: RunRecord, folder: string): Html {
  return html`
    ${issues(run, 'error')} ${models(run, folder)} ${timeline(run)} ${issues(run, 'warning')}
    ${stepsOf(run).map((step) => stepSummaries(run, step, folder))}
  `;
}

/** Every model and every deployment of the run, as the extension's tab shows them; the pictures stand with their steps here. */
function models(run: RunRecord, folder: string): Html[] {
  const records = modelRecordFiles(run).map((file) => ({
    type: 'mlops.record',
    name: file,
    step: file,
    content: readFileSync(path.join(folder, file), 'utf8'),
  }));
  const { reports, notes } = readReports(records);
  const hints = notes.map((note) => html`<p class="note" role="note">${note}</p>`);
  return [...hints, ...reports.map(({ record }) => modelView(record))];
}

/** The errors or the warnings of the run, each with the step that said it. */
function issues(run: RunRecord, type: 'error' | 'warning'): Html | false {
  const own = (type === 'error' ? run.errors : run.warnings).map(
    (message) => html`<li class="${type}">${message}</li>`,
  );
  const items = stepsOf(run).flatMap((step) =>
    step.issues
      .filter((issue) => issue.type === type)
      .map(
        ({ message }) => html`
          <li class="${type}">
            <a href="#${stepAnchor(run, step)}">${step.displayName}</a>
            <div>${message}</div>
          </li>
        `,
      ),
  );
  const all = [...own, ...items];
  return (
    all.length > 0 &&
    html`<section class="card issues">
      <ul>
        ${all}
      </ul>
    </section>`
  );
}

function stepSummaries(run: RunRecord, step: StepRecord, folder: string): Html | false {
  const texts = step.summaries.filter(({ file }) => existsSync(path.join(folder, file)));
  const shown = step.attachments.flatMap(({ file }) => picture(folder, file));
  if (texts.length === 0 && shown.length === 0) return false;
  return html`
    <section class="card summary">
      <p class="eyebrow"><a href="#${stepAnchor(run, step)}">${step.displayName}</a></p>
      ${texts.map(({ file }) => html`<div class="markdown">${markdown(readFileSync(path.join(folder, file), 'utf8'))}</div>`)}
      ${shown.length > 0 && html`<div class="pictures">${shown}</div>`}
    </section>
  `;
}

/** In an img element a picture can run no script. */
function picture(folder: string, file: string): Html[] {
  const type = pictures[path.extname(file).toLowerCase()];
  const full = path.join(folder, file);
  if (!type || !existsSync(full) || statSync(full).size > largestPicture) return [];
  const data = `data:${type};base64,${readFileSync(full).toString('base64')}`;
  const name = path.basename(file);
  return [
    html`<figure>
      <img src="${data}" alt="${name}" />
      <figcaption>${name}</figcaption>
    </figure>`,
  ];
}
