import { html, type Html } from './html';
import { modelView } from './modelView';
import type { Picture, Report, Reports } from './reports';

function pictures(all: Picture[]): Html | false {
  const figures = all.map(
    ({ name, source }) =>
      html`<figure>
        <img src="${source}" alt="${caption(name)}" />
        <figcaption>${caption(name)}</figcaption>
      </figure>`,
  );
  return (
    all.length > 0 &&
    html`<section class="card">
      <h3>Charts</h3>
      <div class="pictures">${figures}</div>
    </section>`
  );
}

/** `history-rmse.svg` in words. */
const caption = (name: string): string =>
  name
    .replace(/\.\w+$/, '')
    .replace(/[-_]+/g, ' ')
    .trim();

function reportView({ record, pictures: all }: Report): Html {
  return html`<article class="report">${modelView(record)} ${pictures(all)}</article>`;
}

/** All models of a run, each with its deployments; a sentence where there is none. */
export function reportsView({ reports, notes }: Reports): Html {
  const hints = notes.map((note) => html`<p class="note" role="note">${note}</p>`);
  if (reports.length === 0) return html`${hints} ${nothing()}`;
  return html`${hints} ${reports.map(reportView)}`;
}

function nothing(): Html {
  return html`
    <section class="card nothing">
      <h2>No model in this run yet</h2>
      <p>
        The tasks MLOpsTrain, MLOpsEvaluate, MLOpsPackageImage, MLOpsDeployACI and MLOpsTestEndpoint show here what
        became of the model: the decision with each criterion, the image, the endpoint and its tests. This run has no
        such step that has finished.
      </p>
    </section>
  `;
}
