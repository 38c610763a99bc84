import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';
import type { TokenIssuer } from '../entra/tokenIssuer';
import { registerAssets } from './assets/assetRoutes';
import { openAssetStores } from './assets/assetStore';
import { registerJobs } from './jobs/jobRoutes';
import { Jobs } from './jobs/jobs';
import { JobStore } from './jobs/jobStore';
import { workspaceRoute } from './resourceIds';
import { sendControlPlaneError, sendDataPlaneError } from './mlError';
import { registerMlflow } from './mlflow/index';
import { JobRunner } from './runner/jobRunner';
import { NodePool } from './runner/nodePool';
import { registerArtifactService } from './runs/artifactService';
import { MetricStore } from './runs/metricStore';
import { RunArtifacts } from './runs/runArtifacts';
import { RunHistory } from './runs/runHistory';
import { registerRunHistory } from './runs/runHistoryRoutes';
import { registerRunOutputs } from './runs/runOutputs';
import { registerRunPage } from './runs/runPage';
import { RunStore } from './runs/runStore';
import { registerComputes } from './workspace/computeRoutes';
import { Computes, defaultNodeCount } from './workspace/computes';
import { registerDatastores } from './workspace/datastoreRoutes';
import { Datastores } from './workspace/datastores';
import { registerMachineSizes } from './workspace/machineSizes';
import type { MadeWorkspaces } from './workspace/madeWorkspaces';
import { registerWorkspaces } from './workspace/workspaces';

export interface MachineLearningOptions {
  tokens: TokenIssuer;
  storageKey: string;
  nodeCount?: number;
  /** The Python to make the environments of jobs from; found on the PATH unless told. */
  python?: string;
  workspaces: MadeWorkspaces;
}

/** Microsoft.MachineLearningServices in the resource manager, its data planes, and the jobs that it runs. */
export async function registerMachineLearning(
  app: FastifyInstance,
  context: LocalAzureContext,
  { tokens, storageKey, nodeCount = defaultNodeCount, python, workspaces }: MachineLearningOptions,
): Promise<void> {
  const stores = openAssetStores(context);
  const runs = new RunStore(context);
  const jobs = new JobStore(context, runs, stores);
  const metrics = new MetricStore(join(context.stateDir, 'metrics'));
  const artifacts = new RunArtifacts(context.blobs);
  const nodes = new NodePool(nodeCount);
  const computes = [{ name: localCloud.compute, maxNodeCount: nodes.size }];
  const runner = new JobRunner({ context, jobs, runs, metrics, artifacts, stores, tokens, nodes, python });
  runner.settleLostJobs();
  context.onClose(() => runner.stop());

  await app.register(async (scope) => {
    scope.setErrorHandler(sendControlPlaneError);
    refuseOtherWorkspaces(scope, workspaces);
    registerWorkspaces(scope, context, workspaces);
    registerDatastores(scope, context.url, await Datastores.open(context, storageKey));
    registerMachineSizes(scope);
    registerComputes(scope, context.url, new Computes(computes, { busyNodes: () => nodes.busy }));
    registerAssets(scope, context, stores, jobs);
    registerJobs(scope, context.url, new Jobs(jobs, runs, runner, { stores, outputs: jobs, computes }));
  });
  await app.register(async (scope) => {
    scope.setErrorHandler(sendDataPlaneError);
    refuseOtherWorkspaces(scope, workspaces);
    registerRunHistory(scope, new RunHistory(runs, artifacts, jobs));
    registerRunOutputs(scope, jobs);
    registerArtifactService(scope, runs, artifacts);
    registerRunPage(scope, runs, metrics);
  });
  await app.register(async (scope) => {
    refuseOtherWorkspaces(scope, workspaces);
    await registerMlflow(scope, context, runs, metrics, stores, jobs);
  });
}

function refuseOtherWorkspaces(app: FastifyInstance, workspaces: MadeWorkspaces): void {
  app.addHook('preHandler', async (request) => {
    const { group, workspace } = request.params as { group?: string; workspace?: string };
    if (!workspace) return;
    if (workspace.toLowerCase() === localCloud.workspace && group?.toLowerCase() === localCloud.resourceGroup) return;
    // One that is not there can be made, and that a deleted one is not there is no failure; beneath one that was made nobody gets here.
    const isItself = request.routeOptions.url === workspaceRoute;
    if (isItself && (request.method !== 'GET' || workspaces.find(group ?? '', workspace))) return;
    throw resourceNotFound('Microsoft.MachineLearningServices/workspaces', workspace, group ?? '');
  });
}
