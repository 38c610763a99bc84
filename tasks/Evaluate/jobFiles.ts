import * as path from 'node:path';
import type { Artifact } from '../common/azure/ml/artifacts';
import { TaskFailure } from '../common/taskFailure';
import { rowFileEndings } from './confidence/rowReader';
import type { Services } from './services';

/** The files that a model's job left, listed once and downloaded when asked for. */
export class JobFiles {
  private listing?: Promise<Artifact[] | undefined>;
  private predictionsPromise?: Promise<string | undefined>;

  constructor(
    readonly jobName: string,
    private readonly artifacts: Services['artifacts'],
    /** Where downloads go. */
    private readonly directory: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The local copy of predictions.csv, .jsonl or .ndjson, the one that lies highest; undefined where the job left none. */
  predictions(): Promise<string | undefined> {
    return (this.predictionsPromise ??= (async () => {
      const names = rowFileEndings.map((ending) => `predictions${ending}`);
      const found = (await this.find((name) => names.includes(path.posix.basename(name).toLowerCase())))[0];
      const file = found && (await this.download(found));
      // That there are none decides against a model, that they cannot be had does not.
      if (found && !file) throw this.notFound(`file ${found} is`);
      return file;
    })());
  }

  /** Paths of the job's files that the test accepts, those that lie highest first. */
  async find(accepts: (name: string) => boolean): Promise<string[]> {
    const all = await (this.listing ??= this.artifacts.list(this.jobName, '', this.signal));
    if (!all) throw this.notFound('files are');
    const depth = (name: string) => name.split('/').length;
    return all
      .map((artifact) => artifact.path)
      .filter(accepts)
      .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  }

  private notFound(what: string): TaskFailure {
    return new TaskFailure(
      `The job ${this.jobName} exists, but its ${what} missing, so nothing is decided.`,
      'Run this step again.',
    );
  }

  /** The local copy; undefined where the file is gone meanwhile. */
  async download(name: string): Promise<string | undefined> {
    const file = path.join(this.directory, `${this.jobName}-${name}`.replace(/[^A-Za-z0-9._-]/g, '_'));
    return (await this.artifacts.download(this.jobName, name, file, this.signal)) ? file : undefined;
  }
}
