import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { metricLabel } from '../common/criteria/criterion';
import { lookUp } from '../common/criteria/metricLookup';
import type { EarlierDecision } from './earlierDecision';
import type { EvaluateInputs } from './inputs';
import type { Judgement } from './judgement';
import type { TaskContext } from '../common/task/taskContext';
import { measure } from './measurement';
import type { Services } from './services';

/** The earlier approval again, with the candidate's values of today for people to see. */
export async function repeatApproval(
  earlier: EarlierDecision,
  candidate: RegisteredModel,
  { criteria, metricsFrom }: EvaluateInputs,
  { runs }: Services,
  context: Pick<TaskContext, 'log' | 'clock' | 'signal'>,
): Promise<Judgement> {
  const { metrics, source } = await measure(candidate, metricsFrom === 'file' ? 'auto' : metricsFrom, runs, context);
  const when = earlier.at ? ` on ${earlier.at}` : '';
  const verdicts = criteria.map((criterion) => {
    const measured = lookUp(metrics, criterion);
    const value = measured.kind === 'value' ? measured.value : null;
    const explanation = `${metricLabel(criterion)} was approved${when}; the model has not changed since.`;
    return { criterion, passed: true, skipped: false, candidate: value, champion: null, limit: null, explanation };
  });
  const where = earlier.build ? ` (${earlier.build})` : '';
  const reason = `Version ${candidate.version} was approved by these criteria${when}${where} and has not changed since. ${earlier.reason}`;
  return {
    decision: { decision: 'approved', reason: reason.trim(), verdicts },
    metrics,
    sources: { candidate: source },
    warnings: [],
    plots: { markdown: [], pictures: [] },
  };
}
