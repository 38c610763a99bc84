import { createHash } from 'node:crypto';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import type { Pipeline } from '../common/pipeline';
import type { Criterion } from '../common/criteria/criterion';
import { artifactsUrl } from '../common/record/places';
import type { Decision } from './decision';
import type { EvaluateInputs } from './inputs';

/** The tags of a model version that tell what was decided on it, by which criteria, when and where. */
export const decisionTags = {
  decision: 'evaluation',
  reason: 'evaluation.reason',
  criteria: 'evaluation.criteria',
  at: 'evaluation.at',
  build: 'evaluation.build',
} as const;

/** The tag by which people get from the model version to its card. */
export const modelCardTag = 'modelCard';

/** Longer values are cut: a tag is a label, the record tells the whole. */
const longestTag = 250;

export interface EarlierDecision {
  readonly reason: string;
  readonly at: string;
  readonly build?: string;
}

/**
 * The approval that this very model version got by these very criteria and settings. Files of a model version never
 * change, so that it need not be judged again when, say, only the scoring code changed. Judged again are other criteria, a
 * rejection, and metrics that do not come with the model: those of a file, reports of this pipeline, and those of an evaluation job, whose code
 * and data (`@latest`, a folder that was written to) may be others by now.
 */
export function earlierApproval(
  model: JudgedModel & Pick<RegisteredModel, 'tags'>,
  inputs: Basis & Pick<EvaluateInputs, 'metricsFile' | 'dataReports'>,
): EarlierDecision | undefined {
  const { tags } = model;
  if (inputs.metricsFile !== undefined || inputs.dataReports !== undefined || inputs.evaluation !== undefined) {
    return undefined;
  }
  if (tags[decisionTags.decision] !== 'approved' || tags[decisionTags.criteria] !== basisHash(model, inputs)) {
    return undefined;
  }
  return {
    reason: tags[decisionTags.reason] ?? '',
    at: tags[decisionTags.at] ?? '',
    build: tags[decisionTags.build],
  };
}

/** The build that this is part of; a release only names the one whose artifacts it releases, and adds none to it. */
export const ownBuild = ({ hostType, build }: Pick<Pipeline, 'hostType' | 'build'>): Pipeline['build'] =>
  hostType === 'build' ? build : undefined;

/** The tags that keep a decision with the model version. */
export function tagsOf(
  { decision, reason }: Pick<Decision, 'decision' | 'reason'>,
  model: JudgedModel,
  inputs: Basis,
  at: string,
  pipeline: Pick<Pipeline, 'hostType' | 'build' | 'release'>,
): Record<string, string | undefined> {
  const build = ownBuild(pipeline);
  return {
    [decisionTags.decision]: decision,
    [decisionTags.reason]: reason.length > longestTag ? `${reason.slice(0, longestTag - 1)}…` : reason,
    [decisionTags.criteria]: basisHash(model, inputs),
    [decisionTags.at]: at,
    [decisionTags.build]: build?.url ?? pipeline.release?.url,
    [modelCardTag]: build ? artifactsUrl(build.url) : pipeline.release?.url,
  };
}

/** The version that a decision is of; tags that were copied to another version approve nothing. */
type JudgedModel = Pick<RegisteredModel, 'name' | 'version' | 'uri'>;

/** What a decision rests on beside the model. */
type Basis = Pick<
  EvaluateInputs,
  'criteria' | 'evaluation' | 'champion' | 'championVersion' | 'firstModel' | 'metricsFrom'
>;

/**
 * 16 hex digits of the SHA-256 of the model version and of what the gate demands: its criteria, whom it compares with
 * and how it measures. White space, comments and the order of criteria do not matter.
 */
function basisHash(
  { name, version, uri }: JudgedModel,
  { criteria, evaluation, champion, championVersion, firstModel, metricsFrom }: Basis,
): string {
  const meanings = criteria.map(({ metric, slice, operator, limit, confidence, ...rest }: Criterion) =>
    JSON.stringify([
      metric,
      slice,
      operator,
      limit,
      confidence ?? null,
      ...[rest.looks, rest.disparity].filter((each) => each !== undefined),
    ]),
  );
  const settings = JSON.stringify([champion, championVersion, firstModel, metricsFrom, evaluation?.spec]);
  return createHash('sha256')
    .update([JSON.stringify([name, version, uri]), ...meanings.sort(), settings].join('\n'))
    .digest('hex')
    .slice(0, 16);
}
