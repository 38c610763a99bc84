import type { JobLog } from './jobLog';
import { hasEnded } from './jobStatus';
import type { ChildRun, RunDetails, RunHistory } from './runHistory';

/** A trial or a step as it was seen last. */
export interface SeenChild {
  /** "prepare", "trial 3", of a step within a step "train / fit". */
  readonly title: string;
  readonly run: ChildRun;
  /** Of one that has started. */
  readonly details?: RunDetails;
  /** It only has others beneath it, and no nodes of its own. */
  readonly isParent: boolean;
}

/** The trials of a sweep or the steps of a pipeline: what becomes of them, and their logs. */
export class ChildRuns {
  private readonly known = new Map<string, SeenChild>();
  private readonly told = new Set<string>();

  constructor(
    private readonly parent: string,
    private readonly history: Pick<RunHistory, 'details' | 'children'>,
    private readonly output: JobLog,
  ) {}

  /** Of those that are known, the part in percent that has ended. */
  get percentEnded(): number {
    const states = this.seen.map(({ run }) => run.status);
    return states.length === 0 ? 0 : (states.filter(hasEnded).length / states.length) * 100;
  }

  /** All that are known, in the order in which the service told them first. */
  get seen(): SeenChild[] {
    return [...this.known.values()];
  }

  /** Tells what has changed since the last look, and where the logs of the running ones are. */
  async look(signal: AbortSignal): Promise<void> {
    await this.lookBeneath(this.parent, '', signal);
  }

  private async lookBeneath(runId: string, prefix: string, signal: AbortSignal): Promise<void> {
    for (const child of await this.history.children(runId, signal)) {
      const name = prefix + titleOf(child, runId);
      const before = this.known.get(child.runId);
      if (before?.run.status !== child.status) this.output.say(`${name}: ${child.status}`);
      const seen = { title: name, run: child, details: before?.details, isParent: isParent(child) };
      this.known.set(child.runId, seen);
      if (seen.isParent) await this.lookBeneath(child.runId, `${name} / `, signal);
      // The log of one that has ended grows no more: once more is enough.
      if (this.told.has(child.runId) || child.status === 'NotStarted') continue;
      const details = await this.history.details(child.runId, signal);
      this.known.set(child.runId, { ...seen, details });
      const ended = hasEnded(details.status);
      this.output.know(child.runId, details.logFiles ?? {}, name, ended);
      if (ended) this.told.add(child.runId);
    }
  }
}

/** The name of a step; trials have none but the sweep's with a number behind. */
function titleOf({ displayName, name, runId }: ChildRun, parent: string): string {
  const title = displayName || name || runId;
  return title.startsWith(`${parent}_`) ? `trial ${title.slice(parent.length + 1)}` : title;
}

/** A step that is a sweep or a pipeline itself. */
function isParent({ runType }: ChildRun): boolean {
  return /pipeline|hyperdrive|sweep/i.test(runType ?? '') && !/steprun/i.test(runType ?? '');
}
