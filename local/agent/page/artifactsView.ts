import type { RunRecord } from '../run/runRecord';
import { html, type Html } from '../../../views/html';
import { stepsOf } from './logView';
import { bytes } from '../../../views/numbers';

/** What the run published, and its own files, as links beside the page. */
export function artifactsView(run: RunRecord): Html {
  const artifacts = run.artifacts.map(({ name, files }) => {
    const total = files.reduce((sum, file) => sum + file.bytes, 0);
    const links = files.map(
      (file) => html`
        <li>
          <a href="${link('artifacts', name, file.path)}">${file.path}</a>
          <span class="quiet">${bytes(file.bytes)}</span>
        </li>
      `,
    );
    return html`
      <section class="card">
        <h2>${name} <span class="quiet">${files.length} files, ${bytes(total)}</span></h2>
        <ul class="files">
          ${links}
        </ul>
      </section>
    `;
  });
  const kept = stepsOf(run).flatMap((step) => [
    ...step.summaries.map(({ file }) => file),
    ...step.attachments.map(({ file }) => file),
    ...step.testRuns.flatMap(({ files }) => files),
  ]);
  const own = ['run.json', ...(run.modelRecord ? [run.modelRecord] : []), ...kept];
  return html`
    ${artifacts} ${artifacts.length === 0 && html`<p class="quiet">This run published no artifacts.</p>`}
    <section class="card">
      <h2>Files of the run</h2>
      <ul class="files">
        ${own.map((file) => html`<li><a href="${link(file)}">${file}</a></li>`)}
      </ul>
    </section>
  `;
}

function link(...parts: string[]): string {
  return parts
    .flatMap((part) => part.split('/'))
    .map(encodeURIComponent)
    .join('/');
}
