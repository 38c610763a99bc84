import type { Decision } from '../../../tasks/Evaluate/decision';
import type { Report } from '../../../tasks/Evaluate/summary';

/** A report that says no more than it must. */
export function exampleReport(decision: Partial<Decision> = {}): Report {
  return {
    model: { name: 'cost model', version: '3' },
    decision: { decision: 'approved', reason: 'rmse 4 is at most 5', verdicts: [], ...decision },
    sources: { candidate: 'the job job-3' },
    warnings: [],
    histories: [],
    plots: [],
    places: [],
    attachments: [],
  };
}
