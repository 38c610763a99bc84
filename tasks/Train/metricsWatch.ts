import type { Clock } from '../common/clock';
import type { TaskLog } from '../common/log';
import type { Tracking } from '../common/azure/ml/metrics';

/** Shows metrics as they change, no more often than is worth the requests. */
export class MetricsWatch {
  private shown: Readonly<Record<string, number>> = {};
  private readonly begin: number;
  private next: number;
  private changedAt: number;

  constructor(
    private readonly tracking: Pick<Tracking, 'run'>,
    private readonly runId: string,
    private readonly log: TaskLog,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {
    this.begin = this.changedAt = clock.now();
    this.next = this.begin + 5_000;
  }

  async look(): Promise<void> {
    const now = this.clock.now();
    if (now < this.next) return;
    // One request for twenty in the time that has gone by, at most one every two minutes; and of what has not changed for long, fewer.
    const regular = Math.min(120_000, Math.max(10_000, (now - this.begin) * 0.05));
    this.next = now + Math.min(3_600_000, Math.max(regular, (now - this.changedAt) / 2));
    const metrics = (await this.tracking.run(this.runId, this.signal))?.metrics ?? {};
    const changed = Object.entries(metrics).filter(([name, value]) => !Object.is(this.shown[name], value));
    if (changed.length > 0) {
      this.log.info(`Metrics: ${changed.map(([name, value]) => `${name} ${metricText(value)}`).join(', ')}`);
      this.changedAt = this.clock.now();
    }
    this.shown = metrics;
  }
}

/** A metric with six significant digits; MLflow's words for what is not a number. */
export function metricText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}
