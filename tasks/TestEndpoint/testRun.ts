import type { TaskContext } from '../common/task/taskContext';
import type { Subject } from './endpointToTest';
import type { Inputs } from './inputs';
import type { CaseLedger } from './report/caseLedger';
import type { ScoringClient } from './requests/scoringClient';
import type { AzureServices } from './services';

/** All that a run of tests works with. */
export interface TestRun {
  readonly inputs: Inputs;
  readonly subject: Subject;
  readonly azure: AzureServices | undefined;
  readonly client: ScoringClient;
  readonly ledger: CaseLedger;
  readonly context: TaskContext;
}
