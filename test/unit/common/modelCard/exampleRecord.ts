import { append, emptyRecord } from '../../../../tasks/common/record/chain';
import type { ModelRecord, Sections } from '../../../../tasks/common/record/record';
import { parse } from 'yaml';
import { readWrittenCard } from '../../../../tasks/Evaluate/modelCardFile';

/** As Evaluate reads it. */
export const writtenCard = (text: string) => readWrittenCard(text, parse);

const digest = `sha256:${'d'.repeat(64)}`;

/** A file with all that people owe a card. */
export const completeFile = `---
license: mit
tags: [tabular, prices]
pipeline_tag: tabular-regression
---

# Prices of diamonds

Made by the pricing team.

## Intended use

To suggest a price to a trained seller.

## Out-of-scope use

Insurance values.

## Limitations

Stones above *5 carat* are rare in the data.

## Ethical considerations

No person is described by the data.
`;

export const exampleSections: Sections = {
  source: {
    repository: { uri: 'https://example.org/r', provider: 'Git', branch: 'refs/heads/main', commit: 'c0ffee1234' },
    build: { id: '41', number: '20260601.1', definition: 'model', url: 'https://dev.azure.com/o/p/_build/results?buildId=41', project: 'p' }, // prettier-ignore
  },
  training: {
    jobName: 'job-1',
    jobType: 'Command',
    status: 'Completed',
    experimentName: 'prices',
    studioUrl: 'https://ml.azure.com/runs/job-1',
    metrics: { rmse: 2.5 },
    data: [{ name: 'diamonds', type: 'uri_file', uri: 'azureml:diamonds:3' }],
    dataHashes: { 'data.sha256': 'a'.repeat(64) },
    codeHash: 'b'.repeat(64),
  },
  model: {
    name: 'cost-estimator',
    version: '3',
    id: '/subscriptions/s/models/cost-estimator/versions/3',
    type: 'custom_model',
    uri: 'azureml://jobs/j/outputs/artifacts/paths/outputs/model',
    workspace: { subscriptionId: 's', resourceGroup: 'g', name: 'w' },
  },
  evaluation: {
    decision: 'approved',
    reason: 'All 2 criteria hold.',
    criteria: [
      { text: 'rmse <= 5', metric: 'rmse', passed: true, candidate: 2.5, champion: null, limit: 5, explanation: 'rmse is 2.5.' }, // prettier-ignore
      {
        text: 'rmse < champion with 95% confidence',
        metric: 'rmse',
        passed: true,
        candidate: 2.5,
        champion: 3,
        limit: 3,
        interval: { level: 0.95, lower: -0.7, upper: -0.3, rows: 500, resamples: 2000, method: 'randomisation' },
        explanation: 'rmse is lower.',
      },
    ],
    metrics: { rmse: 2.5, odd: 'NaN', tiny: 1e-7, 'rmse.cut.Fair': 3.5, 'rmse.cut.Good': 2.25 },
    champion: { name: 'cost-estimator', version: '2' },
    holdout: { sha256: 'e'.repeat(64), rows: 500, candidates: 1 },
    modelCard: writtenCard(completeFile),
    evaluatedAt: '2026-06-01T12:00:00.000Z',
  },
  image: {
    reference: `r.azurecr.io/cost@${digest}`,
    digest,
    registry: 'r.azurecr.io',
    repository: 'cost',
    tags: ['3'],
    port: 5001,
    readinessPath: '/',
    scoringPath: '/score',
    built: true,
    sbom: { format: 'CycloneDX', file: 'sbom.cdx.json', sha256: 'f'.repeat(64), components: 42 },
  },
  deployment: {
    containerGroup: 'cost',
    containerGroupId: '/subscriptions/s/resourceGroups/g/providers/x/containerGroups/cost',
    resourceGroup: 'g',
    location: 'westeurope',
    image: `r.azurecr.io/cost@${digest}`,
    imageDigest: digest,
    scoringUri: 'https://cost.westeurope.azurecontainer.io/score',
    previousImage: null,
    approvals: { outcome: 'approved', stage: 'production', by: [{ name: 'An approver', at: '2026-06-02T08:00:00Z', comment: 'as agreed' }] }, // prettier-ignore
    deployedAt: '2026-06-02T09:00:00Z',
  },
  tests: {
    passed: false,
    total: 3,
    failed: 1,
    skipped: 0,
    cases: [{ name: 'first', kind: 'request', passed: false, message: 'answered 500' }],
    latency: { p50: 10, p90: 20, p95: 25, p99: 40, max: 60, requests: 100, errors: 0, perSecond: 50 },
    testedAt: '2026-06-02T09:10:00Z',
  },
};

/** The record as it stands after some of the stages. */
export function exampleRecord(
  changes: { [Name in keyof Sections]?: Partial<Sections[Name]> | null } = {},
): ModelRecord {
  return (Object.keys(exampleSections) as Array<keyof Sections>).reduce(
    (record, name) =>
      changes[name] === null ? record : append(record, name, { ...exampleSections[name], ...changes[name] } as never),
    emptyRecord(),
  );
}
