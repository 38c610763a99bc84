import { dataHashes } from '../common/azure/ml/dataHashes';
import type { Job } from '../common/azure/ml/jobs/rest/jobs';
import { believedAbsence } from '../common/azure/http/believedAbsence';
import type { Clock } from '../common/clock';
import type { RunHistory } from '../common/azure/ml/jobs/follow/runHistory';
import type { MetricPoint, Tracking } from '../common/azure/ml/metrics';

/** The run whose model and metrics count: the job itself, or of a sweep the best trial. */
export interface TrainedRun {
  readonly runId: string;
  /** The run, and of a pipeline its steps after it, the last first: where anything of the training may lie. */
  readonly runs: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
  /** Hashes of data that it logged as tags. */
  readonly dataHashes: Readonly<Record<string, string>>;
  /** Whether MLflow knows the run that counts; else nobody can say what it logged. */
  readonly isTracked: boolean;
  /** All points of the metrics that were logged more than once; of twenty metrics at most, those of the whole data first. */
  histories(): Promise<Record<string, MetricPoint[]>>;
}

/** Each history is a request. */
const mostHistories = 20;

/**
 * Finds the run that counts and reads its metrics. Of a pipeline, the metrics of its steps are put together: what the
 * pipeline itself logged goes first, then the step that ended last.
 */
export async function trainedRun(
  job: Job,
  history: Pick<RunHistory, 'details' | 'children'>,
  tracking: Pick<Tracking, 'run' | 'history'>,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<TrainedRun> {
  const runId = job.properties.jobType === 'Sweep' ? await bestTrial(job, history, signal) : job.name;
  const runs = [runId];
  if (job.properties.jobType === 'Pipeline') {
    runs.push(...(await history.children(runId, signal)).map((child) => child.runId).reverse());
  }
  // By Map: a metric may have any name, __proto__ too.
  const found = new Map<string, { readonly value: number; readonly run: string }>();
  const tags: Record<string, string> = {};
  let isTracked = false;
  for (const each of runs) {
    const look = () => tracking.run(each, signal);
    // A step of a pipeline may have logged nothing; the job itself is there, and its metrics decide.
    const tracked = each === runId ? await believedAbsence(look, clock, signal) : await look();
    if (each === runId) isTracked = tracked !== undefined;
    for (const [name, value] of Object.entries(tracked?.metrics ?? {})) {
      if (!found.has(name)) found.set(name, { value, run: each });
    }
    Object.assign(tags, { ...tracked?.tags, ...tags });
  }
  const metrics = Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
  return {
    runId,
    runs,
    metrics,
    dataHashes: dataHashes(tags),
    isTracked,
    async histories() {
      const names = [...found.keys()].sort();
      const chosen = [
        ...names.filter((name) => !isSlice(name, names)),
        ...names.filter((name) => isSlice(name, names)),
      ];
      const histories = await Promise.all(
        chosen
          .slice(0, mostHistories)
          .map(async (name) => [name, await tracking.history(found.get(name)!.run, name, signal)] as const),
      );
      return Object.fromEntries(histories.filter(([, points]) => points.length > 1));
    },
  };
}

/** Whether it is another metric's value on a part of the data, such as rmse/clarity/I1 beside rmse. */
function isSlice(name: string, names: readonly string[]): boolean {
  return names.some((other) => name.startsWith(other) && /^[/._[]/.test(name.slice(other.length)));
}

/** The service notes the best trial on the sweep's run. */
async function bestTrial(job: Job, history: Pick<RunHistory, 'details'>, signal: AbortSignal): Promise<string> {
  const known = job.properties.properties?.best_child_run_id;
  return known ?? (await history.details(job.name, signal)).properties?.best_child_run_id ?? job.name;
}
