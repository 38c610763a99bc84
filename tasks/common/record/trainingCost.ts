/**
 * What a job cost, by estimate: list price × nodes × time. Discounts of a contract, storage, network and what the cluster costs
 * without the job are not in it.
 */
export interface TrainingCost {
  estimate: true;
  /** Of what has a price; left out where nothing has. */
  amount?: number;
  /** Such as USD. */
  currency: string;
  /** When the prices were read: ISO 8601. */
  asOf?: string;
  /** The limit that the pipeline had set. */
  maxCost?: number;
  /** What nodes cost besides that wait for another job before the cluster gives them back: at most. */
  idle?: { amount: number; nodes: number; seconds: number };
  /** The prices that were used, an hour of one node. */
  prices: Array<{ size: string; tier: string; os: string; perHour: number }>;
  /** The job, or each trial of a sweep or step of a pipeline. */
  runs: Array<{
    name: string;
    compute: string;
    size?: string;
    tier?: string;
    nodes: number;
    seconds: number;
    amount?: number;
    /** Taken from an earlier pipeline: nothing ran. */
    reused?: boolean;
  }>;
  /** Why the amount is not the whole: one sentence each. */
  gaps?: string[];
}
