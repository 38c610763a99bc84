import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../../context';
import { dataPlaneRoute } from '../resourceIds';
import { canonicalUri, type OutputLocations } from '../assets/storageLocation';
import type { AssetStores } from '../assets/assetStore';
import type { MetricStore } from '../runs/metricStore';
import type { RunArtifacts } from '../runs/runArtifacts';
import type { RunStore } from '../runs/runStore';
import { registerExperiments } from './experiments';
import { registerLoggedModels } from './loggedModels';
import { registerMlflowArtifacts } from './mlflowArtifacts';
import { sendMlflowError } from './mlflowError';
import { registerModelRegistry } from './modelRegistry';
import { registerTrackedRuns } from './trackedRuns';

/** The workspace's MLflow tracking endpoint, as MLflow's own client and the tasks use it. */
export async function registerMlflow(
  app: FastifyInstance,
  context: LocalAzureContext,
  runs: RunStore,
  metrics: MetricStore,
  artifacts: RunArtifacts,
  stores: AssetStores,
  outputs: OutputLocations,
): Promise<void> {
  app.setErrorHandler(sendMlflowError);
  const api = `${dataPlaneRoute('mlflow')}/api/2.0`;
  registerTrackedRuns(app, `${api}/mlflow`, runs, metrics);
  registerExperiments(app, `${api}/mlflow`, runs);
  const loggedModels = registerLoggedModels(app, `${api}/mlflow`, context, runs);
  registerModelRegistry(app, `${api}/mlflow`, stores.models, (source) => {
    const logged = /^models:\/(m-\w+)$/.exec(source)?.[1];
    return canonicalUri((logged && loggedModels.artifactUriOf(logged)) || source, stores, outputs);
  });
  await app.register(async (scope) => registerMlflowArtifacts(scope, api, runs, artifacts));
}
