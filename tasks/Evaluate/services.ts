import { Artifacts } from '../common/azure/artifacts';
import { Jobs } from '../common/azure/jobs/jobs';
import { Tracking } from '../common/azure/metrics';
import { Models } from '../common/azure/models';
import { Workspace } from '../common/azure/workspace';
import type { ModelSection } from '../common/record/record';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import { EvaluationJobs } from './evaluationJob';
import type { EvaluateInputs } from './inputs';

/** The parts of Azure Machine Learning that an evaluation reads and writes. */
export interface Services {
  readonly models: Pick<Models, 'get' | 'find' | 'champion' | 'list' | 'tag'>;
  readonly runs: Pick<Tracking, 'run'>;
  readonly jobs: Pick<Jobs, 'find'>;
  readonly evaluations: Pick<EvaluationJobs, 'measure'>;
  readonly artifacts: Pick<Artifacts, 'list' | 'download'>;
}

/**
 * Opens the workspace in which the model is registered.
 * @throws TaskFailure if the inputs name another one: its champion would be of another registry
 */
export function openServices(
  inputs: Pick<EvaluateInputs, 'connection' | 'resourceGroup' | 'workspace'>,
  model: ModelSection,
  context: Pick<TaskContext, 'azure' | 'log' | 'clock' | 'signal' | 'pipeline' | 'state'>,
): Services {
  const { connection } = inputs;
  const home = model.workspace;
  const named = {
    subscriptionId: connection.subscriptionId,
    resourceGroup: inputs.resourceGroup ?? home.resourceGroup,
    name: inputs.workspace ?? home.name,
  };
  const differs = (['subscriptionId', 'resourceGroup', 'name'] as const).find(
    (key) => named[key].toLowerCase() !== home[key].toLowerCase(),
  );
  if (differs) {
    const input = { subscriptionId: 'azureSubscription', resourceGroup: 'resourceGroup', name: 'workspace' }[differs];
    throw new TaskFailure(
      `Input ${input}: the model ${model.name} version ${model.version} is registered in the workspace ${home.name} of ${home.resourceGroup} (subscription ${home.subscriptionId}), but the inputs name ${named.name} of ${named.resourceGroup} (subscription ${named.subscriptionId}).`,
      'Evaluate a model where it is registered, or use the record that belongs to this workspace.',
    );
  }
  const workspace = new Workspace(context.azure(connection), named.resourceGroup, named.name);
  return {
    models: new Models(workspace),
    runs: new Tracking(workspace),
    jobs: new Jobs(workspace),
    evaluations: new EvaluationJobs(workspace, context),
    artifacts: new Artifacts(workspace),
  };
}
