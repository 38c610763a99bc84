import { createHash } from 'node:crypto';
import type { RegisteredModel } from '../common/azure/models';
import type { Pipeline } from '../common/pipeline';
import type { Criterion } from './criteria/criterion';
import type { Decision } from './decision';

/** The tags of a model version that tell what was decided on it, by which criteria, when and where. */
export const decisionTags = {
  decision: 'evaluation',
  reason: 'evaluation.reason',
  criteria: 'evaluation.criteria',
  at: 'evaluation.at',
  build: 'evaluation.build',
} as const;

/** Longer values are cut: a tag is a label, the record tells the whole. */
const longestTag = 250;

export interface EarlierDecision {
  readonly reason: string;
  readonly at: string;
  readonly build?: string;
}

/**
 * The approval that this very model version got by these very criteria. Files of a model version never change, so that
 * it need not be judged again when, say, only the scoring code changed. Other criteria, or a rejection, are judged anew.
 */
export function earlierApproval(
  model: Pick<RegisteredModel, 'tags'>,
  criteria: readonly Criterion[],
): EarlierDecision | undefined {
  const { tags } = model;
  if (tags[decisionTags.decision] !== 'approved' || tags[decisionTags.criteria] !== criteriaHash(criteria)) {
    return undefined;
  }
  return {
    reason: tags[decisionTags.reason] ?? '',
    at: tags[decisionTags.at] ?? '',
    build: tags[decisionTags.build],
  };
}

/** The tags that keep a decision with the model version. */
export function tagsOf(
  { decision, reason }: Pick<Decision, 'decision' | 'reason'>,
  criteria: readonly Criterion[],
  at: string,
  pipeline: Pick<Pipeline, 'build' | 'release'>,
): Record<string, string | undefined> {
  return {
    [decisionTags.decision]: decision,
    [decisionTags.reason]: reason.length > longestTag ? `${reason.slice(0, longestTag - 1)}…` : reason,
    [decisionTags.criteria]: criteriaHash(criteria),
    [decisionTags.at]: at,
    [decisionTags.build]: pipeline.build?.url ?? pipeline.release?.url,
  };
}

/** 16 hex digits of the SHA-256 of what the criteria demand; white space, comments and their order do not matter. */
export function criteriaHash(criteria: readonly Criterion[]): string {
  const meanings = criteria.map(({ metric, slice, operator, limit, confidence }) =>
    JSON.stringify([metric, slice, operator, limit, confidence ?? null]),
  );
  return createHash('sha256').update(meanings.sort().join('\n')).digest('hex').slice(0, 16);
}
