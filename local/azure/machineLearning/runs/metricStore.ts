import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MetricPoint {
  key: string;
  /** May be NaN or infinite. */
  value: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  step: number;
}

/** JSON has no NaN and no infinity; they stand as text, as in MLflow's own answers. */
type StoredPoint = [key: string, value: number | string, timestamp: number, step: number];

/** The metrics of runs: one file of JSON lines a run, only ever appended to, in the order in which they were logged. */
export class MetricStore {
  private readonly loaded = new Map<string, Map<string, MetricPoint[]>>();

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
  }

  append(run: string, points: MetricPoint[]): void {
    if (points.length === 0) return;
    const keys = this.load(run);
    const lines = points.map(({ key, value, timestamp, step }) =>
      JSON.stringify([key, Number.isFinite(value) ? value : String(value), timestamp, step] satisfies StoredPoint),
    );
    appendFileSync(this.file(run), lines.join('\n') + '\n');
    for (const point of points) keep(keys, point);
  }

  /** In the order of logging. */
  history(run: string, key: string): MetricPoint[] {
    return this.load(run).get(key) ?? [];
  }

  /** Of each key the point with the highest step, the latest among equals. */
  latest(run: string): MetricPoint[] {
    return [...this.load(run).values()].map((points) =>
      points.reduce((best, point) =>
        point.step > best.step || (point.step === best.step && point.timestamp >= best.timestamp) ? point : best,
      ),
    );
  }

  private load(run: string): Map<string, MetricPoint[]> {
    const known = this.loaded.get(run);
    if (known) return known;
    const keys = new Map<string, MetricPoint[]>();
    if (existsSync(this.file(run))) {
      for (const line of readFileSync(this.file(run), 'utf8').split('\n')) {
        if (!line) continue;
        const [key, value, timestamp, step] = JSON.parse(line) as StoredPoint;
        keep(keys, { key, value: Number(value), timestamp, step });
      }
    }
    this.loaded.set(run, keys);
    return keys;
  }

  private file(run: string): string {
    return join(this.directory, `${encodeURIComponent(run)}.jsonl`);
  }
}

function keep(keys: Map<string, MetricPoint[]>, point: MetricPoint): void {
  const points = keys.get(point.key);
  if (points) points.push(point);
  else keys.set(point.key, [point]);
}
