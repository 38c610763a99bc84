import type { SeenChild } from '../../common/azure/ml/jobs/follow/childRuns';
import { isWaiting } from '../../common/azure/ml/jobs/follow/jobStatus';
import type { RunDetails } from '../../common/azure/ml/jobs/follow/runHistory';
import type { Job } from '../../common/azure/ml/jobs/rest/jobs';
import type { Prices } from '../../common/azure/ml/prices/prices';
import type { Clock } from '../../common/clock';
import { elapsed } from '../../common/elapsed';
import type { TaskLog } from '../../common/log';
import { estimateCost, gapOf, type BilledRun, type CostEstimate } from './estimateCost';
import { heldNodes } from './heldNodes';
import { exactText, moneyText } from '../../common/moneyText';

/** What a job has cost in the end, and by which prices. */
export interface FinalCost extends CostEstimate {
  /** When the prices were read: ISO 8601. */
  readonly asOf?: string;
}

/** Clocks may differ by so much without a word. */
const usualSkew = 60_000;

/**
 * What a job costs while it is followed. Whatever is counted is counted by Azure's clock, which also says when runs begin and end:
 * the agent's may be wrong by hours.
 */
export class JobCost {
  private runs: readonly BilledRun[] = [];
  private gap: string | undefined;
  private readonly allocated = new Map<string, number>();
  /** Azure's clock less the agent's, in milliseconds; undefined before Azure has answered. */
  private skew: number | undefined;

  constructor(
    private readonly job: Job,
    private readonly prices: Pick<Prices, 'of' | 'asOf'>,
    private readonly log: TaskLog,
    private readonly clock: Clock,
  ) {}

  /** Takes note of how the job stands. */
  async look(details: RunDetails, children: readonly SeenChild[]): Promise<void> {
    this.setClock(details.answeredAt);
    this.noteAllocation(this.job.name, details);
    for (const { run, details: own } of children) if (own) this.noteAllocation(run.runId, own);
    const held = heldNodes(this.job, details, children, (runId) => this.allocated.get(runId));
    if (typeof held === 'string') {
      this.gap = held;
      return;
    }
    const machines = await this.prices.of(held.map(({ use }) => use));
    this.runs = held.map(({ use: _, ...run }, index) => ({ ...run, machine: machines[index]! }));
  }

  /** What the job has cost so far, or would have in some time, as long as it goes on like this. */
  estimate(inMilliseconds = 0): CostEstimate {
    const estimate = estimateCost(this.runs, this.azureTime + inMilliseconds);
    return this.gap ? { ...estimate, gaps: [this.gap, ...estimate.gaps] } : estimate;
  }

  /** "about 0.12 USD so far" */
  soFar(): string | undefined {
    const { amount, currency } = this.estimate();
    return amount > 0 ? `about ${moneyText(amount, currency)} so far` : undefined;
  }

  /**
   * Why the job must be cancelled.
   * @param pause milliseconds until this is asked again: what is spent until then is spent
   */
  overBudget(maxCost: number, pause: number): string | undefined {
    const limit = `maxCost, ${exactText(maxCost, 'USD')}`;
    const unknown = this.gap ?? this.gapOfRunning();
    if (unknown) return `What the job costs is not known any more, so ${limit}, cannot be held. ${unknown}`;
    const { amount, currency } = this.estimate();
    if (this.estimate(pause).amount < maxCost) return undefined;
    const spent = `The job has cost about ${moneyText(amount, currency)} by now (estimate)`;
    const passed = amount >= maxCost ? `which is all of ${limit}` : `and would pass ${limit}, before the next look`;
    return `${spent}${amount >= maxCost ? ',' : ''} ${passed}. To let it run longer, raise maxCost.`;
  }

  /** @param endedAt of the job, ISO 8601: what was not seen to end has ended by then */
  final(endedAt: string | undefined): FinalCost {
    const end = Date.parse(endedAt ?? '');
    const runs = Number.isNaN(end) ? this.runs : this.runs.map((run) => ({ ...run, until: run.until ?? end }));
    const estimate = estimateCost(runs, this.azureTime);
    const { asOf } = this.prices;
    return {
      ...estimate,
      gaps: this.gap ? [this.gap, ...estimate.gaps] : estimate.gaps,
      ...(asOf !== undefined && { asOf: new Date(asOf).toISOString() }),
    };
  }

  /** Of what has ended, nothing more is spent. */
  private gapOfRunning(): string | undefined {
    const running = this.runs.filter(({ until, isReused }) => until === undefined && !isReused);
    return running.map((run) => gapOf(run, 'USD')).find((gap) => gap !== undefined);
  }

  private get azureTime(): number {
    return this.clock.now() + (this.skew ?? 0);
  }

  private setClock(answeredAt: string | undefined): void {
    const time = Date.parse(answeredAt ?? '');
    if (Number.isNaN(time)) return;
    const skew = time - this.clock.now();
    if (this.skew === undefined && Math.abs(skew) > usualSkew) {
      const text = `${elapsed(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'}`;
      this.log.warning(`The agent's clock is ${text} Azure's. The cost is counted by Azure's.`);
    }
    this.skew = skew;
  }

  /**
   * Nodes are paid for from their allocation on, while Azure ML tells only when the job began on them. While the job waits, it
   * says how many are being prepared: those count as the job's, unless they go to another one.
   */
  private noteAllocation(runId: string, { status, tags }: RunDetails): void {
    if (!isWaiting(status)) return;
    const { prepared, free } = nodesIn(tags?._aml_system_ComputeTargetStatus);
    if (prepared > 0 && !this.allocated.has(runId)) this.allocated.set(runId, this.azureTime);
    if (free <= 0) this.allocated.delete(runId);
  }
}

/** {"AllocationState":"resizing","PreparingNodeCount":1,"RunningNodeCount":0,"CurrentNodeCount":1}, as the service notes it on a run. */
function nodesIn(json: string | undefined): { readonly prepared: number; readonly free: number } {
  const count = (name: string) => Number(new RegExp(`"${name}":\\s*(\\d+)`).exec(json ?? '')?.[1] ?? 0);
  const prepared = count('PreparingNodeCount');
  return { prepared, free: Math.max(prepared, count('CurrentNodeCount') - count('RunningNodeCount')) };
}
