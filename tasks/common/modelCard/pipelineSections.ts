import { metricsOf } from '../../../views/slices';
import { formatNumber } from '../formatNumber';
import { exactText, moneyText } from '../moneyText';
import type { Approvals, CriterionResult, ImageSection, ModelRecord, TestsSection } from '../record/record';
import { utcMinute } from '../utcMinute';
import { code, complete, facts, number, pending, text } from './blocks';
import type { Block, CardSection } from './card';

export function modelDetails({ model, evaluation, sha256 }: ModelRecord): CardSection {
  return complete(
    'model-details',
    'Model details',
    facts(
      ['Name', model?.name],
      ['Version', model?.version],
      ['Type', model?.type],
      ['Id', model && code(model.id)],
      ['Decision', evaluation?.decision],
      ['Made of the record', code(sha256)],
    ),
  );
}

/** What the pipeline knows of training, results, decision and what was made of it, in the order of its stages. */
export function pipelineSections(record: ModelRecord): CardSection[] {
  return [
    training(record),
    metrics(record),
    comparison(record),
    decision(record),
    approvals(record),
    image(record),
    endpoint(record),
    tests(record),
    cost(record),
  ];
}

function training({ training: own, source }: ModelRecord): CardSection {
  if (!own) return pending('training', 'Training', 'The record says nothing of the training.');
  return complete(
    'training',
    'Training',
    facts(
      ['Job', own.studioUrl ? { text: own.jobName, url: own.studioUrl } : own.jobName],
      ['Kind of job', own.jobType],
      ['Status', own.status],
      ['Experiment', own.experimentName],
      ['Compute', own.compute],
      ['Environment', own.environment && code(own.environment)],
      ['Begun', own.startedAt && utcMinute(own.startedAt)],
      ['Ended', own.endedAt && utcMinute(own.endedAt)],
      ['SHA-256 of the code', own.codeHash && code(own.codeHash)],
      ['Uncommitted changes', source?.repository?.dirty ? 'yes: the commit is not all of the code' : undefined],
    ),
  );
}

function metrics(record: ModelRecord): CardSection {
  const { evaluation } = record;
  const { whole, sliced } = metricsOf(record);
  const names = Object.entries(whole);
  if (names.length === 0) return pending('metrics', 'Metrics', 'No metric was logged.');
  const value = { title: 'Value', align: 'right' } as const;
  const slices = sliced.map(({ metric, column, values }): Block => ({
    kind: 'table',
    columns: [{ title: column }, { title: metric, align: 'right' }],
    rows: values.map(([slice, each]) => [slice, number(each)]),
  }));
  const intervals = (evaluation?.criteria ?? []).flatMap(({ text: criterion, interval }) =>
    interval
      ? [
          [
            code(criterion),
            `${formatNumber(interval.level * 100)}%`,
            `${number(interval.lower)} to ${number(interval.upper)}`,
            String(interval.rows),
          ],
        ]
      : [],
  );
  return complete(
    'metrics',
    'Metrics',
    { kind: 'table', columns: [{ title: 'Metric' }, value], rows: names.map(([name, each]) => [name, number(each)]) },
    ...(slices.length > 0 ? [text('By slices of the data:'), ...slices] : []),
    ...(intervals.length > 0
      ? [
          text('Confidence intervals of candidate − limit:'),
          {
            kind: 'table',
            columns: [
              { title: 'Criterion' },
              { title: 'Level', align: 'right' },
              { title: 'Interval', align: 'right' },
              { title: 'Rows', align: 'right' },
            ],
            rows: intervals,
          } as const,
        ]
      : []),
  );
}

function comparison({ evaluation }: ModelRecord): CardSection {
  if (!evaluation) return pending('comparison', 'Comparison with the champion', 'Evaluate has not run.');
  const { champion, criteria } = evaluation;
  const compared = criteria.filter((each) => each.champion !== null || each.skipped);
  return complete(
    'comparison',
    'Comparison with the champion',
    text(
      champion
        ? `The champion was ${champion.name} version ${champion.version}.`
        : 'There was no champion to compare with.',
    ),
    ...(compared.length > 0 ? [criteriaTable(compared)] : []),
  );
}

