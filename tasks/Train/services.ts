import { BlobTransfer } from '../common/azure/storage/blobTransfer';
import { Artifacts } from '../common/azure/ml/artifacts';
import { Computes } from '../common/azure/ml/computes';
import { computeState } from '../common/azure/ml/jobs/follow/computeState';
import { RunHistory } from '../common/azure/ml/jobs/follow/runHistory';
import { Jobs } from '../common/azure/ml/jobs/rest/jobs';
import { WorkspaceAssets } from '../common/azure/ml/jobs/rest/workspaceAssets';
import type { JobAssets } from '../common/azure/ml/jobs/rest/jobAssets';
import { Tracking } from '../common/azure/ml/metrics';
import { Models } from '../common/azure/ml/models';
import { Prices } from '../common/azure/ml/prices/prices';
import { Workspace } from '../common/azure/ml/workspace';
import type { NeededRole } from '../common/azure/rights/neededRole';
import { requireRights } from '../common/azure/rights/requireRights';
import { workspaceRole } from '../common/azure/rights/workspaceRights';
import type { TaskContext } from '../common/task/taskContext';
import type { TrainInputs } from './inputs';
import { listNamedOutput } from './namedOutput';

/** What a training needs of Azure Machine Learning. */
export interface Services {
  readonly workspace: { readonly subscriptionId: string; readonly resourceGroup: string; readonly name: string };
  readonly jobs: Pick<Jobs, 'find' | 'create' | 'requestCancel'>;
  readonly history: Pick<RunHistory, 'details' | 'children'>;
  readonly tracking: Pick<Tracking, 'run' | 'history'>;
  readonly models: Pick<Models, 'list' | 'register'>;
  readonly artifacts: Pick<Artifacts, 'list' | 'download'>;
  readonly transfer: Pick<BlobTransfer, 'readRange'>;
  /** Brings into the workspace what a job names; one for each job. */
  assets(): JobAssets & Pick<WorkspaceAssets, 'codeHashes'>;
  /** @throws TaskFailure where there is no such workspace, or where a role is missing */
  checkWorkspace(): Promise<void>;
  /** The files of a named output, by their path within it; undefined where they cannot be listed. */
  listOutput: (uri: string) => Promise<string[] | undefined>;
  /** How the compute stands that a job waits for. */
  computeState(computeId: string): Promise<string | undefined>;
  readonly prices: Pick<Prices, 'of' | 'asOf'>;
}

/** What a limit of the cost cannot do without. The permissions of a subscription show at its resource groups, too. */
function priceReader({ subscriptionId, resourceGroup }: Services['workspace']): NeededRole {
  return {
    role: 'Reader',
    scope: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`,
    assignedOn: `/subscriptions/${subscriptionId}`,
    actions: ['Microsoft.MachineLearningServices/locations/vmSizes/read'],
    purpose: 'to read the price list, for maxCost',
  };
}

export function openServices(
  {
    connection,
    resourceGroup,
    workspace: name,
    maxCost,
  }: Pick<TrainInputs, 'connection' | 'resourceGroup' | 'workspace' | 'maxCost'>,
  { azure, log, clock, signal }: Pick<TaskContext, 'azure' | 'log' | 'clock' | 'signal'>,
): Services {
  const workspace = new Workspace(azure(connection), resourceGroup, name);
  const transfer = new BlobTransfer(workspace.session);
  const computes = new Computes(workspace, signal);
  const address = { subscriptionId: connection.subscriptionId, resourceGroup, name };
  return {
    workspace: address,
    jobs: new Jobs(workspace),
    history: new RunHistory(workspace),
    tracking: new Tracking(workspace),
    models: new Models(workspace),
    artifacts: new Artifacts(workspace, transfer),
    transfer,
    assets: () => new WorkspaceAssets(workspace, transfer, log, signal, computes),
    checkWorkspace: async () => {
      const rights = ['jobs/write', 'models/versions/write', 'datastores/listSecrets/action'];
      const role = workspaceRole(workspace, rights, 'to run jobs and register models');
      const needed = maxCost === undefined ? [role] : [role, priceReader(address)];
      await requireRights(workspace.session, needed, { log, signal });
      await workspace.resource();
    },
    listOutput: (uri) => listNamedOutput(workspace, transfer, uri, signal),
    computeState: (computeId) => computeState(workspace, computeId, signal),
    prices: new Prices(workspace, computes, () => clock.now(), signal),
  };
}
