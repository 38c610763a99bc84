import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../../context';
import { dataPlaneRoute } from '../resourceIds';
import { canonicalUri, resolveStorageUri, type OutputLocations } from '../assets/storageLocation';
import type { AssetStores } from '../assets/assetStore';
import type { MetricStore } from '../runs/metricStore';
import type { RunStore } from '../runs/runStore';
import { registerExperiments } from './experimentRoutes';
import { registerLoggedModels } from './loggedModelRoutes';
import { LoggedModels } from './loggedModels';
import { ArtifactPlaces } from './artifactPlaces';
import { registerMlflowArtifacts } from './artifactRoutes';
import { Artifacts } from './artifacts';
import { MlflowError, sendMlflowError } from './mlflowError';
import { registerModelVersions } from './modelVersionRoutes';
import { registerRegisteredModels } from './registeredModelRoutes';
import { RegisteredModels } from './registeredModels';
import { TrackedExperiments } from './trackedExperiments';
import { registerTrackedRuns } from './trackedRunRoutes';
import { TrackedRuns } from './trackedRuns';

/** The workspace's MLflow tracking endpoint, as MLflow's own client and the tasks use it. */
export async function registerMlflow(
  app: FastifyInstance,
  context: LocalAzureContext,
  runs: RunStore,
  metrics: MetricStore,
  stores: AssetStores,
  outputs: OutputLocations,
): Promise<void> {
  app.setErrorHandler(sendMlflowError);
  const api = `${dataPlaneRoute('mlflow')}/api/2.0`;
  const route = `${api}/mlflow`;
  registerTrackedRuns(app, route, new TrackedRuns(runs, metrics));
  registerExperiments(app, route, new TrackedExperiments(runs));
  const loggedModels = new LoggedModels(context.collection('machineLearning.loggedModels'), runs);
  registerLoggedModels(app, route, loggedModels);
  const registry = new RegisteredModels(stores.models, (source) => {
    const logged = /^models:\/(m-\w+)$/.exec(source)?.[1];
    return canonicalUri((logged && loggedModels.artifactUriOf(logged)) || source, stores, outputs);
  });
  registerRegisteredModels(app, route, registry);
  registerModelVersions(app, route, registry);
  await app.register(async (scope) => {
    const places = new ArtifactPlaces(context.blobs, runs, (name, version) => {
      const { modelUri } = registry.version(name, version).properties;
      return resolveStorageUri(String(modelUri), stores, outputs);
    });
    registerMlflowArtifacts(scope, api, new Artifacts(places));
  });
  // MLflow's own words for what it does not know; clients fall back by the code.
  app.all(`${dataPlaneRoute('mlflow')}/*`, async (request) => {
    const path = request.url.split('?')[0];
    throw new MlflowError('ENDPOINT_NOT_FOUND', `Local Azure does not serve ${request.method} ${path}.`);
  });
}
