import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The numbers that `counter(prefix, seed)` has given to a pipeline, kept from run to run. */
export class Counters {
  constructor(
    /** Shared by all pipelines that are run here. */
    readonly file: string,
    readonly pipeline: string,
    /** Of this run: a variable keeps its number, however many jobs and attempts work it out. */
    readonly given: Record<string, number>,
  ) {}

  /** The next number after the prefix's last one, or the seed if it is new. */
  next(variable: string, prefix: string, seed: number): number {
    const key = JSON.stringify([variable.toLowerCase(), prefix]);
    const given = this.given[key];
    if (given !== undefined) return given;
    const all = existsSync(this.file)
      ? (JSON.parse(readFileSync(this.file, 'utf8')) as Record<string, Record<string, number>>)
      : {};
    const own = all[this.pipeline] ?? {};
    const last = own[prefix];
    const number = last === undefined ? seed : last + 1;
    mkdirSync(path.dirname(this.file), { recursive: true });
    writeFileSync(this.file, JSON.stringify({ ...all, [this.pipeline]: { ...own, [prefix]: number } }, null, 2));
    this.given[key] = number;
    return number;
  }
}
