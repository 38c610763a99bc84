import { cardUrl, portalUrl } from '../tasks/common/record/places';
import type {
  CriterionResult,
  MetricValue,
  SelfTestResult,
  TestsSection,
  TrainingSection,
} from '../tasks/common/record/record';
import { approvalsText } from '../tasks/common/record/approvalsText';
import { html, type Html } from './html';
import type { Component } from './reports';
import { cost } from './cost';
import { metricsOf, type SlicedMetric } from './slices';
import { lineage, safeLink } from './lineage';
import { metric } from './numbers';
import type { ShownRecord } from './readableRecord';

/**
 * What became of the model, told by the record that the tasks wrote.
 * @param components what is in the image, where that is known
 */
export function modelView(record: ShownRecord, components: Component[] = []): Html {
  const { model, evaluation } = record;
  const decision = evaluation?.decision;
  const { whole, sliced } = metricsOf(record);
  return html`
    <section class="card model ${decision ?? ''}">
      <header>
        <div>
          <p class="eyebrow">Model</p>
          <h2>
            ${model ? html`${model.name} <span class="version">version ${model.version}</span>` : 'No model registered'}
          </h2>
        </div>
        ${decision && html`<span class="stamp ${decision}">${decision}</span>`}
      </header>
      ${evaluation && html`<p class="reason">${evaluation.reason}</p>`} ${metricTiles(whole)}
      ${evaluation && criteria(evaluation.criteria)} ${evaluation && champion(evaluation.champion)} ${cardLink(record)}
    </section>
    ${lineage(record)} ${sliced.length > 0 && slices(sliced)} ${facts(record, components)}
    ${record.tests && testFindings(record.tests)}
  `;
}

/** Of a record that is not whole it may be unknown. */
function champion(other: { name: string; version: string } | null | undefined): Html | false {
  if (other === undefined) return false;
  return other === null
    ? html`<p class="quiet">There was no champion to compare with.</p>`
    : html`<p class="quiet">The champion was ${other.name} version ${other.version}.</p>`;
}

function cardLink(record: ShownRecord): Html | false {
  const url = cardUrl(record);
  return (
    url !== undefined &&
    html`<p class="quiet">
      ${safeLink(url, 'Model card')}: <code>model-card.html</code> in the artifacts of the build
      ${record.evaluation?.build?.number}.
    </p>`
  );
}

function metricTiles(metrics: Record<string, MetricValue>): Html {
  if (Object.keys(metrics).length === 0) return html``;
  const tiles = Object.entries(metrics).map(
    ([name, value]) =>
      html`<div class="tile">
        <dt>${name}</dt>
        <dd>${metric(value)}</dd>
      </div>`,
  );
  return html`<dl class="tiles">${tiles}</dl>`;
}

/** Each metric in each slice of the data, as bars on one scale. */
function slices(sliced: SlicedMetric[]): Html {
  const tables = sliced.map(({ name, values }) => {
    const bars = values.map(([slice, value]) => bar(slice, value, Math.max(...values.map(([, each]) => amount(each)))));
    return html`<div>
      <h4>${name}</h4>
      ${bars}
    </div>`;
  });
  return html`<section class="card">
    <h3>Slices of the data</h3>
    <div class="slices">${tables}</div>
  </section>`;
}

const amount = (value: MetricValue): number => (typeof value === 'number' ? Math.max(0, value) : 0);

/** A named value with its bar on a scale that begins at zero. */
function bar(name: string, value: MetricValue, longest: number, unit = ''): Html {
  const width = ((amount(value) / (longest || 1)) * 100).toFixed(1);
  return html`
    <div class="bar-row">
      <span>${name}</span>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar" width="${width}" height="6" rx="1" />
      </svg>
      <span>${metric(value)}${unit}</span>
    </div>
  `;
}

