import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../../context';
import { dataPlaneRoute } from '../resourceIds';
import type { MetricStore } from '../runs/metricStore';
import type { RunArtifacts } from '../runs/runArtifacts';
import type { RunStore } from '../runs/runStore';
import { registerExperiments } from './experiments';
import { registerLoggedModels } from './loggedModels';
import { registerMlflowArtifacts } from './mlflowArtifacts';
import { sendMlflowError } from './mlflowError';
import { registerTrackedRuns } from './trackedRuns';

/** The workspace's MLflow tracking endpoint, as MLflow's own client and the tasks use it. */
export async function registerMlflow(
  app: FastifyInstance,
  context: LocalAzureContext,
  runs: RunStore,
  metrics: MetricStore,
  artifacts: RunArtifacts,
): Promise<void> {
  app.setErrorHandler(sendMlflowError);
  const api = `${dataPlaneRoute('mlflow')}/api/2.0`;
  registerTrackedRuns(app, `${api}/mlflow`, runs, metrics);
  registerExperiments(app, `${api}/mlflow`, runs);
  registerLoggedModels(app, `${api}/mlflow`, context, runs);
  await app.register(async (scope) => registerMlflowArtifacts(scope, api, runs, artifacts));
}