function criteriaTable(criteria: readonly CriterionResult[]): Block {
  return {
    kind: 'table',
    columns: [
      { title: 'Criterion' },
      { title: 'Candidate', align: 'right' },
      { title: 'Champion', align: 'right' },
      { title: 'Limit', align: 'right' },
      { title: 'Result' },
      { title: 'Why' },
    ],
    rows: criteria.map(({ text: criterion, candidate, champion, limit, passed, skipped, explanation }) => [
      code(criterion),
      number(candidate),
      number(champion),
      number(limit),
      skipped ? 'skipped' : passed ? 'holds' : 'does not hold',
      explanation,
    ]),
  };
}

function decision({ evaluation, source }: ModelRecord): CardSection {
  if (!evaluation) return pending('decision', 'Decision', 'Evaluate has not run.');
  const { build } = source ?? {};
  return complete(
    'decision',
    'Decision',
    facts(
      ['Decision', evaluation.decision],
      ['Reason', evaluation.reason],
      ['By', 'the criteria below, in MLOps: Evaluate'],
      ['Build', build && { text: `${build.definition} ${build.number}`, url: build.url }],
      ['At', utcMinute(evaluation.evaluatedAt)],
    ),
    criteriaTable(evaluation.criteria),
  );
}

function approvals({ deployment, tests }: ModelRecord): CardSection {
  const known = [deployment?.approvals, tests?.approvals].filter((each) => each !== undefined);
  // Both tasks of one stage say the same.
  const stages = known.filter((each, index) => known.findIndex(({ stage }) => stage === each.stage) === index);
  if (stages.length === 0) {
    return pending('approvals', 'Approvals by people', 'No stage has been approved that the record knows of.');
  }
  return complete('approvals', 'Approvals by people', ...stages.flatMap(approvalBlocks));
}

function approvalBlocks({ stage, outcome, reason, by }: Approvals): Block[] {
  if (outcome === 'none') return [text(`The stage ${stage} asks no one for approval.`)];
  if (outcome === 'unknown') return [text(`Who approved the stage ${stage} is not known: ${reason ?? ''}`)];
  return [
    {
      kind: 'table',
      columns: [{ title: 'Stage' }, { title: 'Approved by' }, { title: 'At' }, { title: 'Comment' }],
      rows: by.map(({ name, at, comment }) => [stage, name, at ? utcMinute(at) : '', comment ?? '']),
    },
  ];
}

function image({ image: own }: ModelRecord): CardSection {
  if (!own) return pending('image', 'Image', 'Package-Image has not run.');
  const { sbom, selfTest } = own;
  return complete(
    'image',
    'Image',
    facts(
      ['Image', code(own.reference)],
      ['Tags', own.tags.join(', ')],
      ['Base image', own.baseImage && code(own.baseImage)],
      ['Kind', own.packaging],
      ['Built', own.built ? 'in this run' : 'before: the same content was there already'],
      ['Self-test', selfTest && [selfTest.outcome, selfTest.text].filter(Boolean).join(': ')],
      [
        'SBOM',
        sbom ? `${sbom.format}, ${sbom.components} components, in the artifact ${sbom.file}` : sbomElsewhere(own),
      ],
      ['SHA-256 of the SBOM', sbom && code(sbom.sha256)],
      ['Signed by', own.attestations ? code(own.attestations.signer) : 'nobody'],
    ),
  );
}

function sbomElsewhere({ built, packaging }: Pick<ImageSection, 'built' | 'packaging'>): string {
  if (packaging === 'dockerfile') return 'none: the image is of a Dockerfile of its own';
  return built ? 'not recorded' : 'with the build that made the image';
}

