import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalGroup, signalProcess } from '../../processSignals';

interface ProcessRecord {
  pid: number;
  /** As the system tells it, so that a pid that was given to another process since is never ended. */
  startTime: string;
  /** What it is, for the person who reads the log. */
  name: string;
  /** The whole process group is ended, not only the process. */
  group: boolean;
}

/**
 * When a process was started, in the system's own terms; undefined if there is no such process (or it is a zombie).
 */
export function processStartTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field, the command in parentheses, may itself hold spaces and parentheses.
      const rest = fields.slice(fields.lastIndexOf(')') + 2).split(' ');
      return rest[0] === 'Z' ? undefined : rest[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

const recordFile = (stateDir: string, pid: number): string => join(stateDir, 'processes', `${pid}.json`);

/** Notes a child process that must not outlive local Azure, whatever ends it. Returns what removes the note again. */
export function recordProcess(
  stateDir: string,
  pid: number,
  name: string,
  options: { group?: boolean } = {},
): () => void {
  const startTime = processStartTime(pid);
  if (startTime === undefined) return () => undefined;
  mkdirSync(join(stateDir, 'processes'), { recursive: true });
  const record: ProcessRecord = { pid, startTime, name, group: options.group ?? false };
  writeFileSync(recordFile(stateDir, pid), JSON.stringify(record));
  return () => rmSync(recordFile(stateDir, pid), { force: true });
}

/** How long a left-over process that was asked to end may take over it. */
const graceInMs = 3000;

/** Ends what a former run of local Azure on this state left running when it was killed. */
export async function endLeftoverProcesses(stateDir: string, log: (line: string) => void): Promise<void> {
  const directory = join(stateDir, 'processes');
  const paths = existsSync(directory) ? readdirSync(directory).map((file) => join(directory, file)) : [];
  const records = paths.flatMap((path) => readRecord(path) ?? []);
  const alive = (record: ProcessRecord): boolean => processStartTime(record.pid) === record.startTime;
  const end = ({ pid, group }: ProcessRecord, signal: NodeJS.Signals): void =>
    group ? signalGroup(pid, signal) : signalProcess(pid, signal);
  for (const record of records.filter(alive)) {
    log(`Ending ${record.name} (process ${record.pid}), left over from a former run.`);
    end(record, 'SIGTERM');
  }
  for (const until = Date.now() + graceInMs; records.some(alive) && Date.now() < until;) await sleep(50);
  for (const record of records.filter(alive)) end(record, 'SIGKILL');
  for (const path of paths) rmSync(path, { force: true });
}

function readRecord(path: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}
