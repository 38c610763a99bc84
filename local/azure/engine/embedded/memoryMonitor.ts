import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** How often memory is looked at, in milliseconds: `ps` costs more than /proc. */
const interval = process.platform === 'linux' ? 500 : 2000;

/** Watches how much memory the processes of containers use together, as plain processes have no limit of their own. */
export class MemoryMonitor {
  private readonly watched = new Map<number, { limit: number; exceeded: (bytes: number) => void }>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  /** Calls `exceeded` once when the process group uses more than `limit` bytes. Returns what ends the watch. */
  watch(group: number, limit: number, exceeded: (bytes: number) => void): () => void {
    this.watched.set(group, { limit, exceeded });
    this.timer ??= setInterval(() => void this.look(), interval).unref();
    return () => {
      this.watched.delete(group);
      if (this.watched.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const usage = process.platform === 'linux' ? usageByProc([...this.watched.keys()]) : await usageByPs();
      for (const [group, { limit, exceeded }] of this.watched) {
        const { bytes, processes } = usage.get(group) ?? { bytes: 0, processes: [] };
        // Forked processes share pages, which the resident size of each counts.
        const own = bytes > limit && process.platform === 'linux' ? sharedOnce(processes) : bytes;
        if (own <= limit) continue;
        this.watched.delete(group);
        exceeded(own);
      }
    } catch {
      // A process ended while it was looked at; the next look tells.
    } finally {
      this.looking = false;
    }
  }
}

type Usage = Map<number, { bytes: number; processes: number[] }>;

function usageByProc(groups: number[]): Usage {
  const usage: Usage = new Map(groups.map((group) => [group, { bytes: 0, processes: [] }]));
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    const entry = usage.get(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]));
    if (!entry) continue;
    entry.bytes += kilobytes(read(`/proc/${name}/status`), 'VmRSS');
    entry.processes.push(Number(name));
  }
  return usage;
}

async function usageByPs(): Promise<Usage> {
  const usage: Usage = new Map();
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=,pid=,rss=']);
  for (const line of stdout.split('\n')) {
    const [group = 0, pid = 0, size = 0] = line.trim().split(/\s+/).map(Number);
    const entry = usage.get(group) ?? { bytes: 0, processes: [] };
    usage.set(group, { bytes: entry.bytes + size * 1024, processes: [...entry.processes, pid] });
  }
  return usage;
}

function sharedOnce(processes: number[]): number {
  return processes.reduce((sum, pid) => sum + kilobytes(read(`/proc/${pid}/smaps_rollup`), 'Pss'), 0);
}

const kilobytes = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
