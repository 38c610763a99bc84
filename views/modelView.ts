import type { CriterionResult, MetricValue, ModelRecord, TestsSection } from '../tasks/common/record/record';
import { html, type Html } from './html';
import { imageLink, lineage, portalLink, safeLink } from './lineage';
import { metric } from './numbers';

/** What became of the model, told by the record that the tasks wrote. */
export function modelView(record: ModelRecord): Html {
  const { model, training, evaluation } = record;
  const decision = evaluation?.decision;
  return html`
    <section class="card model ${decision ?? ''}">
      <header>
        <div>
          <p class="eyebrow">Model</p>
          <h2>${model?.name ?? 'No model'} <span class="version">version ${model?.version ?? '–'}</span></h2>
        </div>
        ${decision && html`<span class="stamp ${decision}">${decision}</span>`}
      </header>
      ${evaluation && html`<p class="reason">${evaluation.reason}</p>`}
      ${metricTiles(evaluation?.metrics ?? training?.metrics ?? {})} ${evaluation && criteria(evaluation.criteria)}
      ${evaluation && champion(evaluation.champion)}
    </section>
    ${lineage(record)} ${facts(record)}
  `;
}

function champion(other: { name: string; version: string } | null): Html {
  const text = other
    ? `The champion was ${other.name} version ${other.version}.`
    : 'There was no champion to compare with.';
  return html`<p class="quiet">${text}</p>`;
}

function metricTiles(metrics: Record<string, MetricValue>): Html {
  const tiles = Object.entries(metrics).map(
    ([name, value]) =>
      html`<div class="tile">
        <dt>${name}</dt>
        <dd>${metric(value)}</dd>
      </div>`,
  );
  return html`<dl class="tiles">${tiles}</dl>`;
}

function criteria(results: CriterionResult[]): Html {
  const rows = results.map((result) => {
    const state = result.skipped ? 'skipped' : result.passed ? 'succeeded' : 'failed';
    const mark = { skipped: '○', succeeded: '✔', failed: '✖' }[state];
    return html`
      <tr class="${state}">
        <td><span class="mark ${state}">${mark}</span></td>
        <td class="criterion"><code>${result.text}</code><small>${result.explanation}</small></td>
        <td class="number" data-label="Candidate">${metric(result.candidate)}</td>
        <td class="number" data-label="Champion">${metric(result.champion)}</td>
        <td class="number" data-label="Limit">${metric(result.limit)}</td>
        <td class="gauge">${gauge(result)}</td>
      </tr>
    `;
  });
  return html`
    <div class="wide">
      <table class="criteria">
        <thead>
          <tr>
            <th><span class="unseen">Result</span></th>
            <th>Criterion</th>
            <th class="number">Candidate</th>
            <th class="number">Champion</th>
            <th class="number">Limit</th>
            <th><span class="unseen">Candidate against limit</span></th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  `;
}

/** The candidate as a bar, with the limit and the champion marked on the same scale; nothing for values below zero. */
function gauge({ candidate, champion: other, limit, passed, skipped }: CriterionResult): Html | false {
  const values = [candidate, other, limit].filter((value) => typeof value === 'number');
  if (typeof candidate !== 'number' || typeof limit !== 'number' || values.some((value) => value < 0)) return false;
  const scale = Math.max(...values) * 1.15 || 1;
  const at = (value: number): string => ((value / scale) * 100).toFixed(2);
  return html`
    <svg viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label="candidate against limit">
      <rect class="track" x="0" y="5" width="100" height="6" rx="1" />
      <rect
        class="bar ${skipped ? 'skipped' : passed ? 'succeeded' : 'failed'}"
        x="0"
        y="5"
        width="${at(candidate)}"
        height="6"
        rx="1"
      />
      ${typeof other === 'number' && html`<rect class="other" x="${at(other)}" y="3" width="0.8" height="10" />`}
      <rect class="limit" x="${at(limit)}" y="0" width="0.8" height="16" />
    </svg>
  `;
}

function facts(record: ModelRecord): Html {
  const { training, image, deployment, tests, source } = record;
  return html`
    <div class="columns">
      ${
        training &&
        card('Training', [
          ['Job', safeLink(training.studioUrl, html`<code>${training.jobName}</code>`)],
          ['Status', training.status],
          ['Experiment', training.experimentName],
          ['Compute', training.compute],
          ['Environment', training.environment && shortId(training.environment)],
          [
            'Commit',
            source?.repository &&
              html`<code>${source.repository.commit.slice(0, 12)}</code> on
                ${source.repository.branch.replace('refs/heads/', '')}`,
          ],
        ])
      }
      ${
        image &&
        card('Image', [
          ['Repository', safeLink(imageLink(record), `${image.registry}/${image.repository}`)],
          ['Digest', html`${copyable(image.digest)}`],
          ['Tags', image.tags.join(', ')],
          ['Built', image.built ? 'in this run' : 'unchanged, reused'],
        ])
      }
      ${
        deployment &&
        card('Endpoint', [
          ['Scoring URI', copyable(deployment.scoringUri)],
          [
            'Container group',
            safeLink(
              portalLink(record, deployment.containerGroupId),
              `${deployment.containerGroup} in ${deployment.resourceGroup}, ${deployment.location}`,
            ),
          ],
          ['Image before', deployment.previousImage ? html`<code>${shortId(deployment.previousImage)}</code>` : 'none'],
          ['Deployed', deployment.deployedAt.slice(0, 19).replace('T', ' ')],
        ])
      }
      ${
        tests &&
        card('Endpoint tests', [
          ['Result', counts(tests)],
          ['Latency', tests.latency && latency(tests.latency)],
          ['Load', tests.latency && load(tests.latency)],
        ])
      }
    </div>
  `;
}

function counts({ total, failed, skipped }: TestsSection): string {
  const rest = [failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`].filter(Boolean);
  return [`${total - failed - skipped} of ${total} passed`, ...rest].join(', ');
}

type Latency = NonNullable<TestsSection['latency']>;

function load({ requests, perSecond, errors }: Latency): string {
  return `${requests} requests, ${metric(perSecond)} a second, ${errors} errors`;
}

/** Percentiles as bars on one scale. */
function latency(values: Latency): Html {
  const bars = (['p50', 'p90', 'p95', 'p99'] as const).map((name) => {
    const width = ((values[name] / (values.p99 || 1)) * 100).toFixed(1);
    return html`
      <div class="percentile">
        <span>${name}</span>
        <svg viewBox="0 0 100 6" preserveAspectRatio="none">
          <rect class="bar" width="${width}" height="6" rx="1" />
        </svg>
        <span>${metric(values[name])} ms</span>
      </div>
    `;
  });
  return html`${bars}`;
}

function card(title: string, rows: ReadonlyArray<readonly [label: string, value: Html | string | undefined]>): Html {
  const present = rows.filter(([, value]) => value !== undefined && value !== '');
  return html`
    <section class="card">
      <h3>${title}</h3>
      <dl class="facts">
        ${present.map(
          ([label, value]) =>
            html`<dt>${label}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
    </section>
  `;
}

export function copyable(text: string): Html {
  return html`<span class="copyable"
    ><code>${text}</code><button type="button" data-copy="${text}">Copy</button></span
  >`;
}

/** The last parts of an ARM id or a digest, which tell it apart. */
function shortId(id: string): string {
  const digest = /@(sha256:[0-9a-f]{12})/.exec(id);
  if (digest) return `${id.slice(id.lastIndexOf('/') + 1, id.indexOf('@'))}@${digest[1]}…`;
  return id.startsWith('/') ? id.split('/').slice(-3).join('/') : id;
}
