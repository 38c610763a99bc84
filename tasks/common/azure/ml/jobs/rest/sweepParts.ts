import type { SweepKeys } from '../specification/jobSpec';
import { spelled, type Spelling } from './restParts';

/** Each hyperparameter as the service wants it: [distribution, [parameters in their order]]. Source: azure-ai-ml, sweep/search_space.py. */
export function searchSpace(space: SweepKeys['search_space']): Record<string, unknown> {
  const entries = Object.entries(space).map(([name, { type, ...given }]): [string, unknown] => {
    const order = ['values', 'upper', 'min_value', 'max_value', 'mu', 'sigma', 'q'];
    return [name, [type, order.filter((key) => key in given).map((key) => given[key])]];
  });
  return Object.fromEntries(entries);
}

export function samplingAlgorithm(value: SweepKeys['sampling_algorithm']): Record<string, unknown> {
  const { type, seed, rule } = typeof value === 'object' ? value : { type: value ?? 'random' };
  return { samplingAlgorithmType: capital(type), seed, rule: rule && capital(rule) };
}

export function earlyTermination(value: SweepKeys['early_termination'], spelling: Spelling): unknown {
  if (!value) return undefined;
  const kinds: Record<string, string> = {
    bandit: 'Bandit',
    median_stopping: 'MedianStopping',
    truncation_selection: 'TruncationSelection',
  };
  return {
    [spelled(spelling, 'policyType')]: kinds[value.type],
    [spelled(spelling, 'evaluationInterval')]: value.evaluation_interval ?? 1,
    [spelled(spelling, 'delayEvaluation')]: value.delay_evaluation ?? 0,
    [spelled(spelling, 'slackFactor')]: value.slack_factor,
    [spelled(spelling, 'slackAmount')]: value.slack_amount,
    [spelled(spelling, 'truncationPercentage')]: value.truncation_percentage,
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
