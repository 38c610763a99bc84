import {
  toMetricValue,
  toMetricValues,
  type CriterionResult,
  type EvaluationSection,
  type WrittenCard,
} from '../common/record/record';
import { metricLabel } from '../common/criteria/criterion';
import type { Verdict } from '../common/criteria/verdict';
import { reportFile } from '../common/dataReports/dataReport';
import type { Judgement } from './judgement';

/** The record's section `evaluation`. */
export function evaluationSection(
  { decision: { decision, reason, verdicts }, metrics, champion, looks, dataReports }: Judgement,
  evaluatedAt: string,
  modelCard?: WrittenCard,
  build?: EvaluationSection['build'],
): EvaluationSection {
  return {
    decision,
    reason,
    criteria: verdicts.map(criterionResult),
    metrics: toMetricValues(metrics),
    champion: champion ? { name: champion.name, version: champion.version } : null,
    ...(looks ? { holdout: { sha256: looks.sha256, rows: looks.rows, candidates: looks.candidates } } : {}),
    ...(dataReports ? { dataReports: dataReports.map(reportFile) } : {}),
    ...(modelCard ? { modelCard } : {}),
    ...(build ? { build } : {}),
    evaluatedAt,
  };
}

function criterionResult({
  criterion,
  passed,
  skipped,
  candidate,
  champion,
  limit,
  explanation,
  interval,
}: Verdict): CriterionResult {
  const value = (number: number | null) => (number === null ? null : toMetricValue(number));
  return {
    text: criterion.text,
    metric: metricLabel(criterion),
    passed,
    ...(skipped ? { skipped } : {}),
    candidate: value(candidate),
    champion: value(champion),
    limit: value(limit),
    ...(interval
      ? {
          interval: {
            level: interval.level,
            lower: toMetricValue(interval.lower),
            upper: toMetricValue(interval.upper),
            rows: interval.rows,
            resamples: interval.resamples,
            method: interval.method,
            ...(interval.longerTail ? { longerTail: true } : {}),
            ...(interval.mcNemar ? { mcNemarPValue: interval.mcNemar.pValue } : {}),
            ...(interval.swapPValue === undefined ? {} : { randomisationPValue: interval.swapPValue }),
          },
        }
      : {}),
    explanation,
  };
}
