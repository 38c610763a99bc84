import type { TaskLog } from '../../../../log';
import { isAzureFailure } from '../../../http/azureFailure';
import type { BlobTransfer } from '../../../storage/blobTransfer';
import { LogTail } from './logTail';

/** Standard output of the first process, and the log of an image that is built for the job. Source: azure-ai-ml, _job_ops_helper.py. */
const mainLogs = /^(user_logs\/std_log\D*0*(?:_ps)?\.txt|azureml-logs\/\d\d.+\.txt)$/;
const allLogs = /^(user_logs\/std_log.*\.txt|azureml-logs\/\d\d.+\.txt)$/;
const buildLog = /^azureml-logs\//;
const keptLines = 30;

interface KnownFile {
  readonly tail: LogTail;
  /** With the permission that the last look at the run brought. */
  readonly url: string;
  readonly title: string | undefined;
  readonly last: boolean;
  /** Written by what makes the image, before the job's own program. */
  readonly isBuild: boolean;
  /** The URL at which the storage account last let us in. */
  servedUrl?: string;
}

/**
 * Shows the logs of a job and of the runs beneath it, in groups: one for each file, where there are several. A group
 * stays open while the lines come from the same file.
 */
export class JobLog {
  private readonly tails = new Map<string, KnownFile>();
  private isRefusalTold = false;
  private openGroup: string | undefined;
  private readonly last: string[] = [];
  private lastIsBuild = false;

  constructor(
    private readonly log: TaskLog,
    private readonly transfer: Pick<BlobTransfer, 'readRange'>,
    private readonly allRanks: boolean,
  ) {}

  /** The last lines that the job wrote, oldest first: those of its image's build only until its program writes. */
  get lastLines(): readonly string[] {
    return this.last;
  }

  /** There is a file to read. */
  get isKnown(): boolean {
    return this.tails.size > 0;
  }

  /**
   * Takes note of a run's log files.
   * @param title names the run; undefined for the job itself
   * @param last says that they grow no more: the next read is the last
   */
  know(runId: string, logFiles: Readonly<Record<string, string>>, title?: string, last = false): void {
    const pattern = this.allRanks ? allLogs : mainLogs;
    const files = Object.keys(logFiles)
      .filter((file) => pattern.test(file))
      .sort();
    for (const file of files) {
      const key = `${runId}/${file}`;
      const known = this.tails.get(key);
      // The first file of a job on one node goes without a title.
      const name = files.length > 1 || this.allRanks ? file.replace(/^.*\//, '') : undefined;
      const url = logFiles[file]!;
      const label = [title, name].filter((part) => part).join(', ') || undefined;
      if (known) Object.assign(known, { url, title: label, last });
      else
        this.tails.set(key, {
          tail: new LogTail(this.transfer, () => this.log.taken()),
          ...{ url, title: label, last, isBuild: buildLog.test(file) },
        });
    }
  }

  /** Shows what the known files hold that was not shown yet. @returns whether there was anything */
  async readNew(signal: AbortSignal): Promise<boolean> {
    let any = false;
    for (const [key, file] of this.tails) {
      const { tail, url, last } = file;
      const write = (lines: string[]) => this.show(lines, file);
      try {
        if (await tail.read(url, write, signal)) any = true;
        file.servedUrl = url;
        if (last) {
          tail.flush(write);
          this.tails.delete(key);
        }
      } catch (error) {
        if (!isAzureFailure(error, 403)) throw error;
        // The permission in a URL that has served has ended; the next look at the run brings a new one.
        if (url !== file.servedUrl) this.tellRefusal(error.message);
      }
    }
    return any;
  }

  /** Says something that is not the job's own output. */
  say(text: string): void {
    this.closeGroup();
    this.log.info(text);
  }

  /** Shows what is left of lines that were never ended. */
  end(): void {
    for (const file of this.tails.values()) file.tail.flush((lines) => this.show(lines, file));
    this.closeGroup();
  }

  /** It is tried again all the same: a firewall may be opened while the job runs. */
  private tellRefusal(why: string): void {
    if (this.isRefusalTold) return;
    this.isRefusalTold = true;
    this.closeGroup();
    this.log.warning(`The job's log cannot be read from this agent and is not shown here; the studio has it. ${why}`);
  }

  private show(lines: string[], { title, isBuild }: KnownFile): void {
    if (title !== this.openGroup) {
      this.closeGroup();
      if (title !== undefined) this.log.group(title);
      this.openGroup = title;
    }
    this.log.info(lines.join('\n'));
    if (this.lastIsBuild && !isBuild) this.last.length = 0;
    this.lastIsBuild = isBuild;
    this.last.push(...lines.slice(-keptLines));
    this.last.splice(0, this.last.length - keptLines);
  }

  private closeGroup(): void {
    if (this.openGroup !== undefined) this.log.endGroup();
    this.openGroup = undefined;
  }
}
