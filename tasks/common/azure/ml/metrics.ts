import type { Workspace } from './workspace';

/** A point of a metric's history. */
export interface MetricPoint {
  readonly value: number;
  readonly step: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface TrackedRun {
  /** The last value of each metric; NaN and infinities are kept as such. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

interface KeyValue<T> {
  key: string;
  value: T;
}

/** MLflow's tracking service of a workspace; a job's run id is its name. Source: MLflow's REST API reference. */
export class Tracking {
  constructor(private readonly workspace: Workspace) {}

  /** @returns undefined where nothing was ever logged for that run */
  async run(runId: string, signal?: AbortSignal): Promise<TrackedRun | undefined> {
    interface Answer {
      run: { data?: { metrics?: KeyValue<number | string>[]; params?: KeyValue<string>[]; tags?: KeyValue<string>[] } };
    }
    const { status, body } = await this.workspace.request<Answer>({
      url: `${await this.workspace.mlflowUrl()}/runs/get`,
      query: { run_id: runId },
      accept: [404],
      shape: { run: 'object' },
      signal,
    });
    if (status === 404) return undefined;
    const { metrics = [], params = [], tags = [] } = body.run.data ?? {};
    return {
      metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, toNumber(value)])),
      params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    };
  }

  /** All points of a metric, oldest first. */
  async history(runId: string, metric: string, signal?: AbortSignal): Promise<MetricPoint[]> {
    interface Answer {
      metrics?: Array<{ value: number | string; step?: number | string; timestamp: number | string }>;
      next_page_token?: string;
    }
    const url = `${await this.workspace.mlflowUrl()}/metrics/get-history`;
    const points: MetricPoint[] = [];
    let page: string | undefined;
    do {
      const query = { run_id: runId, metric_key: metric, max_results: '1000', page_token: page };
      const { body } = await this.workspace.request<Answer>({ url, query, shape: 'object', signal });
      for (const { value, step, timestamp } of body.metrics ?? []) {
        points.push({ value: toNumber(value), step: Number(step ?? 0), timestamp: Number(timestamp) });
      }
      page = body.next_page_token || undefined;
    } while (page);
    return points.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp);
  }
}

/** MLflow writes what JSON cannot hold as text: "NaN", "Infinity". */
function toNumber(value: number | string): number {
  return typeof value === 'number' ? value : Number(value);
}
