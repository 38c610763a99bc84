import { html, type Html } from './html';
import { modelView } from './modelView';
import type { ShownRecord } from './readableRecord';
import type { Picture, Report, Reports } from './reports';

function pictures(all: Picture[]): Html | false {
  const figures = all.map(({ title, source }) => html`<img src="${source}" alt="${title}" />`);
  return (
    all.length > 0 &&
    html`<section class="card charts">
      <h3>Charts</h3>
      <div class="pictures">${figures}</div>
    </section>`
  );
}

/** What tells the report of one model or deployment from the others of the run. */
function nameOf({ model, training }: ShownRecord): string {
  if (model) return `${model.name} version ${model.version}`;
  return training ? `Job ${training.jobName}, no model` : 'No model';
}

function reportView({ record, pictures: all, components }: Report, index: number): Html {
  return html`<article class="report" id="report-${index + 1}" aria-label="${nameOf(record)}" tabindex="-1">
    ${modelView(record, components)} ${pictures(all)}
  </article>`;
}

/** A record that the views stumble over hides neither the others nor that it is there. */
function safely(report: Report, index: number): Html {
  try {
    return reportView(report, index);
  } catch {
    return html`<p class="note" role="note">
      The model record of ${nameOf(report.record)} has a form that this version of the extension does not know. It is in
      the artifact of the run.
    </p>`;
  }
}

/** All models and deployments of the run at a glance, each leading to its report. */
function contents(reports: Report[]): Html | false {
  const entries = reports.map(({ record }, index) => {
    const { evaluation, deployment, tests } = record;
    const facts = [
      evaluation?.decision,
      deployment && `deployed to ${deployment.containerGroup}`,
      tests && (tests.failed > 0 ? `${tests.failed} of ${tests.total} tests failed` : 'tests passed'),
    ];
    return html`<li>
      <a href="#report-${index + 1}">${nameOf(record)}</a>
      <span class="quiet">${facts.filter(Boolean).join(', ')}</span>
    </li>`;
  });
  return (
    reports.length > 1 &&
    html`<nav class="card contents" aria-label="Models and deployments of this run">
      <h2>${reports.length} models or deployments in this run</h2>
      <ul>
        ${entries}
      </ul>
    </nav>`
  );
}

/** All models of a run, each with its deployments; a sentence where there is none. */
export function reportsView({ reports, notes }: Reports): Html {
  const hints = notes.map((note) => html`<p class="note" role="note">${note}</p>`);
  if (reports.length === 0) return html`${hints} ${notes.length === 0 && nothing()}`;
  return html`${hints} ${contents(reports)} ${reports.map(safely)}`;
}

function nothing(): Html {
  return html`
    <section class="card nothing">
      <h2>No model in this run yet</h2>
      <p>
        This tab shows what became of a model: the decision with each criterion, the image, the endpoint and its tests.
        None of the tasks MLOpsTrain, MLOpsEvaluate, MLOpsPackageImage, MLOpsDeployACI and MLOpsTestEndpoint has
        finished in this run.
      </p>
    </section>
  `;
}
