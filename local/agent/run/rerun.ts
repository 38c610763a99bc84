import type { StagePlan } from '../pipeline/plan';
import { jobRecords, stageRecord } from './jobRecords';
import type { JobRecord, RunRecord, StageRecord } from './runRecord';

/**
 * Chooses what runs again in a second attempt of a run: the jobs that did not succeed, and all that waits for them. The
 * other records are kept, with their outputs.
 */
export function planRerun(stages: StagePlan[], earlier: RunRecord): { records: StageRecord[]; kept: Set<JobRecord> } {
  const kept = new Set<JobRecord>();
  const again = new Set<string>();
  const records = stages.map((stage) => {
    const old = earlier.stages.find(({ name }) => name === stage.name);
    const isReached = stage.dependsOn.some((name) => again.has(name));
    if (old && isGood(old) && !isReached) {
      old.jobs.forEach((job) => kept.add(job));
      return old;
    }
    again.add(stage.name);
    return secondAttempt(stage, old, isReached, kept);
  });
  return { records, kept };
}

function secondAttempt(
  stage: StagePlan,
  old: StageRecord | undefined,
  isReached: boolean,
  kept: Set<JobRecord>,
): StageRecord {
  const fresh = stageRecord(stage);
  const again = new Set<string>();
  const jobs = stage.jobs.flatMap((job) => {
    const before = old ? jobRecords(old, job) : [];
    const isAgain = isReached || before.length === 0 || job.dependsOn.some((name) => again.has(name));
    const renewed = isAgain || !before.every(isGood);
    if (renewed) again.add(job.name);
    return jobRecords(fresh, job).map((record) => {
      const own = before.find(({ leg }) => leg === record.leg);
      if (own && !isAgain && isGood(own)) {
        kept.add(own);
        return own;
      }
      return { ...record, ...attemptAfter(own) };
    });
  });
  return { ...fresh, jobs, ...attemptAfter(old) };
}

function isGood({ result }: JobRecord | StageRecord): boolean {
  return result === 'succeeded' || result === 'succeededWithIssues';
}

/** What was skipped before has its first attempt now. */
function attemptAfter(old: StageRecord | JobRecord | undefined): { attempt?: number } {
  return old?.startTime ? { attempt: (old.attempt ?? 1) + 1 } : {};
}
