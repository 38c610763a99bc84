import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStartTime } from '../../local/azure/processes/processRecords';

interface LiveRun {
  pid: number;
  startTime?: string;
}

/**
 * The runs of this machine, one file each, so that a start tells what a killed run has left from what another terminal is using.
 * A run of another machine has no file here: its group stays until its time is over, or until a clean-up is asked for.
 */
export class LiveRuns {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  begin(id: string): void {
    const run: LiveRun = { pid: process.pid, startTime: processStartTime(process.pid) };
    writeFileSync(this.file(id), JSON.stringify(run));
  }

  end(id: string): void {
    rmSync(this.file(id), { force: true });
  }

  /** `live` where its process still runs, `dead` where it does not, `elsewhere` where this machine knows nothing of it. */
  state(id: string): 'live' | 'dead' | 'elsewhere' {
    let run: LiveRun;
    try {
      run = JSON.parse(readFileSync(this.file(id), 'utf8')) as LiveRun;
    } catch {
      return 'elsewhere';
    }
    const startTime = processStartTime(run.pid);
    return startTime !== undefined && startTime === run.startTime ? 'live' : 'dead';
  }

  private file(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}
