import type { LocalAzureContext } from '../../context';
import type { TokenIssuer } from '../../entra/tokenIssuer';
import type { AssetStores } from '../assets/assetStore';
import type { JobStore } from '../jobs/jobStore';
import type { MetricStore } from '../runs/metricStore';
import type { RunArtifacts } from '../runs/runArtifacts';
import type { RunStatus, RunStore } from '../runs/runStore';
import type { NodePool } from './nodePool';
import type { NewJob } from './newJob';

/** What the execution of a job works with. */
export interface RunnerServices {
  context: LocalAzureContext;
  jobs: JobStore;
  runs: RunStore;
  metrics: MetricStore;
  artifacts: RunArtifacts;
  stores: AssetStores;
  tokens: TokenIssuer;
  nodes: NodePool;
  python?: string;
}

/** What the execution of one job does to the job itself and, for a sweep or a pipeline, to those beneath it. */
export interface JobControl {
  signal: AbortSignal;
  setStatus(status: RunStatus): void;
  /** Makes a child and runs it to its end. Cancelled together with this job. */
  runChild(child: NewJob): Promise<RunStatus>;
}