function endpoint({ deployment }: ModelRecord): CardSection {
  if (!deployment) return pending('endpoint', 'Endpoint', 'Deploy-ACI has not run.');
  const { containerGroup, resourceGroup, location, image: running, previousImage } = deployment;
  return complete(
    'endpoint',
    'Endpoint',
    facts(
      ['Scoring URI', code(deployment.scoringUri)],
      ['Container group', `${containerGroup} in ${resourceGroup}, ${location}`],
      ['Runs the image', code(running)],
      ['Ran before', previousImage ? code(previousImage) : 'nothing'],
      [
        'Signature verified',
        deployment.verifiedAttestations ? code(deployment.verifiedAttestations.signer) : 'none was asked for',
      ],
      ['Deployed', utcMinute(deployment.deployedAt)],
    ),
  );
}

function tests({ tests: own }: ModelRecord): CardSection {
  if (!own) return pending('tests', 'Endpoint tests', 'Test-Endpoint has not run.');
  const { total, failed, skipped, latency, cases } = own;
  const failures = cases.filter(({ passed }) => !passed);
  return complete(
    'tests',
    'Endpoint tests',
    facts(
      ['Result', own.passed ? 'passed' : 'failed'],
      ['Tests', `${total - failed - skipped} of ${total} passed, ${failed} failed, ${skipped} skipped`],
      ['Latency', latency && latencyText(latency)],
      ['Load', latency && `${latency.requests} requests, ${latency.errors} errors`],
      ['Tested', utcMinute(own.testedAt)],
      ['Signed by', own.attestations && code(own.attestations.signer)],
    ),
    ...(failures.length > 0
      ? [
          {
            kind: 'table',
            columns: [{ title: 'Failed test' }, { title: 'Message' }],
            rows: failures.map(({ name, message }) => [name, message ?? '']),
          } as const,
        ]
      : []),
  );
}

const latencyText = ({ p50, p95, p99 }: NonNullable<TestsSection['latency']>): string =>
  `p50 ${number(p50)} ms, p95 ${number(p95)} ms, p99 ${number(p99)} ms`;

function cost({ training: own }: ModelRecord): CardSection {
  const known = own?.cost;
  if (!known) return pending('cost', 'Cost', 'The record has no cost of the training.');
  const { amount, currency, asOf, maxCost, idle, prices, runs, gaps = [] } = known;
  const total = amount !== undefined && moneyText(amount, currency);
  const seconds = runs.reduce((sum, run) => sum + run.seconds * run.nodes, 0);
  return complete(
    'cost',
    'Cost',
    facts(
      ['Training, by estimate', total === false ? 'not known' : `${gaps.length > 0 ? 'at least ' : ''}${total}`],
      ['Limit', maxCost === undefined ? undefined : exactText(maxCost, currency)],
      ['Idle time on top, at most', idle && moneyText(idle.amount, currency)],
      ['Compute', `${(seconds / 3600).toFixed(2)} hours of nodes`],
      [
        'Prices',
        prices.map(({ size, tier, perHour }) => `${size} (${tier}): ${perHour} ${currency} an hour`).join('; '),
      ],
      ['Prices of', asOf && utcMinute(asOf)],
    ),
    ...gaps.map(text),
  );
}

/** From the commit to the endpoint. */
export function lineage({ source, training: job, model, image: own, deployment }: ModelRecord): CardSection {
  const { repository, build } = source ?? {};
  return complete(
    'lineage',
    'Lineage',
    facts(
      ['Repository', repository && { text: repository.uri, url: repository.uri }],
      ['Branch', repository?.branch],
      ['Commit', repository && code(repository.commit)],
      ['Build', build && { text: build.number, url: build.url }],
      ['Job', job && (job.studioUrl ? { text: job.jobName, url: job.studioUrl } : job.jobName)],
      ['Model', model && `${model.name}:${model.version}`],
      ['Image', own && code(own.digest)],
      ['Endpoint', deployment && code(deployment.containerGroupId)],
    ),
  );
}
