import { Artifacts } from '../common/azure/ml/artifacts';
import { Jobs } from '../common/azure/ml/jobs/rest/jobs';
import { Tracking } from '../common/azure/ml/metrics';
import { Models } from '../common/azure/ml/models';
import { Workspace } from '../common/azure/ml/workspace';
import { requireRights } from '../common/azure/rights/requireRights';
import { workspaceRole } from '../common/azure/rights/workspaceRights';
import { requireHomeWorkspace } from '../common/record/homeWorkspace';
import type { ModelSection } from '../common/record/record';
import type { TaskContext } from '../common/task/taskContext';
import type { Running } from './champion';
import { EvaluationJobs } from './evaluationJob';
import type { EvaluateInputs } from './inputs';
import { runningVersions } from './runningVersions';

/** The parts of Azure Machine Learning that an evaluation reads and writes. */
export interface Services {
  readonly models: Pick<Models, 'get' | 'find' | 'champion' | 'list' | 'withTags' | 'tag'>;
  readonly running: Running;
  readonly runs: Pick<Tracking, 'run'>;
  readonly jobs: Pick<Jobs, 'find'>;
  readonly evaluations: Pick<EvaluationJobs, 'measure'>;
  readonly artifacts: Pick<Artifacts, 'list' | 'download'>;
}

/**
 * Opens the workspace in which the model is registered.
 * @throws TaskFailure if a role is missing, or if the inputs name another one: its champion would be of another registry
 */
export async function openServices(
  inputs: Pick<EvaluateInputs, 'connection' | 'evaluation' | 'resourceGroup' | 'workspace'>,
  model: ModelSection,
  context: Pick<TaskContext, 'azure' | 'log' | 'clock' | 'signal' | 'pipeline' | 'state'>,
): Promise<Services> {
  const { connection } = inputs;
  const home = model.workspace;
  const named = {
    subscriptionId: connection.subscriptionId,
    resourceGroup: inputs.resourceGroup ?? home.resourceGroup,
    name: inputs.workspace ?? home.name,
  };
  requireHomeWorkspace(model, named, 'Evaluate');
  const workspace = new Workspace(context.azure(connection), named.resourceGroup, named.name);
  const rights = ['models/versions/read', 'models/versions/write', 'experiments/runs/read'];
  const role = inputs.evaluation
    ? workspaceRole(workspace, [...rights, 'jobs/write'], 'to run the evaluation and tag the model version')
    : workspaceRole(workspace, rights, 'to read metrics and tag the model version');
  await requireRights(workspace.session, [role], context);
  return {
    models: new Models(workspace),
    running: () => runningVersions(workspace.session, model.name, context.log, context.signal),
    runs: new Tracking(workspace),
    jobs: new Jobs(workspace),
    evaluations: new EvaluationJobs(workspace, context),
    artifacts: new Artifacts(workspace),
  };
}