function criteria(results: CriterionResult[]): Html {
  const rows = results.map((result) => {
    const state = stateOf(result);
    const mark = { skipped: '○', succeeded: '✔', failed: '✖' }[state];
    const word = words[state];
    return html`
      <tr class="${state}">
        <td><span class="mark ${state}" role="img" aria-label="${word}">${mark}</span></td>
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
    ${legend(results)}
  `;
}

/** What the gauges' colours say; only of those that are there. */
function legend(results: CriterionResult[]): Html | false {
  const shown = results.filter(hasGauge);
  const candidates = (['succeeded', 'failed', 'skipped'] as const).filter((state) =>
    shown.some((result) => stateOf(result) === state),
  );
  const swatches = candidates.map(
    (state) =>
      html`<svg viewBox="0 0 14 16"><rect class="bar ${state}" y="5" width="14" height="6" rx="1" /></svg> candidate,
        ${words[state]} `,
  );
  return (
    shown.length > 0 &&
    html`<p class="quiet legend" aria-hidden="true">
      ${swatches} <svg viewBox="0 0 4 16"><rect class="limit" x="1" width="2" height="16" /></svg> limit
      ${
        shown.some(({ champion: other }) => typeof other === 'number') &&
        html`<svg viewBox="0 0 4 16"><rect class="other" x="1" y="3" width="2" height="10" /></svg> champion`
      }
    </p>`
  );
}

const words = { skipped: 'skipped', succeeded: 'passed', failed: 'failed' };
const stateOf = ({ skipped, passed }: CriterionResult): keyof typeof words =>
  skipped ? 'skipped' : passed ? 'succeeded' : 'failed';

/** Values below zero have no place on a scale that begins there. */
function hasGauge({ candidate, champion: other, limit }: CriterionResult): boolean {
  const below = [candidate, other, limit].some((value) => typeof value === 'number' && value < 0);
  return typeof candidate === 'number' && typeof limit === 'number' && !below;
}

/** The candidate as a bar, with the limit and the champion marked on the same scale. */
function gauge(result: CriterionResult): Html | false {
  if (!hasGauge(result)) return false;
  const [candidate, other, limit] = [result.candidate as number, result.champion, result.limit as number];
  const scale = Math.max(candidate, limit, typeof other === 'number' ? other : 0) * 1.15 || 1;
  const at = (value: number): string => ((value / scale) * 100).toFixed(2);
  return html`
    <svg viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label="candidate against limit">
      <rect class="track" x="0" y="5" width="100" height="6" rx="1" />
      <rect class="bar ${stateOf(result)}" x="0" y="5" width="${at(candidate)}" height="6" rx="1" />
      ${typeof other === 'number' && html`<rect class="other" x="${at(other)}" y="3" width="0.8" height="10" />`}
      <rect class="limit" x="${at(limit)}" y="0" width="0.8" height="16" />
    </svg>
  `;
}

function facts(record: ShownRecord, components: Component[]): Html {
  const { training, image, deployment, tests } = record;
  return html`
    <div class="columns">
      ${training && trainingCard(training, record.source)} ${image && imageCard(image, record, components)}
      ${deployment && endpointCard(deployment, record)} ${tests && testsCard(tests, deployment)}
    </div>
  `;
}

function trainingCard(training: NonNullable<ShownRecord['training']>, source: ShownRecord['source']): Html {
  const { repository } = source ?? {};
  return card('Training', [
    ['Job', safeLink(training.studioUrl, html`<code>${training.jobName}</code>`)],
    ['Status', training.status],
    ['Experiment', training.experimentName],
    ['Compute', training.compute],
    ['Cost (estimate)', training.cost && cost(training.cost)],
    ['Environment', training.environment && shortId(training.environment)],
    ['Data checks', training.dataChecks?.criteria.map(({ explanation }) => explanation).join(' ')],
    ['Data', dataOf(training.data)],
    [
      'Commit',
      repository &&
        html`<code>${repository.commit.slice(0, 12)}</code> on ${repository.branch.replace('refs/heads/', '')}`,
    ],
  ]);
}

function imageCard(image: NonNullable<ShownRecord['image']>, record: ShownRecord, components: Component[]): Html {
  return card('Image', [
    ['Repository', safeLink(portalUrl(record, image.registryId), `${image.registry}/${image.repository}`)],
    ['Digest', html`${copyable(image.digest)}`],
    ['Tags', image.tags.join(', ')],
    [
      'Built',
      image.built !== undefined && (image.built ? 'in this run' : 'not needed: the same content was built before'),
    ],
    ['Base image', image.baseImage],
    ['Signed by', signedBy(record)],
    ['Self-test', image.selfTest && image.selfTest.outcome !== 'unknown' ? selfTest(image.selfTest) : undefined],
    ['Contents', components.length > 0 ? packages(components) : undefined],
  ]);
}

function endpointCard(deployment: NonNullable<ShownRecord['deployment']>, record: ShownRecord): Html {
  const { containerGroup, resourceGroup, location, previousImage } = deployment;
  return card('Endpoint', [
    ['Scoring URI', copyable(deployment.scoringUri)],
    [
      'Container group',
      safeLink(
        portalUrl(record, deployment.containerGroupId),
        [`${containerGroup} in ${resourceGroup}`, location].filter(Boolean).join(', '),
      ),
    ],
    [
      'Previous image',
      previousImage ? html`<code>${shortId(previousImage)}</code>` : previousImage === null ? 'none' : '',
    ],
    ['Approved by', deployment.approvals && approvalsText(deployment.approvals)],
    ['Deployed', `${deployment.deployedAt.slice(0, 19).replace('T', ' ')} UTC`],
  ]);
}

function testsCard(tests: ShownTests, deployment: ShownRecord['deployment']): Html {
  // Both tasks of one stage say the same.
  const isOwnStage = tests.approvals?.stage !== deployment?.approvals?.stage;
  return card('Endpoint tests', [
    ['Result', counts(tests)],
    ['Latency', tests.latency && latency(tests.latency)],
    ['Load', tests.latency && load(tests.latency)],
    ['Rollback', tests.rollback && rollbacks[tests.rollback.outcome]],
    ['Champion', tests.promotion && promotion(tests.promotion)],
    ['Approved by', isOwnStage && tests.approvals && approvalsText(tests.approvals)],
  ]);
}

function counts({ total, failed, skipped }: ShownTests): string {
  const rest = [failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`].filter(Boolean);
  return [`${total - failed - skipped} of ${total} passed`, ...rest].join(', ');
}

type ShownTests = NonNullable<ShownRecord['tests']>;
type Latency = NonNullable<TestsSection['latency']>;

function load({ requests, perSecond, errors }: Latency): string {
  return `${metric(requests)} requests, ${metric(perSecond)} answered per second, ${metric(errors)} errors`;
}

/** Percentiles as bars on one scale. */
function latency(values: Latency): Html {
  const names = ['p50', 'p90', 'p95', 'p99'] as const;
  const longest = Math.max(...names.map((name) => amount(values[name])));
  return html`${names.map((name) => bar(name, values[name], longest, ' ms'))}`;
}

function selfTest({ outcome, text }: SelfTestResult): string {
  const words: Partial<Record<string, string>> = { passed: 'passed', notTested: 'not tested', off: 'switched off' };
  return [words[outcome], text].filter(Boolean).join(': ');
}

function packages(components: Component[]): Html {
  const items = components.map(({ name, version }) => html`<li>${name} <span class="quiet">${version}</span></li>`);
  return html`<details>
    <summary>${components.length === 1 ? '1 package' : `${components.length} packages`}</summary>
    <ul class="packages">
      ${items}
    </ul>
  </details>`;
}

/** The key, and what has been checked since. */
function signedBy({ image, deployment }: ShownRecord): string | undefined {
  if (!image?.attestations) return undefined;
  return `${image.attestations.signer}${deployment?.verifiedAttestations ? ', verified before the deployment' : ''}`;
}

const rollbacks: Record<NonNullable<TestsSection['rollback']>['outcome'], string> = {
  restored: 'The previous image runs again.',
  removed: 'The deployment was removed; nothing ran before it.',
  kept: 'The new image was left running.',
  failed: 'The rollback failed. Look at the log of the step.',
};

const dataOf = (data: TrainingSection['data'] | undefined): string =>
  (data ?? []).map(({ name, uri }) => `${name}: ${uri}`).join(', ');

const promotion = ({ isChampion, champion: version }: NonNullable<TestsSection['promotion']>): string =>
  isChampion ? 'This version is now the champion.' : `Version ${version} is still the champion.`;

/** The tests that failed, and what could be better though nothing fails for it, each with its remedy. */
function testFindings({ cases = [], findings = [] }: ShownTests): Html | false {
  const failures = cases.filter(({ passed }) => !passed);
  const failed = failures.map(
    ({ name, message }) =>
      html`<li>
        <span class="mark failed" role="img" aria-label="failed">✖</span>
        <div>
          <strong>${name}</strong>
          <div>${message}</div>
        </div>
      </li>`,
  );
  const advice = findings.map(
    ({ sent, answered, remedy }) =>
      html`<li>
        <span class="mark succeededWithIssues" role="img" aria-label="could be better">!</span>
        <div>
          <strong>${sent}</strong>
          <div>${answered}</div>
          ${remedy && html`<div class="quiet">${remedy}</div>`}
        </div>
      </li>`,
  );
  return (
    failed.length + advice.length > 0 &&
    html`<section class="card">
      <h3>What the tests found</h3>
      <ul class="findings">
        ${failed} ${advice}
      </ul>
    </section>`
  );
}

function card(
  title: string,
  rows: ReadonlyArray<readonly [label: string, value: Html | string | false | undefined]>,
): Html {
  const present = rows.filter(([, value]) => value !== undefined && value !== false && value !== '');
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
